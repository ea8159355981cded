"""Who moves from which tier to which, and why: counted from keys, for those whose membership changes only."""

from collections.abc import Callable, Sequence

import ibis
import ibis.expr.types as ir

from activator.model.ads import AudienceSpec
from activator.model.plan import Movement
from activator.people.engine import Engine, rows_in
from activator.people.membership import KEYS, Pending


def movements(
    engine: Engine,
    destination: str,
    keys: ir.Table,
    status: Callable[[], ir.Table],
    pending: Sequence[tuple[AudienceSpec, Pending]],
) -> tuple[Movement, ...]:
    """Every person whose audience, or whose identifiers in it, change: from where, to where, and why.

    keys: `Members.keys`; status: person_key (text), tier and outcome of everyone.
    """
    if not pending:  # every tier is too small for an audience
        return ()
    changing = [part.removes.select("person_key") for _, part in pending]
    changing += [part.adds.anti_join(part.belief.members, "member_key").select("person_key") for _, part in pending]
    people = engine.materialise("moving", ibis.union(*changing).distinct())
    if rows_in(people) == 0:
        return ()
    before = ibis.union(
        *[
            part.belief.members.semi_join(people, "person_key").select(*KEYS).mutate(from_tier=ibis.literal(spec.tier))
            for spec, part in pending
        ]
    )
    before = before.group_by("person_key").agg(from_tier=before.from_tier.min(), before_key=before.member_key.min())
    delivered = [spec.tier for spec, _ in pending]
    now = keys.filter(keys.tier.isin(delivered)).semi_join(people, "person_key")
    after = now.select("person_key", to_tier=now.tier, after_key=now.member_key)
    both = before.outer_join(after, "person_key")
    person = ibis.coalesce(both.person_key, both.person_key_right)
    pairs = both.select("from_tier", "to_tier", "before_key", "after_key", person_key=key_text(person))
    changed = pairs.filter(
        pairs.from_tier.isnull()
        | pairs.to_tier.isnull()
        | (pairs.from_tier != pairs.to_tier)
        | (pairs.before_key != pairs.after_key)
    )
    known = status().select("person_key", "outcome")
    explained = changed.left_join(known, "person_key")
    grouped = (
        explained.select(
            reason=_reason(explained),
            from_tier=explained.from_tier.fill_null(""),
            to_tier=explained.to_tier.fill_null(""),
        )
        .group_by("from_tier", "to_tier", "reason")
        .agg(people=lambda t: t.count())
        .order_by("from_tier", "to_tier", "reason")
    )
    return tuple(
        Movement(destination, row["from_tier"], row["to_tier"], row["reason"], int(row["people"]))
        for row in grouped.to_pyarrow().to_pylist()
    )


def _reason(moved: ir.Table) -> ir.StringValue:
    return ibis.cases(
        (moved.from_tier.isnull(), "joined"),
        (moved.to_tier.notnull() & (moved.from_tier != moved.to_tier), "value changed"),
        (moved.to_tier.notnull(), "identifiers changed"),
        (moved.outcome.isnull(), "no longer in the exports"),
        (moved.outcome == "suppressed", "suppressed"),
        (moved.outcome == "no_consent", "no consent"),
        (moved.outcome == "held_out", "held out"),
        (moved.outcome == "below_minimum", "tier too small for an audience"),
        (moved.outcome == "no_identifier", "no usable identifier"),
        (moved.outcome == "not_a_customer", "no purchases left"),
        else_="tier not delivered here",
    )


def key_text(key: ir.UUIDValue) -> ir.StringValue:
    """A key as text without hyphens, as everything outside the membership knows it."""
    return key.cast("string").replace("-", "")
