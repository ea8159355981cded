"""Who moves where a plan has nothing to compare."""

from pathlib import Path

import ibis

from activator.people.engine import open_engine
from activator.plan.movements import movements


def test_where_every_tier_is_too_small_for_an_audience_nobody_moves(tmp_path: Path) -> None:
    with open_engine(tmp_path / "scratch") as engine:
        keys = ibis.memtable([], schema=ibis.schema({"person_key": "uuid", "member_key": "uuid", "tier": "string"}))
        status = ibis.memtable([], schema=ibis.schema(dict.fromkeys(("person_key", "tier", "outcome"), "string")))
        assert movements(engine, "meta", keys, lambda: status, []) == ()
