"""A segment in one sentence, and amounts in words."""

from activator.segments.figures import Figures, Sums, Typical
from activator.segments.traits import Trait

_FIELD_WORDS = {"rfm_name": "RFM", "account_country": "company in"}


def money(minor: float, money_unit: int, currency: str) -> str:
    """An amount of minor units, without decimals from a hundred units on."""
    whole = minor / money_unit
    digits = 0 if abs(whole) >= 100 or money_unit == 1 else len(str(money_unit)) - 1
    return f"{whole:,.{digits}f} {currency}"


def share(part: float, whole: float) -> str:
    """A share in per cent, told apart from nothing and everything."""
    if not whole:
        return "0%"
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "under 1%"
    return "over 99%" if 99 < percent < 100 else f"{percent:.0f}%"


def trait_words(trait: Trait) -> str:
    """E.g. "activity churned (62%, 3.1 times as often as among all)"."""
    field = _FIELD_WORDS.get(trait.field, trait.field.replace("_", " "))
    return f"{field} {trait.value.replace('_', ' ')} ({trait.share:.0%}, {trait.lift:.1f} times as often as among all)"


def sentence(name: str, found: Figures, money_unit: int, currency: str) -> str:
    """Who the people of a segment are."""
    own, everybody = found.segments[name], found.everybody
    if not own.people:
        return "Nobody is in it."
    start = f"{_people(own)}, {share(own.people, everybody.people)} of all"
    if not own.customers:
        return f"{start}, none of whom has bought yet{_traits(found, name)}."
    value = f"{share(own.totals['value'], everybody.totals['value'])} of all value"
    mean = money(own.measure("value").mean, money_unit, currency)
    compared = money(everybody.measure("value").mean, money_unit, currency)
    habits, traits = _habits(found.typical[name]), _traits(found, name)
    return f"{start}, with {value}: {mean} each (all customers: {compared}){habits}{traits}."


def _people(sums: Sums) -> str:
    return f"{sums.people:,} {'person' if sums.people == 1 else 'people'}"


def _habits(typical: Typical) -> str:
    parts = []
    if typical.orders is not None:
        parts.append(f"{typical.orders:.1f} orders each")
    if typical.days_since_last_order is not None:
        parts.append(f"the last one {typical.days_since_last_order:.0f} days ago in the middle")
    return f"; {', '.join(parts)}" if parts else ""


def _traits(found: Figures, name: str) -> str:
    traits = found.traits.get(name, ())
    return f"; stand out by {', '.join(trait_words(trait) for trait in traits[:2])}" if traits else ""
