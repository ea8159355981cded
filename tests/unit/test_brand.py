"""The sample brand is messy like a real one, holds nobody real, and its second day follows from its first."""

import csv
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import phonenumbers
import pytest

from activator.demo.brand import BrandFiles, write_brand
from activator.demo.brand_names import COUNTRIES
from activator.demo.brand_tables import BAD_PHONES, HUBSPOT, NPS, SHOPIFY
from activator.errors import ConfigurationError
from activator.motivation.lexicon import shipped_lexicon
from activator.motivation.reading import read_comment
from mappings.loader import recognise

PEOPLE = 1500
Row = dict[str, str]


class Day(NamedTuple):
    files: BrandFiles
    contacts: list[Row]
    orders: list[Row]
    responses: list[Row]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def drawn(folder: Path, day: int) -> Day:
    files = write_brand(folder, people=PEOPLE, seed=7, day=day)
    return Day(files, *(read(path) for path in files.paths))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return drawn(tmp_path_factory.mktemp("first"), 1)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return drawn(tmp_path_factory.mktemp("second"), 2)


def heads(day: Day) -> dict[str, Row]:
    """The first line of each order, by its name."""
    return {row["Name"]: row for row in day.orders if row["Financial Status"]}


def emails(day: Day) -> list[str]:
    return [row["Email"] for row in (*day.contacts, *day.orders, *day.responses) if row["Email"]]


def test_the_files_are_recognised_as_what_they_imitate(first: Day) -> None:
    for header, name in ((HUBSPOT, "hubspot_contacts"), (SHOPIFY, "shopify_orders"), (NPS, "nps_survey")):
        mapping, share = recognise(header)[0]
        assert (mapping.name, share) == (name, 1)
    assert tuple(first.contacts[0]) == HUBSPOT
    assert tuple(first.orders[0]) == SHOPIFY
    assert tuple(first.responses[0]) == NPS


