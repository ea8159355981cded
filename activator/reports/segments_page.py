"""The page about segments as one HTML file: no script, no foreign asset, and a policy that would refuse both."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from activator.model.checks import Severity
from activator.model.plan import TierMotivation
from activator.reports import segments_plots as plots
from activator.segments.audit import Audit
from activator.segments.lints import SegmentFinding
from activator.segments.portrait import Portrait
from activator.segments.summary import SegmentSummary, Summary
from activator.segments.words import money, share, trait_words

if TYPE_CHECKING:
    from activator.people.forecast.backtest import Backtest

_METHODS = {"model": "purchase model", "robust": "robust rate", "past_spend": "past spend"}


@dataclass(frozen=True)
class PageFacts:
    """What the page is made of. tiers: names, best first; needs: by segment, where its people have said why."""

    project: str
    told: Summary
    audit: Audit
    portrait: Portrait
    tried: "Backtest"
    tiers: Sequence[str]
    needs: Mapping[str, TierMotivation]


def render(facts: PageFacts) -> str:
    """The page."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    told = facts.told
    return (
        _environment()
        .get_template("segments.html.j2")
        .render(
            facts=facts,
            told=told,
            headline=_headline(facts),
            mood=_mood(facts.audit),
            # The style sheet is ours, shipped with the package; nothing of a project is in it.
            style=Markup(style),  # noqa: S704
            style_source=f"sha256-{digest}",
            plots=plots,
            tiers=_in_order(facts),
            methods=_METHODS,
            rows=[_profile(facts, each) for each in told.segments],
            findings=[each for each in facts.audit.checked.findings if each.severity is not Severity.OK],
            money=lambda minor: money(minor, told.money_unit, told.currency),
            amount=lambda minor: f"{minor / told.money_unit:,.0f}",
            share=share,
            trait_words=trait_words,
        )
    )


@dataclass(frozen=True)
class Profile:
    """One segment's part of the page."""

    told: SegmentSummary
    criteria: Sequence[tuple[str, bool | None, str]]
    findings: Sequence[SegmentFinding]
    needs: TierMotivation | None
    channels: Sequence[tuple[str, int]]


def _profile(facts: PageFacts, told: SegmentSummary) -> Profile:
    one = next(each for each in facts.audit.checked.criteria if each.segment == told.name)
    return Profile(
        told=told,
        criteria=(
            ("measurable", one.measurable, f"known of {one.known_share:.0%}"),
            (
                "accessible",
                one.accessible,
                "nobody is in it" if one.reachable_share is None else f"{one.reachable_share:.0%} reachable",
            ),
            ("substantial", one.substantial, f"{one.people:,} people"),
            ("different", one.differentiable, "from everybody else"),
            ("acted on", one.actionable, "with all five"),
        ),
        findings=[each for each in facts.audit.checked.findings if each.segment == told.name],
        needs=facts.needs.get(told.name),
        channels=sorted(facts.portrait.reach.get(told.name, {}).items()),
    )


def _headline(facts: PageFacts) -> str:
    told, tops = facts.told, facts.portrait.value_shares
    best = f"The best fifth of customers holds {tops[19]:.0%} of all value" if tops and tops[-1] else "No value yet"
    count = len(told.segments)
    return f"{best}; {count} segment{'s' if count != 1 else ''}, {told.customers:,} customers"


def _mood(audit: Audit) -> str:
    if audit.checked.is_blocked:
        return "broken"
    worst = [each for each in audit.checked.findings if each.severity is Severity.WARNING and each.accepted is None]
    return "act" if worst else "fine"


def _in_order(facts: PageFacts) -> list[object]:
    known = {tier.tier: tier for tier in facts.portrait.tiers}
    return [known[name] for name in facts.tiers if name in known]


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("activator.reports"), PackageLoader("activator.briefing")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """The briefing's style sheet, and what this page adds."""
    loader = _environment().loader
    assert loader is not None
    return "\n".join(loader.get_source(_environment(), name)[0] for name in ("briefing.css", "segments.css"))
