"""The verbs of a mapping as expressions on text cells. A cell that cannot be read becomes NULL; nothing raises.

Every pattern is anchored and every number bounded before it is cast, so that no row of an export can fail a query.
"""

import re
from collections.abc import Mapping as Translation
from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.verbs import EPOCHS, Duration, Moment, Score, Take
from activator.model.currency import MINOR_DIGITS, MINOR_DIGITS_DEFAULT
from activator.model.people import Consent
from activator.people.identifiers.text import shown
from activator.ports import typed_name

# Years 1900 to 2099: outside them a cell is a slip or a placeholder (0001-01-01, 9999-12-31), not a day of a customer.
DIRECTIVES = {
    "Y": r"((?:19|20)\d\d)",
    "m": r"(0?[1-9]|1[0-2])",
    "d": r"(0?[1-9]|[12]\d|3[01])",
    "H": r"([01]?\d|2[0-3])",
    "I": r"(0?[1-9]|1[0-2])",
    "M": r"([0-5]?\d)",
    "S": r"([0-5]?\d)",
    "p": r"(AM|PM|am|pm)",
    "z": r"(Z|UTC|[+-][01]\d:?[0-5]\d)",
}
ISO = (
    r"^((?:19|20)\d\d-[01]\d-[0-3]\d)"
    r"(?:[T ]([0-2]\d:[0-5]\d)(?::([0-5]\d)(?:[.,]\d{1,9})?)?(?: ?(Z|UTC|[+-][01]\d(?::?[0-5]\d)?))?)?$"
)
SIGN = r"^([+-]?)\s*(?:[A-Z]{3}|[€$£¥])?\s*([\d.,' \x{a0}\x{202f}’]*\d)\s*(?:[A-Z]{3}|[€$£¥])?$"
MINOR_DIGITS_MAX = 15  # beyond any order; keeps sums of millions of rows far inside 64 bits

_SEPARATED = r"^[\s,;|]*(?:[^,;|]+[,;|][\s,;|]*)"
TAKEN = {
    Take.FIRST_WORD: r"^(\S+)",
    Take.FIRST_ITEM: r"^[\s,;|]*([^,;|]*)",
    Take.SECOND_ITEM: _SEPARATED + r"{1}([^,;|]+)",
    Take.THIRD_ITEM: _SEPARATED + r"{2}([^,;|]+)",
    Take.FOURTH_ITEM: _SEPARATED + r"{3}([^,;|]+)",
}
EPOCH_SECONDS_MAX = 4_102_444_800  # the year 2100
SCORE_MAX = 10
RATING = r"^([+-]?\d{1,15})(?:\.0+)?\s*(?:%|/\s*\d+|out of \d+|stars?)?$"

# Most cells of an export have one of these two plain shapes; they are read without the full patterns below.
ISO_PLAIN = r"^(?:19|20)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-5]\d ?(?:Z|UTC|[+-][01]\d:?[0-5]\d)?$"
ISO_SECONDS_LENGTH = 19
NUMBER_PLAIN = {".": r"^-?\d{1,10}(?:\.\d{1,30})?$", ",": r"^-?\d{1,10}(?:,\d{1,30})?$"}
# What `number` reads has 12 digits before the sign; one more makes room for rounding, and all is arithmetic in 64 bits.
NUMBER = "decimal(18, 5)"
SUBTRACTED_MAX = 8  # for as many that digit has room, too
WIDE_NUMBER = "decimal(19, 5)"  # what is multiplied: the engine then reckons in 128 bits, where nothing overflows

_local_instant = ibis.udf.scalar.builtin(name="timezone", signature=(("string", "timestamp"), "timestamp('UTC')"))(
    lambda _zone, _local: None
)
_utc_wall_clock = ibis.udf.scalar.builtin(name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp"))(
    lambda _zone, _instant: None
)


def cell(table: ir.Table, column: str) -> ir.StringValue:
    """A cell without surrounding blanks; NULL where nothing is left.

    Nor does count what keeps a spreadsheet from reading a number or a formula: '0049 30 1234, '=SUM, ="02139".
    """
    text = table[column]
    if typed_name(column) in table.columns:
        return text  # numbers and days, as the engine writes them
    bare = text.strip().re_replace(r"^'([-+=@\d])", r"\1")
    cleaned = ibis.cases((text.re_search(r"^[\s']|\s$"), bare), else_=text).nullif("")
    # Blanks and the apostrophe sort before "(", as few other beginnings do: most cells are passed on after one look.
    bounded = ibis.cases(((text < "(") | (text.right(1) <= " "), cleaned), else_=text)
    return ibis.cases((text.startswith('="'), shown(text).strip().nullif("")), else_=bounded)


