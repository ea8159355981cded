"""Nordlicht Outdoor, a brand that does not exist: its contacts, orders and survey answers on two days.

The files have the shapes that HubSpot, Shopify and a survey tool export, and their mess: duplicates under other
spellings, bad and placeholder values, several countries, returns and cancelled orders, every state of consent. On the
second day people have joined, left, withdrawn consent, bought and sent things back; everything else is as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from activator.demo import brand_comments, brand_orders, brand_people, brand_tables
from activator.demo.brand_orders import UNTIL, Orders
from activator.demo.brand_people import Flags, Indices, People
from activator.demo.brand_tables import DENIED, GRANTED, NOT_PERSONAL, UNASKED, Records
from activator.errors import ConfigurationError

BRAND_NAME = "Nordlicht Outdoor"
BATCH_ROWS = 200_000
CONSENTS = (GRANTED, DENIED, UNASKED, NOT_PERSONAL)
CONSENT_SHARES = (0.87, 0.05, 0.05, 0.03)
TWIN_SHARE = 0.05
ANSWERING = (0.42, 0.36, 0.28, 0.10)  # by value, best first: the better a customer, the likelier an answer
ANSWERING_NEXT_DAY = 0.005
LEAVING = 0.01  # contacts deleted by the second day
WITHDRAWING = 0.01  # contacts who by then have withdrawn their consent


@dataclass(frozen=True, slots=True)
class BrandFiles:
    """The three exports of one day, and how many people and orders stand behind them."""

    contacts: Path
    orders: Path
    responses: Path
    people: int
    order_count: int

    @property
    def paths(self) -> tuple[Path, Path, Path]:
        """The files, in the order a project names them."""
        return self.contacts, self.orders, self.responses


def write_brand(folder: Path, people: int = 3000, seed: int = 7, day: int = 1) -> BrandFiles:
    """Write hubspot_contacts.csv, shopify_orders.csv and nps_survey.csv; files of another day are overwritten.

    The same people and seed give the same bytes; day 2 is day 1 a day later.

    Raises:
        ConfigurationError: people or day is out of range.
    """
    if not 1 <= people <= brand_people.PEOPLE_MAX or day not in (1, 2):
        limit = f"{brand_people.PEOPLE_MAX:,}"
        raise ConfigurationError("the sample brand cannot be drawn so", f"Ask for 1 to {limit} people and day 1 or 2.")
    persons = brand_people.people(np.random.default_rng([seed, 0]), people)
    first = brand_orders.first_day(np.random.default_rng([seed, 1]), persons)
    orders = first if day == 1 else brand_orders.second_day(np.random.default_rng([seed, 2]), persons, first)
    files = BrandFiles(
        contacts=folder / "hubspot_contacts.csv",
        orders=folder / "shopify_orders.csv",
        responses=folder / "nps_survey.csv",
        people=int(persons.count if day == 2 else persons.count - persons.joining),
        order_count=len(orders.person),
    )
    _write(files.contacts, _contacts(persons, _records(np.random.default_rng([seed, 3]), persons, day)))
    _write(files.orders, _order_batches(persons, orders))
    _write(files.responses, _responses(np.random.default_rng([seed, 4]), persons, first, day))
    return files


def _write(path: Path, batches: Iterator[pa.Table]) -> None:
    """Through a temporary name: whoever reads meanwhile sees the old file or the new one."""
    growing = path.with_suffix(".part")
    first = next(batches)
    with pa_csv.CSVWriter(growing, first.schema, write_options=pa_csv.WriteOptions(quoting_style="needed")) as writer:
        writer.write_table(first)
        for batch in batches:
            writer.write_table(batch)
    growing.replace(path)


def _records(rng: np.random.Generator, persons: People, day: int) -> Records:
    """The contacts, then the duplicates some of them have."""
    consent = rng.choice(CONSENTS, persons.count, p=CONSENT_SHARES)
    twin_kind = rng.integers(1, 4, persons.count)
    has_twin = persons.in_crm & (rng.random(persons.count) < TWIN_SHARE)
    chance, style = rng.integers(0, 1000, (2, persons.count)), rng.integers(0, 4, (2, persons.count))
    leaving, withdrawing = rng.random(persons.count) < LEAVING, rng.random(persons.count) < WITHDRAWING
    there = persons.in_crm & ~persons.newcomers
    if day == 2:
        there = persons.in_crm & ~(leaving & ~persons.newcomers)
        consent = np.where(withdrawing & ~persons.newcomers, DENIED, consent)
    main, twins = np.flatnonzero(there), np.flatnonzero(there & has_twin)
    twin_consent = np.where(twins % 2 == 0, consent[twins], UNASKED)
    return Records(
        person=np.concatenate([main, twins]),
        twin=np.concatenate([main * 0, twin_kind[twins]]),
        consent=np.concatenate([consent[main], twin_consent]),
        chance=np.concatenate([chance[0][main], chance[1][twins]]),
        style=np.concatenate([style[0][main], style[1][twins]]),
    )


def _contacts(persons: People, records: Records) -> Iterator[pa.Table]:
    for start in range(0, len(records.person), BATCH_ROWS):
        part = slice(start, start + BATCH_ROWS)
        fields = (records.person, records.twin, records.consent, records.chance, records.style)
        yield brand_tables.contacts_table(persons, Records(*(field[part] for field in fields)))


def _order_batches(persons: People, orders: Orders) -> Iterator[pa.Table]:
    for start in range(0, len(orders.person), BATCH_ROWS):
        stop = min(start + BATCH_ROWS, len(orders.person))
        yield brand_tables.orders_table(persons, orders, start, stop)


def _responses(rng: np.random.Generator, persons: People, first: Orders, day: int) -> Iterator[pa.Table]:
    """Answers of the first day's customers; on the second day a few more have answered."""
    customers, band = brand_orders.bands(first, persons, brand_comments.BANDS)
    draw = rng.random(len(customers))
    likely = np.array(ANSWERING)[band]
    early = draw < likely
    late = ~early & (draw < likely + ANSWERING_NEXT_DAY)
    text, language = _texts(rng, band)
    score = np.clip(np.rint(rng.normal(np.array([9.2, 8.3, 7.2, 6.0])[band], 1.2)), 0, 10).astype(np.int64)
    ago = (rng.random(len(customers)) * 120 * 86_400).astype("timedelta64[s]")
    answered = np.where(late, UNTIL + np.timedelta64(9, "h"), UNTIL - ago)
    for group in (early, late) if day == 2 else (early,):
        mine = np.flatnonzero(group)
        if len(mine) or group is early:
            yield brand_tables.responses_table(
                persons, customers[mine], answered[mine], score[mine], text.take(mine), language.take(mine)
            )


def _texts(rng: np.random.Generator, band: Indices) -> tuple[pa.Array, pa.Array]:
    """Comments and their languages. Some say nothing, and a few answer in another language."""
    texts = brand_comments.comments(rng, band)
    chance = rng.integers(0, 100, len(band))
    foreign: Flags = chance >= 97
    which = rng.integers(0, len(brand_comments.FOREIGN), len(band))
    other = brand_people.chosen([text for _, text in brand_comments.FOREIGN], which)
    codes = brand_people.chosen([code for code, _ in brand_comments.FOREIGN], which)
    spoken = pc.choose(pa.array(np.select([chance < 8, foreign], [0, 2], 1)), "", texts, other)
    return spoken, pc.if_else(pa.array(foreign), codes, "en")
