"""Numbers, dates and names as a marketer reads them. One place, so that every medium says the same."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from activator.briefing.inert import visible

NONE = "-"
MICROS = 1_000_000
CENTS_BELOW = 10
WHOLE_FROM = 100


def label(name: str) -> str:
    """A name of the project file as a title: ``status_a`` is ``Status A``."""
    words = visible(name).replace("_", " ").split()
    titled = " ".join(word.upper() if len(word) == 1 else word for word in words)
    return titled[:1].upper() + titled[1:]


def tier_label(name: str) -> str:
    """``high`` is ``High tier``."""
    words = label(name)
    return words if words.lower().endswith("tier") else f"{words} tier"


def amount(micros: int) -> str:
    """Micros in whole units with thousands separators; small amounts with cents. No currency."""
    units = Decimal(micros) / MICROS
    digits = "0.01" if 0 < abs(units) < CENTS_BELOW else "1"
    return f"{units.quantize(Decimal(digits), ROUND_HALF_UP):,}"


def money(micros: int, currency: str) -> str:
    """``EUR 2,520``."""
    return f"{visible(currency)} {amount(micros)}"


def about(micros: int, currency: str) -> str:
    """Two significant digits: ``EUR 6,000``. For estimates, which more digits would belie."""
    units = abs(micros) // MICROS
    step = 10 ** max(0, len(str(units)) - 2)
    return f"{visible(currency)} {(units + step // 2) // step * step:,}"


def ratio(value: Fraction | float | None) -> str:
    """A return on ad spend: ``3.6``; ``0.45`` below one, whole numbers from a hundred."""
    if value is None:
        return NONE
    exact = (
        Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(str(value))
    )
    digits = "0.01" if abs(exact) < 1 else "0.1" if abs(exact) < WHOLE_FROM else "1"
    return f"{exact.quantize(Decimal(digits), ROUND_HALF_UP):,}"


def percent(part: Fraction | float) -> str:
    """A signed whole percentage without the sign of zero: ``-40``, ``+20``, ``0``."""
    whole = round(float(part) * 100)
    return f"{whole:+d}" if whole else "0"


def count(number: int, singular: str, plural: str) -> str:
    """``1 flag``, ``2 flags``, ``no flags``."""
    return f"{number:,} {singular if number == 1 else plural}" if number else f"no {plural}"


def conversions(milli: int) -> str:
    """Thousandths as a whole number: platforms attribute fractions, people count orders."""
    return f"{(milli + 500) // 1000:,}"


def short_day(day: date) -> str:
    """``3 Nov``; English whatever the machine's locale."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]}"


def long_day(day: date) -> str:
    """``Thursday 12 November 2026``."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment(at: datetime, now: datetime) -> str:
    """A past instant in the reader's zone: ``today 02:31``, ``yesterday 02:31`` or ``3 Nov 02:31``."""
    local = at.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, short_day(local.date()))
    return f"{day} {local:%H:%M}"


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
