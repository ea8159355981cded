"""Who moved between tiers, in words; what happens alike on several destinations is said once."""

from collections import defaultdict
from collections.abc import Sequence

from activator.briefing.inert import visible
from activator.briefing.words import count, label, tier_label
from activator.model.plan import Movement

MOVEMENTS_MAX = 8


def movement_lines(movements: Sequence[Movement]) -> tuple[str, ...]:
    """The largest movements first, the others added up in a last line."""
    alike: dict[tuple[str, str, str, int], list[str]] = defaultdict(list)
    for it in movements:
        if it.people:
            alike[it.from_tier, it.to_tier, it.reason, it.people].append(it.destination)
    ordered = sorted(alike.items(), key=lambda item: (-item[0][3], item[0], item[1]))
    lines = [_line(*key, destinations) for key, destinations in ordered[:MOVEMENTS_MAX]]
    if rest := len(ordered) - MOVEMENTS_MAX:
        lines += [count(rest, "smaller movement", "smaller movements")] if rest > 0 else []
    return tuple(lines)


def _line(from_tier: str, to_tier: str, reason: str, people: int, destinations: Sequence[str]) -> str:
    # Someone who joins does so because they joined: that reason says nothing.
    why = f": {visible(reason)}" if reason and (from_tier or reason != "joined") else ""
    where = ", ".join(sorted(label(destination) for destination in destinations))
    return f"{count(people, 'person', 'people')} {_way(from_tier, to_tier)} ({where}){why}"


def _way(from_tier: str, to_tier: str) -> str:
    if not from_tier:
        return f"joined {tier_label(to_tier)}"
    if not to_tier:
        return f"left {tier_label(from_tier)}"
    if from_tier == to_tier:
        return f"stayed in {tier_label(to_tier)}"
    return f"moved from {tier_label(from_tier)} to {tier_label(to_tier)}"
