"""Which identifiers of a member count on their own, also of files of older releases."""

from pathlib import Path

import ibis
import pytest

from activator.people.engine import open_engine
from activator.people.membership import identifiers_of

KEY = "00000000-0000-0000-0000-000000000001"
LISTS = "array<string>"


@pytest.mark.parametrize(
    ("form", "row", "kinds", "count"),
    [
        ("meta", {"EMAIL": "a", "PHONE": "", "MADID": "c"}, {}, 2),
        ("meta", {"EMAIL": "a", "PHONE": None, "FN": "ann"}, {"PHONE": "string"}, 1),
        ("google", {"emails": ["a", "b"], "phones": ["1"]}, {}, 3),
        ("google", {"emails": None, "phones": ["1"]}, {"emails": LISTS}, 1),
        ("google", {"emails": ["a", ""], "phones": []}, {"phones": LISTS}, 1),
        ("google", {"phones": ["1"], "given_name": "ann"}, {}, 1),
    ],
)
def test_every_strong_identifier_that_is_there_counts(
    tmp_path: Path, form: str, row: dict[str, object], kinds: dict[str, str], count: int
) -> None:
    schema = {name: kinds.get(name, LISTS if isinstance(value, list) else "string") for name, value in row.items()}
    with open_engine(tmp_path / "scratch") as engine:
        members = ibis.memtable([{"member_key": KEY, **row}], schema=ibis.schema({"member_key": "string", **schema}))
        found = identifiers_of(engine.materialise("members", members), form).to_pyarrow()
        asked = [engine.backend.con.execute("SELECT hash_number(?)", [text]).fetchall() for text in _texts(form, row)]
    assert found.num_rows == count
    assert {str(key) for key in found["member_key"].to_pylist()} == {KEY}
    assert set(found["identifier"].to_pylist()) == {answer[0][0] for answer in asked}


def _texts(form: str, row: dict[str, object]) -> set[object]:
    names = ("EMAIL", "PHONE", "EXTERN_ID", "MADID") if form == "meta" else ("emails", "phones")
    values = [row.get(name) for name in names]
    flat = [text for value in values for text in (value if isinstance(value, list) else [value])]
    return {text for text in flat if text}
