"""Who moves from where to where, and why, as the preview says it."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import ibis
import ibis.expr.types as ir
import pytest

from activator.model.ads import AudienceSpec
from activator.model.plan import Movement
from activator.people.engine import open_engine
from activator.people.membership import Belief, Pending
from activator.plan.movements import movements

KEYS = ("person_key", "member_key")


def table(rows: Sequence[Sequence[str]], *columns: str) -> ir.Table:
    texts = ibis.memtable(rows, schema=ibis.schema(dict.fromkeys(columns, "string")))
    return texts.mutate(**{name: texts[name].cast("uuid") for name in KEYS if name in columns})


def key(number: int) -> str:
    return str(UUID(int=number))


def as_sent(*people: int, identifiers: int = 100) -> ir.Table:
    return table([(key(each), key(each + identifiers)) for each in people], *KEYS)


def wanted(**tiers: Sequence[int]) -> ir.Table:
    rows = [(key(each), key(each + 100), tier) for tier, people in tiers.items() for each in people]
    return table(rows, *KEYS, "tier")


def audience(tier: str, there: ir.Table, adds: ir.Table, removes: ir.Table) -> tuple[AudienceSpec, Pending]:
    spec = AudienceSpec(f"audience/{tier}", tier, "", tier, suppress=False)
    return spec, Pending(Belief(there, as_sent(), (), None, None), adds, removes, as_sent())


def moved(
    folder: Path, keys: ir.Table, pending: Sequence[tuple[AudienceSpec, Pending]], outcomes: dict[int, str]
) -> tuple[Movement, ...]:
    rows = [(UUID(int=number).hex, outcome) for number, outcome in outcomes.items()]
    status = ibis.memtable(rows, schema=ibis.schema({"person_key": "string", "outcome": "string"}))
    with open_engine(folder / "scratch") as engine:
        return movements(engine, "meta", keys, lambda: status, pending)


def test_where_every_tier_is_too_small_for_an_audience_nobody_moves(tmp_path: Path) -> None:
    assert moved(tmp_path, wanted(), [], {}) == ()


def test_nobody_moves_whose_audience_stays_the_same(tmp_path: Path) -> None:
    stays = audience("high", as_sent(1), as_sent(), as_sent())
    assert moved(tmp_path, wanted(high=[1]), [stays], {1: "member"}) == ()


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (None, "no longer in the exports"),
        ("suppressed", "suppressed"),
        ("no_consent", "no consent"),
        ("held_out", "held out"),
        ("below_minimum", "tier too small for an audience"),
        ("no_identifier", "no usable identifier"),
        ("not_a_customer", "no purchases left"),
        ("member", "tier not delivered here"),
    ],
)
def test_whoever_leaves_is_told_of_with_the_reason(tmp_path: Path, outcome: str | None, reason: str) -> None:
    left = audience("high", as_sent(1, 2, 3), as_sent(), as_sent(1, 2))
    outcomes = {} if outcome is None else dict.fromkeys((1, 2), outcome)
    keys = wanted(high=[3], rest=[1, 2] if outcome == "member" else [])
    assert moved(tmp_path, keys, [left], outcomes) == (Movement("meta", "high", "", reason, 2),)


def test_who_joins_who_changes_tier_and_whose_identifiers_changed_are_told_apart(tmp_path: Path) -> None:
    changed_phone = as_sent(4, identifiers=200)
    high = audience("high", as_sent(1), adds=as_sent(2, 3), removes=as_sent(1))
    low = audience("low", ibis.union(as_sent(2), changed_phone), as_sent(1, 4), ibis.union(as_sent(2), changed_phone))
    keys = wanted(high=[2, 3], low=[1, 4])
    assert moved(tmp_path, keys, [high, low], dict.fromkeys(range(1, 5), "member")) == (
        Movement("meta", "", "high", "joined", 1),
        Movement("meta", "high", "low", "value changed", 1),
        Movement("meta", "low", "high", "value changed", 1),
        Movement("meta", "low", "low", "identifiers changed", 1),
    )