def first_filled(table: ir.Table, columns: tuple[str, ...]) -> ir.StringValue:
    """The first filled cell among columns."""
    return ibis.coalesce(*(cell(table, column) for column in columns)) if columns else ibis.null("string")


def taken(text: ir.StringValue, take: Take) -> ir.StringValue:
    """A part of the text; NULL where there is none."""
    if take is Take.AFTER_FIRST_WORD:  # to cut off what is before it is twice as fast as to find it
        rest = text.re_replace(r"^\S+\s+", "")
        return ibis.cases(((rest != text) & ~rest.contains("\n"), rest)).strip().nullif("")
    return text.re_extract(TAKEN[take], 1).strip().nullif("")


def keyed(text: ir.StringValue, key: str) -> ir.StringValue:
    """The value of a key in a JSON list of {key, value} objects; NULL where there is none.

    The value may stand in an object of its own, as GA4 writes it: {"string_value": "EUR"} or {"int_value": 3}.
    """
    inner = r'\{[^{}]*?"(?:string|int|float|double)_value"\s*:\s*'
    pattern = rf'"key"\s*:\s*"{re.escape(key)}"\s*,\s*"value"\s*:\s*(?:{inner})?(?:"([^"\\]*)"|(-?\d[^\s,{{}}\]]*))'
    quoted, bare = text.re_extract(pattern, 1).strip().nullif(""), text.re_extract(pattern, 2).nullif("")
    return ibis.coalesce(quoted, bare)


def translated(text: ir.StringValue, values: Translation[str, str], otherwise: Any) -> ir.StringValue:
    """The text that values gives for a cell, whatever its case, or otherwise."""
    lowered = text.lower()
    branches = [(lowered == said.strip().lower(), ibis.literal(str(meant))) for said, meant in values.items()]
    return ibis.cases(*branches, else_=otherwise)


def permission(text: ir.StringValue, values: Translation[str, Consent], otherwise: Consent) -> ir.StringValue:
    """granted, denied or unknown. An empty cell is unknown: nobody has answered."""
    answer = translated(text, {said: meant.value for said, meant in values.items()}, ibis.literal(otherwise.value))
    return ibis.cases((text.isnull(), ibis.literal(Consent.UNKNOWN.value)), else_=answer)


def moment(text: ir.StringValue, verb: Moment) -> ir.TimestampValue:
    """The instant as UTC wall-clock time."""
    if verb.format in EPOCHS:
        return in_utc(_counted(text, verb.format), ibis.literal(""), verb.time_zone)
    if verb.format != "iso":
        return in_utc(*_formatted(text, verb.format), verb.time_zone)
    return ibis.coalesce(_plain_iso(text, verb.time_zone), in_utc(*_iso(text), verb.time_zone))


def _plain_iso(text: ir.StringValue, time_zone: str) -> ir.TimestampValue:
    """The instant of a cell of the shape ISO_PLAIN, read by the engine's own parser; NULL for any other."""
    clock = text.substr(0, ISO_SECONDS_LENGTH).try_cast("timestamp")
    instant = text.replace(" +", "+").replace(" -", "-").try_cast("timestamp('UTC')")
    return ibis.cases(
        (~text.re_search(ISO_PLAIN), ibis.null("timestamp")),
        (text.length() == ISO_SECONDS_LENGTH, _from_zone(clock, time_zone)),
        (text.endswith("Z") | text.endswith("UTC"), clock),
        else_=_utc_wall_clock("UTC", instant),
    )


def _from_zone(local: ir.TimestampValue, time_zone: str) -> ir.TimestampValue:
    return local if time_zone == "UTC" else _utc_wall_clock("UTC", _local_instant(time_zone, local))


def day(text: ir.StringValue, verb: Moment) -> ir.DateValue:
    """The calendar day as written; time zones do not move a birthday."""
    if verb.format in EPOCHS:
        return _counted(text, verb.format).date()
    local, _ = _iso(text) if verb.format == "iso" else _formatted(text, verb.format)
    return local.date()


