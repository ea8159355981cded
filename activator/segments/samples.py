"""Samples of segments' customers, in which hidden subgroups are looked for."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from activator.segments.fields import Kind, Subjects
from activator.segments.splits import Array, Sample, Split, best_split
from activator.segments.study import Study

CUSTOMERS_MAX = 20_000  # of one segment; the same ones in every run
OUTCOMES = {"value": "value_minor", "response": "responded"}
# What is known of people besides what they bought: a split by what they bought would only find itself again.
CANDIDATES = ("country", "industry", "employees", "account_country", "score", "tickets")


def splits(made: Study) -> dict[str, Split]:
    """The best split of each segment that held, by segment."""
    kinds = candidates(made.subjects)
    if not kinds:
        return {}
    found = {section.name: best_split(sample(made, section.name, kinds)) for section in made.sections}
    return {name: split for name, split in found.items() if split is not None}


def candidates(subjects: Subjects) -> dict[str, Kind]:
    """Fields a segment may be split by."""
    known = {
        **{name: kind for name, kind in subjects.person_fields.items() if name in CANDIDATES},
        **subjects.attributes,
    }
    return {name: kind for name, kind in known.items() if kind in (Kind.NUMBER, Kind.TEXT, Kind.FLAG)}


def sample(made: Study, name: str, kinds: dict[str, Kind]) -> Sample:
    """Customers of one segment. Chance that depends on nothing but the person says which half somebody is in."""
    inside = made.members.filter(made.members.segment == name).select("person")
    rows = made.rows.filter(made.rows.is_customer).join(inside, "person")
    asked = {f"x_{field}": _asked(rows[field], kind) for field, kind in kinds.items()}
    drawn = (rows.person.cast("string") + "split").hexdigest("md5")
    table = rows.select(*OUTCOMES.values(), drawn=drawn, **asked).order_by("drawn").limit(CUSTOMERS_MAX).to_pyarrow()
    numbers = [field for field, kind in kinds.items() if kind is Kind.NUMBER]
    return Sample(
        searched=_column(table, "drawn").astype("U1") < "8",
        outcomes={outcome: _column(table, column) for outcome, column in OUTCOMES.items()},
        numbers={field: _column(table, f"x_{field}").astype(float) for field in numbers},
        words={field: _column(table, f"x_{field}").astype(object) for field in kinds if field not in numbers},
    )


def _asked(value: ir.Value, kind: Kind) -> ir.Value:
    if kind is Kind.NUMBER:
        return value.cast("float64")
    return ibis.cases((value, "yes"), (~value, "no")) if kind is Kind.FLAG else value.cast("string")


def _column(table: pa.Table, name: str) -> Array:
    found: Array = table[name].to_numpy(zero_copy_only=False)
    return found
