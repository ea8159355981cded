"""The briefing as Slack blocks (docs.slack.dev/reference/block-kit, read 2026-11): short, the page has the rest.

Limits there: 50 blocks a message, 3,000 characters a section text, 150 a header.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from activator.briefing.render_text import subject
from activator.model.briefing import Briefing, FlagCard, Mood

Block: TypeAlias = dict[str, Any]

BLOCKS_MAX = 50
SECTION_LENGTH_MAX = 3000
HEADER_LENGTH_MAX = 150
LIST_MAX = 8

_FORMATTING = re.compile(r"[*`~]|(?<!\w)_|_(?!\w)")
_LOOKALIKE = {"*": "∗", "`": "ˋ", "~": "∼", "_": "＿"}
_SIGN = {Mood.QUIET: "⚪", Mood.FINE: "🟢", Mood.WATCH: "🟢", Mood.ACT: "🟠", Mood.BROKEN: "🔴"}


def render_slack(briefing: Briefing) -> dict[str, Any]:
    """The payload of an incoming webhook: blocks, and a text for notifications."""
    return {"text": _mrkdwn(subject(briefing)), "blocks": list(_blocks(briefing))[:BLOCKS_MAX]}


def _blocks(briefing: Briefing) -> Iterator[Block]:
    title = f"{_SIGN[briefing.mood]} {briefing.project}: {briefing.headline}"
    yield {"type": "header", "text": {"type": "plain_text", "text": _cut(title, HEADER_LENGTH_MAX), "emoji": False}}
    yield _context(briefing.day)
    yield _section(_mrkdwn(briefing.decision))
    for problem in briefing.further_problems[:LIST_MAX]:
        yield _section(f"*Look at these too:* {_mrkdwn(problem)}")
    for card in briefing.flags:
        yield _flag(card)
    if briefing.flags_left_out:
        yield _context(f"and {briefing.flags_left_out} more flags with less money at stake")
    for card in briefing.closed[:LIST_MAX]:
        yield _context(f"{card.age}: {card.sentence}")
    if briefing.watched:
        yield _listing("Watched", briefing.watched)
    for table in briefing.tiers:
        rows = (*table.rows, table.total)
        lines = tuple(f"{row.name}: ROAS {row.roas} (before {row.baseline}), spent {row.spend}" for row in rows)
        yield _listing(f"{table.destination}, {table.currency}", lines)
    if briefing.sync:
        yield _context(briefing.sync)
    if late := [f"{fact.label}: {fact.text}" for fact in briefing.facts if not fact.good]:
        yield _listing("Check the sources", tuple(late))


def _flag(card: FlagCard) -> Block:
    return _section(f"*{_mrkdwn(card.lead)}* ({_mrkdwn(card.age)})\n{_mrkdwn(f'{card.text} {card.suggestion}')}")


def _listing(title: str, lines: tuple[str, ...]) -> Block:
    more = [f"and {len(lines) - LIST_MAX} more"] if len(lines) > LIST_MAX else []
    return _section("\n".join([f"*{_mrkdwn(title)}*", *(f"• {_mrkdwn(line)}" for line in [*lines[:LIST_MAX], *more])]))


def _section(mrkdwn: str) -> Block:
    # verbatim: no name in it becomes a link, a channel or a person.
    text = {"type": "mrkdwn", "text": _cut(mrkdwn, SECTION_LENGTH_MAX), "verbatim": True}
    return {"type": "section", "text": text}


def _context(text: str) -> Block:
    return {
        "type": "context",
        "elements": [{"type": "plain_text", "text": _cut(text, SECTION_LENGTH_MAX), "emoji": False}],
    }


def _mrkdwn(text: str) -> str:
    """Foreign text inside our own formatting: Slack's three escapes, and lookalikes for what would format."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _FORMATTING.sub(lambda found: _LOOKALIKE[found.group()], escaped)


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    # An entity cut in half would show its remains.
    return re.sub(r"&[a-z]{0,3}$", "", text[: length - 1]) + "…"
