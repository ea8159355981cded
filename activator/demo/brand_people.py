"""The sample brand's customers as columns of numbers, and the text of their names, addresses and numbers.

Everything is derived from the seed and a customer's number, so the second day knows the first.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from activator.demo.brand_names import COUNTRIES, FIRST_NAMES, LAST_NAMES, slug

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PEOPLE_MAX = 10_000_000  # then the phone numbers of a country run out
DOMAINS = ("example.com", "example.org", "example.net", "post.example")
GMAIL_SHARE = 0.12
NEW_SHARE = 0.02  # joining on the second day


@dataclass(frozen=True, slots=True)
class People:
    """One entry per person. The last `joining` of them join on day two."""

    count: int
    joining: int
    country: Indices
    rank: Indices  # the person's number among those of the same country
    first: Indices
    last: Indices
    place: Indices
    domain: Indices  # len(DOMAINS) is gmail.com
    digit: Indices  # fills the postal code
    worth: npt.NDArray[np.float64]  # log of how much somebody tends to spend
    buys: Flags
    in_crm: Flags

    @property
    def newcomers(self) -> Flags:
        """Who joins on day two."""
        return np.arange(self.count) >= self.count - self.joining


def people(rng: np.random.Generator, count: int) -> People:
    """As many people as asked for on the first day, and those who join on the second."""
    joining = max(1, round(count * NEW_SHARE))
    total = count + joining
    shares = np.array([country.share for country in COUNTRIES])
    domain = rng.integers(0, len(DOMAINS), total)
    domain[rng.random(total) < GMAIL_SHARE] = len(DOMAINS)
    buys = rng.random(total) < 0.84
    country = rng.choice(len(COUNTRIES), total, p=shares / shares.sum())
    return People(
        count=total,
        joining=joining,
        country=country,
        rank=_rank(country),
        first=rng.integers(0, len(FIRST_NAMES), total),
        last=rng.integers(0, len(LAST_NAMES), total),
        place=rng.integers(0, 60, total),
        domain=domain,
        digit=rng.integers(0, 1000, total),
        worth=rng.standard_normal(total),
        buys=buys,
        in_crm=~buys | (rng.random(total) < 0.97),
    )


def _rank(country: Indices) -> Indices:
    order = np.argsort(country, kind="stable")
    sizes = np.bincount(country, minlength=len(COUNTRIES))
    rank = np.empty(len(country), np.int64)
    rank[order] = np.arange(len(country)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return rank


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts joined piece by piece; a null piece makes a null text."""
    return pc.binary_join_element_wise(*parts, "")


def chosen(texts: tuple[str, ...] | list[str], which: Indices) -> pa.Array:
    """Some of the texts, by number."""
    return pa.array(texts, pa.string()).take(pa.array(which))


def padded(numbers: Indices, width: int) -> pa.Array:
    """Numbers as digits of a fixed width."""
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


def spread(numbers: Indices, modulus: int) -> Indices:
    """A permutation of 0 … modulus - 1: different numbers stay different, neighbours do not stay together."""
    return (numbers * 7_654_321 + 1_234_567) % modulus  # 7,654,321 = 19 x 402,859: coprime to 2, 3 and 5


def email(persons: People, who: Indices, sub: str = "") -> pa.Array:
    """The address of each person, unique. The gmail.com ones begin with what gives them away as made up."""
    first = chosen([slug(name) for name in FIRST_NAMES], persons.first[who])
    last = chosen([slug(name) for name in LAST_NAMES], persons.last[who])
    number = pa.array(who).cast(pa.string())
    plain = joined(first, ".", last, number, sub, "@", chosen([*DOMAINS, ""], persons.domain[who]))
    gmail = joined("nordlicht.sample.", first, ".", number, sub, "@gmail.com")
    return pc.if_else(pa.array(persons.domain[who] == len(DOMAINS)), gmail, plain)


def phone(persons: People, who: Indices, style: Indices) -> pa.Array:
    """A mobile number, unique. style: 0 national, 1 national with spaces, 2 with +, 3 with 00 (national in the US)."""
    country = persons.country[who]
    groups = [np.flatnonzero(country == number) for number in range(len(COUNTRIES))]
    texts = [_numbers(persons, number, who[mine], style[mine]) for number, mine in enumerate(groups)]
    place = np.empty(len(who), np.int64)
    place[np.concatenate(groups)] = np.arange(len(who))
    return pa.concat_arrays(texts).take(pa.array(place))


def _numbers(persons: People, country_number: int, who: Indices, style: Indices) -> pa.Array:
    country = COUNTRIES[country_number]
    space = 10**country.digits
    order = spread(persons.rank[who], space * len(country.prefixes))
    prefix = chosen(country.prefixes, order // space)
    rest = padded(order % space, country.digits)
    head, tail = pc.utf8_slice_codeunits(rest, 0, 3), pc.utf8_slice_codeunits(rest, 3, None)
    return pc.choose(
        pa.array(style),
        joined(country.trunk, prefix, rest),
        joined(country.trunk, prefix, " ", head, " ", tail),
        joined("+", country.calling, " ", prefix, " ", rest),
        joined("00" if country.trunk else "+", country.calling, prefix, rest),
    )


def country_text(persons: People, who: Indices, spelling: Indices) -> pa.Array:
    """The country's name; spelling 0 in English, 1 at home, any other its code."""
    codes = pa.array(persons.country[who])
    return pc.choose(
        pa.array(np.minimum(spelling, 2)),
        pa.array([country.names[0] for country in COUNTRIES]).take(codes),
        pa.array([country.names[1] for country in COUNTRIES]).take(codes),
        pa.array([country.code for country in COUNTRIES]).take(codes),
    )


def place_text(persons: People, who: Indices) -> tuple[pa.Array, pa.Array, pa.Array]:
    """City, state and postal code."""
    per_country = [country.places for country in COUNTRIES]
    start = np.cumsum([0] + [len(places) for places in per_country])
    flat = [place for places in per_country for place in places]
    sizes = np.array([len(places) for places in per_country])
    which = start[persons.country[who]] + persons.place[who] % sizes[persons.country[who]]
    city, state, code = (chosen([place[part] for place in flat], which) for part in range(3))
    return city, state, _filled(code, persons.digit[who])


def _filled(pattern: pa.Array, digits: Indices) -> pa.Array:
    """The pattern with its # replaced by digits, one after the other."""
    for power in (1, 10, 100):
        digit = (digits // power) % 10
        digit = np.where(digit == 0, 1, digit)
        filled = [pc.replace_substring(pattern, "#", str(number), max_replacements=1) for number in range(10)]
        pattern = pc.choose(pa.array(digit), *filled)
    return pattern