@pytest.mark.parametrize("day", [1, 2])
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path, day: int) -> None:
    def digests(seed: int) -> list[str]:
        files = write_brand(tmp_path, people=200, seed=seed, day=day)
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files.paths]

    assert digests(7) == digests(7)
    assert not set(digests(7)) & set(digests(8))
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(("people", "day"), [(0, 1), (10_000_001, 1), (100, 3)])
def test_what_cannot_be_drawn_is_refused(tmp_path: Path, people: int, day: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot be drawn"):
        write_brand(tmp_path, people=people, day=day)


def test_every_address_is_reserved_for_documentation_or_plainly_made_up(first: Day) -> None:
    addresses = [address.strip().lower().replace(" ", "") for address in emails(first) if "@" in address]
    domains = Counter(address.rsplit("@", 1)[1] for address in addresses)
    assert set(domains) == {"example.com", "example.org", "example.net", "post.example", "gmail.com"}
    gmail = [address.split("@")[0].replace(".", "") for address in addresses if address.endswith("gmail.com")]
    assert all(local.startswith("nordlichtsample") for local in gmail)


def test_phone_numbers_are_valid_in_their_country_and_one_persons(first: Day) -> None:
    codes = {name: country.code for country in COUNTRIES for name in country.names}
    owners: dict[str, list[int]] = {}
    for row in first.contacts:
        text = row["Phone Number"] or row["Mobile Phone Number"]
        if text and text not in BAD_PHONES:
            number = phonenumbers.parse(text, codes[row["Country/Region"]])
            assert phonenumbers.region_code_for_number(number) == codes[row["Country/Region"]]
            assert phonenumbers.is_valid_number(number)
            written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            owners.setdefault(written, []).append((int(row["Record ID"]) - 51_000_000_000) // 4)
    assert len(owners) > PEOPLE / 2
    assert all(len(set(records)) == 1 for records in owners.values())
    assert any(len(records) == 2 for records in owners.values())  # a duplicate that only its number gives away


def test_the_mess_of_real_exports_is_there(first: Day) -> None:
    contacts = Counter(
        kind
        for row in first.contacts
        for kind, found in {
            "no e-mail": not row["Email"],
            "shouted": row["Email"].isupper(),
            "malformed": "@@" in row["Email"] or " @ " in row["Email"],
            "placeholder": row["Email"] in {"n/a", "-", "unknown", "none", "NULL"},
            "padded": row["Email"] != row["Email"].strip(),
            "dotted": "Sam.ple" in row["Email"],
            "bad phone": (row["Phone Number"] or row["Mobile Phone Number"]) in BAD_PHONES,
            "non-ASCII": not (row["First Name"] + row["Last Name"]).isascii(),
        }.items()
        if found
    )
    assert all(contacts[kind] > 0 for kind in ("no e-mail", "shouted", "malformed", "placeholder", "padded", "dotted"))
    assert contacts["bad phone"] > 0
    assert contacts["non-ASCII"] > PEOPLE / 4
    names = " ".join(row["First Name"] + " " + row["Last Name"] for row in first.contacts)
    assert all(name in names for name in ("Ünal", "Łukasz", "José", "Zoë", "李", "Ольга"))
    assert {row["Country/Region"] for row in first.contacts} >= {"Germany", "Deutschland", "DE", "Schweiz", "USA", "FR"}
    assert Counter(row["Score"] for row in first.responses)["n/a"] > 0


def test_orders_carry_their_totals_once_and_come_in_every_status(first: Day) -> None:
    orders = heads(first)
    assert len(orders) == first.files.order_count
    assert {row["Financial Status"] for row in orders.values()} == {
        "paid", "partially_refunded", "refunded", "pending", "voided",
    }  # fmt: skip
    further = [row for row in first.orders if not row["Financial Status"]]
    assert len(further) > len(orders) / 4
    assert all(row["Name"] in orders and not row["Total"] and row["Lineitem name"] for row in further)
    assert all(0 <= float(row["Refunded Amount"]) <= float(row["Total"]) for row in orders.values())
    assert any(row["Cancelled at"] for row in orders.values())
    stamp = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0[12]00")
    assert all(stamp.fullmatch(row["Created at"]) for row in first.orders)


def test_every_state_of_consent_is_there_and_most_have_granted(first: Day) -> None:
    states = Counter((row["Ad consent"], row["Ad personalization consent"]) for row in first.contacts)
    assert set(states) == {("Granted", "Granted"), ("Denied", "Denied"), ("", ""), ("Granted", "Denied")}
    assert states["Granted", "Granted"] > 0.8 * len(first.contacts)


def test_value_is_spread_unevenly(first: Day) -> None:
    spent: Counter[str] = Counter()
    for row in heads(first).values():
        spent[row["Billing Name"] + row["Billing Zip"]] += int(float(row["Total"]))
    ranked = sorted(spent.values(), reverse=True)
    assert sum(ranked[: len(ranked) // 5]) > 0.5 * sum(ranked)


def test_what_drives_customers_differs_by_what_they_are_worth(first: Day) -> None:
    spent: Counter[str] = Counter()
    for row in heads(first).values():
        if row["Financial Status"] not in {"pending", "voided"}:
            spent[row["Email"].lower()] += round(100 * (float(row["Total"]) - float(row["Refunded Amount"])))
    ranked = [email for email, _ in spent.most_common()]
    best, middle = set(ranked[: len(ranked) // 5]), set(ranked[len(ranked) // 5 : len(ranked) // 2])
    voiced: dict[str, Counter[str | None]] = {"best": Counter(), "middle": Counter()}
    lexicon = shipped_lexicon()
    for row in first.responses:
        email = row["Email"].lower()
        band = "best" if email in best else "middle" if email in middle else None
        if band:
            voiced[band][read_comment(row["Comment"], row["Language"], lexicon).motive] += 1
    motives = {band: Counter({k: n for k, n in counts.items() if k}) for band, counts in voiced.items()}
    assert motives["best"].most_common(1)[0][0] == "status"
    assert motives["middle"].most_common(1)[0][0] == "efficiency"
    assert all(counts.total() >= 30 for counts in motives.values())


def test_people_join_and_leave_overnight(first: Day, second: Day) -> None:
    before = {row["Record ID"] for row in first.contacts}
    after = {row["Record ID"] for row in second.contacts}
    assert 0 < len(before - after) < 0.03 * len(before)
    assert 0 < len(after - before) < 0.04 * len(before)
    assert second.files.people == round(PEOPLE * 1.02)


def test_some_withdraw_their_consent_and_nothing_else_of_them_changes(first: Day, second: Day) -> None:
    before = {row["Record ID"]: row for row in first.contacts}
    changed = [
        (before[row["Record ID"]], row)
        for row in second.contacts
        if row["Record ID"] in before and row != before[row["Record ID"]]
    ]
    assert 0 < len(changed) < 0.03 * len(before)
    for old, new in changed:
        assert {column for column in HUBSPOT if old[column] != new[column]} <= {
            "Ad consent", "Ad personalization consent",
        }  # fmt: skip
        assert (new["Ad consent"], new["Ad personalization consent"]) == ("Denied", "Denied")


def test_orders_only_grow_and_some_are_sent_back(first: Day, second: Day) -> None:
    before, after = heads(first), heads(second)
    assert set(before) < set(after)
    new = len(after) - len(before)
    assert 0.01 * len(before) < new < 0.1 * len(before)
    changed = [name for name in before if before[name] != after[name]]
    assert changed
    for name in changed:
        assert (before[name]["Financial Status"], after[name]["Financial Status"]) == ("paid", "refunded")
        assert after[name]["Refunded Amount"] == before[name]["Total"]


def test_answers_are_kept_and_a_few_are_added(first: Day, second: Day) -> None:
    before = {row["Response ID"]: row for row in first.responses}
    after = {row["Response ID"]: row for row in second.responses}
    assert set(before) < set(after)
    assert all(after[number]["Comment"] == row["Comment"] for number, row in before.items())
