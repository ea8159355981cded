"""Which decimal sign a column of amounts is written with, and whether that can be told at all.

`1.234` is one thing where a point begins the decimals and another where it groups thousands. Other amounts of the same
column tell which (`12.50`, `0,5`, `1.234,00`); where none does, the mapping must say it.
"""

from dataclasses import dataclass

from activator.config.mapping import Mapping, Money
from activator.errors import SourceError
from activator.people.mapping_cells import cell
from activator.ports import RawExport

SIGNS = {".": "point", ",": "comma"}
# What only one reading allows, by the decimal sign: other than three digits behind it, a zero before it, or the other
# sign grouping thousands.
SURE = {
    ".": r"\.(?:\d{1,2}|\d{4,})\D*$|^\D*0\.\d|,\d{3}\.\d|,\d{3},\d{3}",
    ",": r",(?:\d{1,2}|\d{4,})\D*$|^\D*0,\d|\.\d{3},\d|\.\d{3}\.\d{3}",
}
EITHER = r"^\D*[1-9]\d{0,2}[.,]\d{3}\D*$"


@dataclass(frozen=True, slots=True)
class DecimalSigns:
    """Amounts of one column that are sure to have one sign, and those that could have either."""

    column: str
    point: int
    comma: int
    either: int

    def doubt(self, decimal: str) -> str:
        """Why the column cannot be read with this decimal sign, or empty."""
        sure, other = (self.point, self.comma) if decimal == "." else (self.comma, self.point)
        if not self.either or (sure and not other):
            return ""
        written = f"{other:,} with a decimal {SIGNS[',' if decimal == '.' else '.']}" if other else "no other tells"
        return f"{self.either:,} amounts like 1{decimal}234 could mean one or a thousand, and {written}"


def decimal_signs(raw: RawExport, column: str) -> DecimalSigns:
    """Look at every amount of a column. Amounts without any sign need no second look."""
    text = cell(raw.table, column)
    if not raw.table.filter(text.like("%.___%") | text.like("%,___%")).limit(1).count().to_pyarrow().as_py():
        return DecimalSigns(column, 0, 0, 0)
    told = raw.table.aggregate(
        point=(text.re_search(SURE["."])).sum().fill_null(0),
        comma=(text.re_search(SURE[","])).sum().fill_null(0),
        either=(text.re_search(EITHER)).sum().fill_null(0),
    )
    found = told.to_pyarrow().to_pylist()[0]
    return DecimalSigns(column, int(found["point"]), int(found["comma"]), int(found["either"]))


def doubts(raw: RawExport, mapping: Mapping) -> list[tuple[str, str]]:
    """Field and doubt of every column of amounts whose decimal sign neither the column nor the mapping tells."""
    found = []
    for field, verb in mapping.fields():
        if isinstance(verb, Money) and "decimal" not in verb.model_fields_set:
            for column in verb.columns:
                doubt = decimal_signs(raw, column).doubt(verb.decimal) if column in raw.header else ""
                if doubt:
                    found.append((field, f"{column!r}: {doubt}"))
    return found


def check_decimals(raw: RawExport, mapping: Mapping) -> None:
    """Refuse amounts that could be a thousand times what they seem.

    Raises:
        SourceError: names export and column.
    """
    for field, doubt in doubts(raw, mapping):
        raise SourceError(f"{raw.path.name}: {doubt}", decimal_fix(field))


def decimal_fix(field: str) -> str:
    """What the mapping must say."""
    return f'Say which in the mapping, at `{field}`: `decimal: "."` or `decimal: ","`.'
