"""What is wrong with how segments are written, before any number is looked at. Pure.

Most segmentations fail in one of two ways: value without motive (a tier is paid for and told what everybody is told),
or motive without value (a text for a kind of people, whatever they are worth).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from activator.config.project import Project
from activator.config.segment_fields import PERSON_FIELDS
from activator.config.segments import COUNTING, SegmentSection
from activator.model.checks import Severity

SEGMENTS_WARN, SEGMENTS_MAX = 5, 8
CUSTOMERS_MIN = 300
GENERIC = "generic"
_BUDGET_ABOVE = 1.05  # of the share of people; below, it is the same share rounded
_KNOWN_OF_PEOPLE = frozenset({"country", "industry", "employees", "account_country", "latitude", "longitude", "score"})
# Words for kinds of people, of the languages the product is used in most.
_DEMOGRAPHIC = re.compile(
    r"\b(?:women|woman|men|man|male|females?|girls?|boys?|moms?|mothers?|fathers?|parents?|famil(?:y|ies)|seniors?"
    r"|elderly|retirees?|pensioners?|students?|teens?|teenagers?|youth|millennials?|boomers?|gen[ -]?[xyz]|adults?"
    r"|age[ds]?|years? old|income|married|singles?|frauen|männer|damen|herren|eltern|mütter|väter|senioren|rentner"
    r"|studenten|jugendliche|familien|alter|jährige)\b|\b\d{2}\s*(?:-|–|to|bis)\s*\d{2}\b",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"\b(?:win|give|turn|make|ask|help|earn|thank|remind|get|show|offer|answer|call|move|look|keep|bring|invite|sell"
    r"|upsell|cross-sell|nurture|convert|reward|protect|grow|growth|serve|support|teach|welcome|re-?activate|retain"
    r"|save|stop|send|tell|treat|raise|introduce|touch|target|gewinnen|halten|danken|fragen|zeigen|helfen|anbieten"
    r"|binden|einladen|beraten|wecken|führen)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SegmentFinding:
    """code: its name, for `accept`; segment: empty where it is about all; accepted: why it may pass, if it may."""

    code: str
    segment: str
    severity: Severity
    message: str
    fix: str
    accepted: str | None = None


CODES = (
    "too_many", "too_few", "few_customers", "missing_action", "demographic_name", "hard_without_soft",
    "soft_without_hard", "not_measurable", "not_accessible", "not_substantial", "does_not_differ", "merge", "split",
    "same_people", "tier_order", "review", "discount_for_quick",
    "discount_left_out",
)  # fmt: skip


def lints(
    project: Project,
    sections: Sequence[SegmentSection],
    customers: int,
    tier_shares: Mapping[str, float],
    motivated: Mapping[str, bool],
) -> Iterator[SegmentFinding]:
    """Everything worth saying.

    customers: how many there are; tier_shares: of customers, by tier; motivated: whether a tier is told something of
    its own, by tier.
    """
    yield from _count(sections, customers)
    for section in sections:
        yield from _action(section)
        yield from _name(section)
        yield from _soft_only(section)
    yield from _hard_only(project, tier_shares, motivated)
    yield from _unsegmented(project)


def _count(sections: Sequence[SegmentSection], customers: int) -> Iterator[SegmentFinding]:
    count = len(sections)
    if count > SEGMENTS_WARN:
        severity = Severity.ERROR if count > SEGMENTS_MAX else Severity.WARNING
        fix = f"Merge or drop some: three to five can be looked after. {_accepting('too_many')}"
        yield SegmentFinding("too_many", "", severity, f"{count} segments", fix)
    if count < 2:
        yield SegmentFinding(
            "too_few",
            "",
            Severity.WARNING,
            "one segment divides nobody",
            "Begin with two or three, as `like: at_risk`.",
        )
    if customers < CUSTOMERS_MIN and count > 2:
        yield SegmentFinding(
            "few_customers",
            "",
            Severity.WARNING,
            f"{customers:,} customers are too few for {count} segments: below {CUSTOMERS_MIN} their numbers say little",
            "Keep two, and two tiers, until there are more.",
        )


def _accepting(code: str) -> str:
    return f"If it is right: `segment_checks: {{accept: {{{code}: why}}}}` in the project file."


def _action(section: SegmentSection) -> Iterator[SegmentFinding]:
    if section.action is None:
        yield SegmentFinding(
            "missing_action",
            section.name,
            Severity.WARNING,
            "nothing is done for it, so it is not yet a segment",
            "Write `action` with message, frequency, owner, offer and success, or merge it with another.",
        )


def _name(section: SegmentSection) -> Iterator[SegmentFinding]:
    words = section.title or section.name.replace("_", " ")
    if _DEMOGRAPHIC.search(words) and not _ACTION.search(words):
        yield SegmentFinding(
            "demographic_name",
            section.name,
            Severity.WARNING,
            f"`{words}` says who they are and not what is done for them",
            "Name it by its action, e.g. `Help first-time parents choose`.",
        )


def _soft_only(section: SegmentSection) -> Iterator[SegmentFinding]:
    """A rule that speaks of what people are or say, and of nothing they do or are worth."""
    rules = [rule for _, each in section.rules() for rule in each.every()]
    fields = {rule.field for rule in rules if rule.field}
    is_hard = any(rule.kind in (*COUNTING, "sequence", "tier", "segment") for rule in rules)
    is_hard = is_hard or bool(fields & (PERSON_FIELDS.keys() - _KNOWN_OF_PEOPLE))
    if rules and not is_hard:
        yield SegmentFinding(
            "soft_without_hard",
            section.name,
            Severity.WARNING,
            "its rule says nothing of what people do or are worth, so all are treated alike whatever they bring",
            "Add a tier or a purchase rule, e.g. `all: [{tier: high}, ...]`.",
        )


def _hard_only(
    project: Project, tier_shares: Mapping[str, float], motivated: Mapping[str, bool]
) -> Iterator[SegmentFinding]:
    """Tiers with more of the budget than of the people, and nothing of their own to say."""
    budgets: dict[str, float] = {}
    for destination in project.destinations.values():
        for tier, delivery in destination.tiers.items():
            budgets[tier] = budgets.get(tier, 0.0) + float(delivery.daily_budget or 0)
    total, people = sum(budgets.values()), sum(tier_shares.get(tier, 0.0) for tier in budgets)
    if not total or not people:
        return
    for tier, budget in budgets.items():
        spent, base = budget / total, tier_shares.get(tier, 0.0) / people
        if base and spent > _BUDGET_ABOVE * base and not motivated.get(tier, False):
            yield SegmentFinding(
                "hard_without_soft",
                tier,
                Severity.WARNING,
                f"the tier has {spent:.0%} of the budget for {base:.0%} of the people, and is told what everybody is",
                "Ask its customers why they buy (`activator profile` says how many), and write copy for that.",
            )


def _unsegmented(project: Project) -> Iterator[SegmentFinding]:
    own = sorted({text.speaks_to for text in project.copy_variants} - {GENERIC})
    for name, destination in project.destinations.items():
        if own and len(destination.tiers) == 1:
            yield SegmentFinding(
                "soft_without_hard",
                name,
                Severity.WARNING,
                f"copy for {', '.join(own)} is shown to one audience that holds customers of every worth",
                "Deliver at least two tiers, each with its own group.",
            )