def _counted(text: ir.StringValue, unit: str) -> ir.TimestampValue:
    """The clock an epoch was counted on, to the millisecond; NULL before 1970 and after 2099."""
    count = text.re_extract(r"^(\d{1,16})(?:\.\d{1,9})?$", 1).nullif("").try_cast("int64")
    per_second = EPOCHS[unit]
    millis = count * (1000 // per_second) if per_second <= 1000 else count // (per_second // 1000)
    clock = millis.cast("int64").as_timestamp("ms")
    return ibis.cases((count < EPOCH_SECONDS_MAX * per_second, clock), else_=ibis.null("timestamp"))


def _iso(text: ir.StringValue) -> tuple[ir.TimestampValue, ir.StringValue]:
    written = text.re_replace(ISO, r"\1 \2:\3").re_replace(r":$", ":00").re_replace(r" :00$", " 00:00:00")
    return _parsed(text, ISO, written), text.re_extract(ISO, 4)


def _formatted(text: ir.StringValue, pattern: str) -> tuple[ir.TimestampValue, ir.StringValue]:
    directives = re.findall(r"%(.)", pattern)
    literal = [re.escape(part) for part in re.split(r"%.", pattern)]
    regex = (
        f"^{literal[0]}" + "".join(DIRECTIVES[d] + rest for d, rest in zip(directives, literal[1:], strict=True)) + "$"
    )
    group = {directive: number for number, directive in enumerate(directives, start=1)}
    hour = f"\\{group.get('H', group.get('I', 0))}" if {"H", "I"} & group.keys() else "0"
    clock = ":".join([hour, *(f"\\{group[part]}" if part in group else "00" for part in "MS")])
    written = text.re_replace(regex, rf"\{group['Y']}-\{group['m']}-\{group['d']} {clock}")
    parsed = _parsed(text, regex, written)
    if "p" in group:
        parsed = _half_day(parsed, text.re_extract(regex, group["p"]).upper())
    return parsed, text.re_extract(regex, group["z"]) if "z" in group else ibis.literal("")


def _parsed(text: ir.StringValue, regex: str, written: ir.StringValue) -> ir.TimestampValue:
    return ibis.cases((text.re_search(regex), written.try_cast("timestamp")), else_=ibis.null("timestamp"))


def _half_day(parsed: ir.TimestampValue, half: ir.StringValue) -> ir.TimestampValue:
    noon = ibis.interval(hours=12)
    return ibis.cases(
        ((half == "PM") & (parsed.hour() < 12), parsed + noon),
        ((half == "AM") & (parsed.hour() == 12), parsed - noon),
        else_=parsed,
    )


def in_utc(local: ir.TimestampValue, zone: ir.StringValue, time_zone: str) -> ir.TimestampValue:
    """A local clock as UTC: by the offset written beside it, else by time_zone."""
    digits = zone.re_replace(r"[^\d]", "").rpad(4, "0")
    minutes = digits.substr(0, 2).try_cast("int64") * 60 + digits.substr(2, 2).try_cast("int64")
    east = ibis.cases((zone.startswith("-"), -minutes), else_=minutes)
    offset = local - east.as_interval("m")
    return ibis.cases((zone == "", _from_zone(local, time_zone)), (zone.isin(["Z", "UTC"]), local), else_=offset)


def whole(text: ir.StringValue) -> ir.IntegerValue:
    """A whole number of up to 15 digits; `7.0` is 7, as spreadsheets write it."""
    return text.re_extract(r"^([+-]?\d{1,15})(?:\.0+)?$", 1).nullif("").try_cast("int64")


def minutes(text: ir.StringValue, verb: Duration) -> ir.IntegerValue:
    """A length of time in whole minutes, half a minute rounded up; NULL below nothing."""
    given = number(text, verb.decimal).cast(WIDE_NUMBER)
    counted = (given * (60 if verb.unit == "hours" else 1)).round(0).try_cast("int64")
    return ibis.cases((counted >= 0, counted))


def without(text: ir.StringValue, words: Sequence[str]) -> ir.StringValue:
    """The text, or NULL where it is one of the words that say nothing."""
    if not words:
        return text
    silent = text.lower().isin([word.strip().lower() for word in words])
    return ibis.cases((silent.fill_null(False), ibis.null("string")), else_=text)


def score(text: ir.StringValue, verb: Score) -> ir.IntegerValue:
    """A score; with out_of on a scale from 0 to 10, rounded half up, and NULL outside it. `4 / 5`, `80 %`, `★★★★☆`."""
    plain = text.lower()
    stars = ibis.cases((plain.re_search(r"^[★⭐☆ ]*[★⭐][★⭐☆ ]*$"), plain.re_replace(r"[^★⭐]", "").length()))
    count = ibis.coalesce(plain.re_extract(RATING, 1).nullif("").try_cast("int64"), stars.cast("int64"))
    if verb.out_of is not None:
        scaled = (count * SCORE_MAX * 2 + verb.out_of) // (verb.out_of * 2)
        count = ibis.cases((count.between(0, verb.out_of), scaled.cast("int64")), else_=ibis.null("int64"))
    branches = [
        (plain == said.strip().lower(), ibis.literal(meant, "int64"))
        for said, meant in verb.values.items()
        if meant is not None
    ]
    return ibis.cases(*branches, else_=count) if branches else count


def number(text: ir.StringValue, decimal: str) -> ir.DecimalValue:
    """A decimal number of up to ten digits before the sign and five after it, the rest rounded away.

    Thousands may be grouped in threes; anything else (1,5 with a decimal point expected) is no number.
    """
    plain = text.replace(decimal, ".") if decimal != "." else text
    return ibis.cases(
        (text.re_search(NUMBER_PLAIN[decimal]), plain.try_cast(NUMBER)), else_=_written_out(text, decimal)
    )


def _written_out(text: ir.StringValue, decimal: str) -> ir.DecimalValue:
    """A number with a currency, a plus sign or grouped thousands, as people and spreadsheets write them."""
    group = r"\." if decimal == "," else ","
    sign = text.re_extract(SIGN, 1)
    bare = text.re_extract(SIGN, 2)
    grouped = rf"(?:\d{{1,3}}(?:(?:{group}|[' \x{{a0}}\x{{202f}}’])\d{{3}}){{1,3}}|\d{{0,10}})"
    shape = rf"^{grouped}(?:{re.escape(decimal)}\d{{1,30}})?$"
    digits = bare.re_replace(rf"[^\d{re.escape(decimal)}]", "").replace(decimal, ".")
    value = (sign + digits).try_cast(NUMBER)
    return ibis.cases((bare.re_search(shape) & (bare != ""), value), else_=ibis.null(NUMBER))


def currency_code(text: ir.StringValue) -> ir.StringValue:
    """Three letters, upper case."""
    return text.upper().re_extract(r"^[A-Z]{3}$", 0).nullif("")


def minor_units(amount: ir.DecimalValue, currency: ir.StringValue, unit: str = "major") -> ir.IntegerValue:
    """An amount in minor units of its currency, half away from zero; NULL beyond MINOR_DIGITS_MAX digits.

    unit: whether the amount counts whole units of the currency (`major`) or is in minor units already.
    """
    if unit == "minor":
        return _whole(amount, 0)
    few = [(_listed(currency, digits), _whole(amount, digits)) for digits in (0, 3)]
    return ibis.cases(*few, else_=_whole(amount, MINOR_DIGITS_DEFAULT))


def _listed(currency: ir.StringValue, digits: int) -> ir.BooleanValue:
    """Whether a currency has so many decimals. It is three letters, so that looking it up in a text is enough."""
    return ibis.literal(" ".join(code for code, own in MINOR_DIGITS.items() if own == digits)).contains(currency)


def _whole(amount: ir.DecimalValue, digits: int) -> ir.IntegerValue:
    """An amount times ten to the number of digits, rounded first: 15 digits keep it in 64 bits, where it is cheap."""
    rounded = amount.try_cast(f"decimal({MINOR_DIGITS_MAX}, {digits})")
    return (rounded * ibis.literal(10**digits).cast(f"decimal({digits + 1}, 0)")).try_cast("int64")


def money(texts: list[ir.StringValue], less: list[ir.StringValue], decimal: str) -> ir.DecimalValue:
    """The product of texts, less each of less, in units of the currency. An empty cell in less is nothing."""
    amount = number(texts[0], decimal)
    if len(texts) > 1:
        amount = amount.cast(WIDE_NUMBER) * number(texts[1], decimal).cast(WIDE_NUMBER)
    elif len(less) > SUBTRACTED_MAX:
        amount = amount.cast(WIDE_NUMBER)
    for text in less:
        amount = amount - ibis.cases((text.isnull(), ibis.literal(0).cast(NUMBER)), else_=number(text, decimal))
    return amount
