"""`activator segments` on exports with attributes: who is in, who moved, what is handed on, and what errors say."""

import csv
import json
import re
import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from activator.cli.main import app
from activator.config.clock import SystemClock
from activator.config.workspace import open_workspace
from activator.errors import ConfigurationError
from activator.people.engine import open_engine
from activator.schedule.runs import keep_segments
from activator.segments.export import _PERSONAL
from activator.segments.kept import KeptMemberships
from tests.projects import PROJECT, write_project

CONTACTS = """\
customer_id,account_id,email,Age,Plan,Lat,Lon,Joined,Active
1,A1,ada@example.com,"25",pro,52.5219,13.4132,2026-06-20,yes
2,A1,ben@example.com,34,Pro,52.3906,13.0645,2026-01-01,no
3,,cleo@example.com,35,free,,,,
4,A2,dan@example.com,not told,free,48.1,11.5,2026-06-01,ja
5,,eve@example.com,40,pro,,,2025-01-01,yes
5,,eve@example.com,99,free,1,1,2020-01-01,no
ada@example.com,,ada@example.com,,,,,,
+49301234567,,cleo@example.com,,,,,,
0151 23456789,,cleo@example.com,,,,,,
(0171) 2345-678,,cleo@example.com,,,,,,
"""
ACCOUNTS = "account_id,account_name,industry,employees\nA1,Adler,Manufacturing,120\nA2,Bauer,Retail,9\n"
ORDERS = """\
order_id,customer_id,ordered_at,amount,currency,Category
o1,1,2026-06-30 10:00,60.00,EUR,hiking
o1,1,2026-06-30 10:00,30.00,EUR,books
o2,2,2026-03-01 10:00,200.00,EUR,books
o3,3,2026-04-01 10:00,50.00,EUR,hiking
o3,3,2026-04-02 10:00,-50.00,EUR,hiking
o4,5,2026-06-01 10:00,10.00,EUR,hiking
o5,5,2026-06-02 10:00,15.00,EUR,hiking
"""
EVENTS = """\
event,customer_id,happened_at
Pricing Viewed,1,2026-06-26 10:00
Pricing Viewed,5,2026-06-01 09:00
"""
MAPPINGS = {
    "contacts.yaml": """\
extends: generic_contacts
name: contacts_with_attributes
attributes:
  age: {from: Age, type: number}
  plan: {from: Plan}
  latitude: {from: Lat, type: number}
  longitude: {from: Lon, type: number}
  joined_on: {from: Joined, type: date}
  active: {from: Active, type: flag}
""",
    "orders.yaml": """\
extends: generic_orders
name: orders_with_categories
attributes:
  category: {from: Category}
""",
}
SEGMENTS = """\
segments:
  - name: young_pro
    title: Win young professionals
    who: {all: [{field: age, at_least: 25, at_most: 34}, {field: plan, is: pro}]}
  - name: near_tower
    title: Invite to the shop
    who: {near: {latitude: 52.520817, longitude: 13.409419, miles: 2}}
  - name: hikers
    title: Show hiking gear
    who: {count: orders, where: [{field: category, is: hiking}], at_least: 1}
  - name: big_makers
    title: Call big makers
    who: {all: [{field: industry, is: manufacturing}, {field: employees, at_least: 100}]}
  - {name: recent, title: Welcome, who: {field: joined_on, within_days: 29}}
  - {name: lively, title: Ask the lively, who: {field: active, is: true}}
  - {name: slow, like: slow_deciders}
  - name: hiking_money
    title: Thank hikers
    who: {sum: amount, of: orders, where: [{field: category, is: hiking}], more_than: 24}
"""


def project_text(segments: str = SEGMENTS, extra: str = "") -> str:
    sources = """\
sources:
  - {name: contacts, path: contacts.csv, mapping: contacts.yaml}
  - {name: orders, path: orders.csv, mapping: orders.yaml}
  - {name: accounts, path: accounts.csv, mapping: generic_accounts}
  - {name: events, path: events.csv, mapping: generic_events}
"""
    begin, end = PROJECT.index("sources:"), PROJECT.index("identity:")
    return PROJECT[:begin] + sources + PROJECT[end:] + segments + extra


def write_shop(folder: Path, text: str) -> Path:
    write_project(folder, text)
    files = {"contacts.csv": CONTACTS, "orders.csv": ORDERS, "accounts.csv": ACCOUNTS, "events.csv": EVENTS}
    for name, content in {**files, **MAPPINGS}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["segments", *arguments, "-C", str(folder)], catch_exceptions=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop"), project_text())


@pytest.fixture(scope="module")
def exported(shop: Path) -> list[dict[str, str]]:
    answer = run(shop, "export", "--output", str(shop / "people.csv"))
    assert answer.exit_code == 0, answer.output
    with (shop / "people.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def members(rows: list[dict[str, str]], segment: str) -> set[str]:
    """The ids of customers in a segment."""
    return {row["source_ids"].partition(":")[2] for row in rows if segment in row["segments"].split(";")}


@pytest.mark.parametrize(
    ("segment", "ids"),
    [
        ("young_pro", {"1", "2"}),
        ("near_tower", {"1"}),
        ("hikers", {"1", "5"}),  # the order of 3 was returned altogether
        ("big_makers", {"1", "2"}),
        ("recent", {"1", "4"}),
        ("lively", {"1", "4", "5"}),
        ("slow", {"1"}),  # 5 ordered on the day of the first visit
        ("hiking_money", {"1", "5"}),
    ],
)
def test_rules_speak_of_attributes_companies_places_and_orders(
    exported: list[dict[str, str]], segment: str, ids: set[str]
) -> None:
    assert members(exported, segment) == ids


def test_the_first_filled_row_of_a_person_says_what_they_are(exported: list[dict[str, str]]) -> None:
    """Customer 5 stands in two rows: of 40 and of 99 years, active and not."""
    (five,) = [row for row in exported if row["source_ids"] == "customer:5"]
    assert "lively" in five["segments"].split(";")


def test_the_file_holds_every_person_once_and_nobodys_address(shop: Path, exported: list[dict[str, str]]) -> None:
    text = (shop / "people.csv").read_text(encoding="utf-8")
    assert len(exported) == 5
    assert "@" not in text
    assert "+49" not in text
    assert "23456789" not in text, "nor a national number"
    assert "2345-678" not in text
    assert [row["met_in"] for row in exported] == [f"contacts:{line}" for line in range(2, 7)]
    assert stat.S_IMODE((shop / "people.csv").stat().st_mode) == 0o600


def test_money_is_exact_and_in_whole_units(exported: list[dict[str, str]]) -> None:
    assert {row["source_ids"]: row["value"] for row in exported} == {
        "customer:1": "90.00", "customer:2": "200.00", "customer:3": "0.00", "customer:4": "0.00",
        "customer:5": "25.00",
    }  # fmt: skip


def test_parquet_has_the_same_rows_with_types(shop: Path, exported: list[dict[str, str]]) -> None:
    assert run(shop, "export", "--output", str(shop / "people.parquet")).exit_code == 0
    table = pq.read_table(shop / "people.parquet")
    assert table["segments"].to_pylist() == [row["segments"] for row in exported]
    assert str(table.schema.field("value").type) == "decimal128(23, 2)"


def test_without_segments_the_analyst_still_gets_everybody(tmp_path: Path, exported: list[dict[str, str]]) -> None:
    shop = write_shop(tmp_path, project_text(segments=""))
    assert run(shop, "export", "--output", str(shop / "people.csv")).exit_code == 0
    with (shop / "people.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.DictReader(stream)) == [{**row, "segments": ""} for row in exported]


def test_the_list_says_who_they_are(shop: Path) -> None:
    told = json.loads(run(shop, "--json").output)
    by_name = {each["name"]: each for each in told["segments"]}
    assert by_name["hikers"]["people"] == 2
    assert by_name["hikers"]["value_minor"] == 11_500
    assert "2 people, 40% of all" in by_name["hikers"]["sentence"]
    assert {"first": "young_pro", "second": "big_makers", "people": 2, "share": 1.0} in told["overlaps"]


def test_asking_again_on_the_same_day_moves_nobody(shop: Path) -> None:
    first, second = (json.loads(run(shop, "--json").output) for _ in range(2))
    assert first == second
    assert second["last_time"] is None


def test_the_check_names_each_fault_with_its_fix_and_blocks_what_is_too_many(shop: Path) -> None:
    answer = run(shop, "check", "--json")
    found = json.loads(answer.output)["checked"]["findings"]
    by_code = {(each["code"], each["segment"]): each for each in found}
    assert ("missing_action", "young_pro") in by_code
    assert ("soft_without_hard", "near_tower") in by_code
    assert ("not_substantial", "hikers") in by_code
    assert by_code["too_many", ""]["severity"] == "warning"
    assert all(each["fix"] for each in found)
    assert answer.exit_code == 0


NINE = SEGMENTS + "  - {name: ninth, like: at_risk}\n"


OFFER = """\
segments:
  - name: buyers
    title: Thank buyers
    who: {field: orders, at_least: 1}
    action: {message: Thank you, frequency: once, owner: CRM, offer: "5 % off", success: orders}
  - {name: lively, title: Ask the lively, who: {field: active, is: true}}
"""


def test_a_discount_for_those_who_need_none_is_said_and_can_be_held_back(tmp_path: Path) -> None:
    """Number 5 ordered on the day of the first visit, number 1 after four days, of 2 and 3 nothing is known."""
    shop = write_shop(tmp_path, project_text(OFFER))
    said = run(shop, "check").output
    assert "discount_for_quick: buyers: its offer lowers the price, and 1 of its people first ordered within 3" in said
    assert json.loads(run(shop, "--json").output)["segments"][0]["people"] == 3
    write_project(tmp_path, project_text(OFFER.replace("success: orders", "success: orders, discount: true")))
    assert "discount_for_quick" not in run(shop, "check").output
    assert json.loads(run(shop, "--json").output)["segments"][0]["people"] == 2


def test_a_discount_cannot_be_held_back_where_no_visit_is_known(tmp_path: Path) -> None:
    text = project_text(OFFER.replace("success: orders", "success: orders, discount: true"))
    shop = write_shop(tmp_path, text.replace("  - {name: events, path: events.csv, mapping: generic_events}\n", ""))
    with pytest.raises(ConfigurationError, match="quick buyers cannot be left out") as refused:
        run(shop)
    assert "Add an export of events" in refused.value.next_step
    assert f"line {text[: text.index('discount: true')].count(chr(10))}" in refused.value.message


DISCOUNT = """\
  - {name: ten_off, motivation: generic, headlines: [a, b, c], descriptions: [d, e], message: Less, discount: true}
destinations:
"""


def quick_shop(folder: Path, visits: str) -> Path:
    """Two hundred customers, each with one order on 10 June; customer 1 spent most. visits: day of the first visit."""
    shop = write_shop(folder, project_text(SEGMENTS).replace("destinations:\n", DISCOUNT))
    people = range(1, 201)
    files = {
        "contacts.csv": [
            CONTACTS.splitlines()[0],
            *(f"{n},,p{n}@example.com,30,pro,,,2026-01-01,yes" for n in people),
        ],
        "orders.csv": [ORDERS.splitlines()[0], *(f"o{n},{n},2026-06-10 10:00,{900 - n}.00,EUR,books" for n in people)],
        "events.csv": [EVENTS.splitlines()[0], *(f"Visit,{n},{visits} 09:00" for n in people)],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return shop


def test_texts_with_a_discount_are_left_out_of_tiers_that_buy_at_once_and_the_check_says_so(tmp_path: Path) -> None:
    """Three days from the first visit to the order is soon, four are not."""
    shop = quick_shop(tmp_path, "2026-06-07")
    findings = json.loads(run(shop, "check", "--json").output)["checked"]["findings"]
    left_out = {each["segment"]: each for each in findings if each["code"] == "discount_left_out"}
    assert list(left_out) == ["meta/high", "meta/mid", "meta/low"]
    assert (
        "`ten_off` is left out: of its 40 customers whose first visit is known, 100% ordered"
        in (left_out["meta/high"]["message"])
    )
    quick_shop(tmp_path, "2026-06-06")
    assert "discount_left_out" not in run(shop, "check").output


def test_the_event_of_an_order_is_no_visit(tmp_path: Path) -> None:
    """Where nothing else is reported, nobody is known to have bought at once."""
    shop = quick_shop(tmp_path, "2026-06-10")
    events = (tmp_path / "events.csv").read_text(encoding="utf-8")
    (tmp_path / "events.csv").write_text(events.replace("Visit,", "Order Completed,"), encoding="utf-8")
    assert "discount_left_out" not in run(shop, "check").output


def test_a_text_with_a_discount_needs_to_know_when_people_first_came(tmp_path: Path) -> None:
    text = project_text(OFFER).replace("destinations:\n", DISCOUNT)
    text = text.replace("  - {name: events, path: events.csv, mapping: generic_events}\n", "")
    line = text[: text.index("ten_off")].count("\n") + 1
    with pytest.raises(
        ConfigurationError, match=rf"activator.yaml, line {line}: copy: a text has `discount: true`"
    ) as said:
        run(write_shop(tmp_path, text), "check")
    assert "Add an export of events" in said.value.next_step


def test_nine_segments_are_refused_until_somebody_says_why(tmp_path: Path) -> None:
    write_shop(tmp_path, project_text(NINE))
    assert run(tmp_path, "check", "--json").exit_code == 4
    refused = CliRunner().invoke(app, ["segments", "export", "-o", str(tmp_path / "x.csv"), "-C", str(tmp_path)])
    assert type(refused.exception).__name__ == "UnsafePlanError"
    assert not (tmp_path / "x.csv").exists()
    write_shop(tmp_path, project_text(NINE, "segment_checks: {accept: {too_many: one for each shop window}}\n"))
    assert run(tmp_path, "check", "--json").exit_code == 0
    assert run(tmp_path, "export", "-o", str(tmp_path / "x.csv")).exit_code == 0


@pytest.mark.parametrize(
    ("segments", "said", "fix"),
    [
        ("segments:\n  - {name: a, like: at_rsik}\n", "line 39: segments.0.like", "Did you mean `at_risk`?"),
        (
            "segments:\n  - name: a\n    title: A title\n    who: {field: odrers, is: 1}\n",
            "line 41: segments.0.who.field: there is no field `odrers`",
            "Did you mean `orders`?",
        ),
        (
            "segments:\n  - name: a\n    title: Tit\n    who:\n      any:\n        - tier: high\n        - tier: hi\n",
            "line 44: segments.0.who.any.1.tier: there is no tier `hi`",
            "Did you mean `high`?",
        ),
        (
            "segments:\n  - {name: a, title: A title, scheme: s, who: {tier: high}}\n",
            "line 39: segments.0: scheme `s`: nobody takes the rest",
            "docs/reference/project.md",
        ),
    ],
)
def test_a_fault_in_the_project_file_is_named_with_its_line(tmp_path: Path, segments: str, said: str, fix: str) -> None:
    write_shop(tmp_path, project_text(segments))
    answer = CliRunner().invoke(app, ["segments", "-C", str(tmp_path)])
    error: Any = answer.exception
    assert said in error.message
    assert fix in error.next_step


NEAR = """\
segments:
  - {name: near, title: Invite to the shop, who: {near: {latitude: 52.52, longitude: 13.41, kilometres: 5}}}
  - {name: rest_of_us, title: Write to, who: {not: {near: {latitude: 52.52, longitude: 13.41, kilometres: 5}}}}
geography: {centroids: places.csv}
"""
CENTROIDS = """\
country,postal_code,latitude,longitude
DE,10178,52.5200,13.4100
Germany,80331,48.10,11.55
DE,80331,48.20,11.65
FR,75001,48.86,2.34
US,02108,42.357,-71.064
"""
POSTCODES = """\
customer_id,email,zip,land,Lat,Lon
1,ada@example.com,10178,Deutschland,,
2,ben@example.com,80331,DE,52.52,13.41
3,cleo@example.com,10 178,de,,
4,dan@example.com,99999,DE,,
5,eve@example.com,,DE,,
6,fay@example.com,2108,US,,
7,gus@example.com,80331,DE,,
8,hal@example.com,10178,FR,,
"""
POSTCODE_MAPPING = """\
extends: generic_contacts
name: contacts_with_postcodes
columns:
  postal_code: {from: zip}
  country: {from: land}
attributes:
  latitude: {from: Lat, type: number}
  longitude: {from: Lon, type: number}
"""


def postcode_shop(
    folder: Path, centroids: str = CENTROIDS, segments: str = NEAR, mapping: str = POSTCODE_MAPPING
) -> Path:
    shop = write_shop(folder, project_text(segments))
    (shop / "contacts.csv").write_text(POSTCODES, encoding="utf-8")
    (shop / "contacts.yaml").write_text(mapping, encoding="utf-8")
    (shop / "places.csv").write_text(centroids, encoding="utf-8")
    return shop


def test_a_circle_takes_people_by_the_middle_of_their_postcode_where_they_have_no_coordinates(tmp_path: Path) -> None:
    """1 and 3 by postcode, 2 by own coordinates although the postcode is Munich; of 4, 5 and 8 no place is known."""
    shop = postcode_shop(tmp_path)
    told = json.loads(run(shop, "--json").output)
    assert {each["name"]: each["people"] for each in told["segments"]} == {"near": 3, "rest_of_us": 2}
    assert told["places"] == {"coordinates": 1, "postcodes": 4, "unknown": 2, "nowhere": 1}
    said = " ".join(run(shop).output.split())
    assert (
        "1 by their own coordinates, 4 by postcode; of 2 the postcode is not in the file, of 1 nothing is known" in said
    )


def test_without_coordinates_in_any_export_postcodes_are_enough(tmp_path: Path) -> None:
    shop = postcode_shop(tmp_path, mapping=POSTCODE_MAPPING[: POSTCODE_MAPPING.index("attributes:")])
    told = json.loads(run(shop, "--json").output)
    assert {each["name"]: each["people"] for each in told["segments"]} == {"near": 2, "rest_of_us": 3}


def test_several_rows_of_one_postcode_are_one_place_in_their_middle(tmp_path: Path) -> None:
    munich = "who: {near: {latitude: 48.15, longitude: 11.6, kilometres: 0.1}}"
    circle = "who: {near: {latitude: 52.52, longitude: 13.41, kilometres: 5}}"
    shop = postcode_shop(tmp_path, segments=NEAR.replace(circle, munich, 1))
    assert json.loads(run(shop, "--json").output)["segments"][0]["people"] == 1


@pytest.mark.parametrize(
    ("spoiled", "said", "fix"),
    [
        (
            CENTROIDS.replace("latitude", "lat"),
            "places.csv, line 1: centroids: there is no column `latitude`",
            "country,",
        ),
        (CENTROIDS.replace("48.86", "98.86"), "places.csv, line 5: centroids: `latitude` cannot be used", "-90 to 90"),
        (CENTROIDS.replace("2.34", "2°20"), "places.csv, line 5: centroids: `longitude` cannot be used", "-180 to 180"),
        (
            CENTROIDS.replace("Germany", "Atlantis"),
            "places.csv, line 3: centroids: `country` cannot be used",
            "ISO code",
        ),
        (CENTROIDS.replace("75001", ""), "places.csv, line 5: centroids: `postal_code` cannot be used", "postal code"),
    ],
)
def test_a_file_of_postcodes_that_is_wrong_is_refused_with_its_line(
    tmp_path: Path, spoiled: str, said: str, fix: str
) -> None:
    answer = CliRunner().invoke(app, ["segments", "-C", str(postcode_shop(tmp_path, spoiled))])
    error: Any = answer.exception
    assert said in error.message
    assert fix in error.next_step


STAYING = """\
segments:
  - name: quiet
    title: Win back
    who: {field: days_since_last_order, at_least: 90}
    stay: {field: days_since_last_order, at_least: 60}
"""


def at(folder: Path, day: str) -> dict[str, Any]:
    """The list as of a day."""
    write_shop(folder, project_text(STAYING).replace("identity:", f"value: {{as_of: {day}}}\nidentity:"))
    told: dict[str, Any] = json.loads(run(folder, "--json").output)
    return told


def test_moves_are_counted_from_the_day_before_and_survive_restarts(tmp_path: Path) -> None:
    """Customer 2 ordered on 1 March only: 89 days on 29 May, 90 on 30 May."""
    assert at(tmp_path, "2026-05-29")["segments"][0]["people"] == 0
    after = at(tmp_path, "2026-05-30")
    assert (after["last_time"], after["segments"][0]["came"], after["segments"][0]["left"]) == ("2026-05-29", 1, 0)
    again = at(tmp_path, "2026-05-30")
    assert again["segments"] == after["segments"]
    with open_engine(tmp_path / "scratch") as engine:
        history = KeptMemberships(engine, tmp_path / ".activator").history()
        assert history is not None
        assert [(str(row["on"]), row["came"]) for row in history.to_pyarrow().to_pylist()] == [("2026-05-30", True)]


def test_who_was_in_stays_while_the_second_rule_holds(tmp_path: Path) -> None:
    """An order on 1 July takes customer 2 out at once; at 60 to 89 days only those who were in are in."""
    at(tmp_path, "2026-05-30")
    kept = sorted(path.name for path in (tmp_path / ".activator" / "segments").iterdir())
    assert any(name.startswith("members-2026-05-30") for name in kept)
    orders = ORDERS.replace("2026-03-01 10:00", "2026-03-20 10:00")
    write_shop(tmp_path, project_text(STAYING).replace("identity:", "value: {as_of: 2026-06-01}\nidentity:"))
    (tmp_path / "orders.csv").write_text(orders, encoding="utf-8")
    told = json.loads(run(tmp_path, "--json").output)
    assert (told["segments"][0]["people"], told["segments"][0]["left"]) == (1, 0)


def test_a_nightly_sync_keeps_them_too(tmp_path: Path) -> None:
    write_shop(tmp_path, project_text(STAYING))
    assert keep_segments(open_workspace(tmp_path), SystemClock()) == "; segments kept"
    with open_engine(tmp_path / "scratch") as engine:
        assert str(KeptMemberships(engine, tmp_path / ".activator").first_kept) == "2026-06-30"


def test_what_is_kept_holds_no_identifier(tmp_path: Path) -> None:
    at(tmp_path, "2026-05-30")
    for path in (tmp_path / ".activator" / "segments").iterdir():
        assert b"example.com" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_page_needs_nothing_but_itself(shop: Path) -> None:
    answer = run(shop, "--report", str(shop / "page.html"))
    assert answer.exit_code == 0
    page = (shop / "page.html").read_text(encoding="utf-8")
    assert page.count("<article") == 8
    assert "Win young professionals" in page
    for foreign in ("http://", "https://", "<script", "<img", "url(", "@import"):
        assert foreign not in page
    assert "ada@" not in page


def test_a_name_cannot_become_markup(tmp_path: Path) -> None:
    hostile = "segments:\n  - {name: a, title: '<b>bold</b>', like: loyal_vips, persona: '<script>x</script>'}\n"
    write_shop(tmp_path, project_text(hostile))
    assert run(tmp_path, "--report", str(tmp_path / "page.html")).exit_code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;b&gt;bold" in page


def test_doctor_says_whether_the_segments_named_are_shipped(shop: Path, tmp_path: Path) -> None:
    def said(folder: Path) -> dict[str, str]:
        answer = CliRunner().invoke(app, ["doctor", "--json", "-C", str(folder)])
        return {each["check"]: each["severity"] for each in json.loads(answer.output)}

    assert said(shop)["segments"] == "ok"
    write_shop(tmp_path, project_text("segments:\n  - {name: a, like: at_rsik}\n"))
    assert said(tmp_path)["segments"] == "error"


MORE = """\
segments:
  - name: compared_us
    title: Answer why we are better
    who: {count: events, where: [{field: competitor, is: acme}], at_least: 1}
  - {name: negotiating, title: Close deals, who: {field: deal_stage, is: negotiation}}
  - {name: waited_long, title: Say sorry, who: {sum: waited, of: events, more_than: 2.4}}
"""


def test_attributes_of_events_and_of_companies(tmp_path: Path) -> None:
    text = project_text(MORE).replace("mapping: generic_accounts", "mapping: accounts.yaml")
    write_shop(tmp_path, text.replace("mapping: generic_events", "mapping: events.yaml"))
    files = {
        "accounts.yaml": "extends: generic_accounts\nname: a\nattributes: {deal_stage: {from: Stage}}\n",
        "accounts.csv": "account_id,account_name,Stage\nA1,Adler,\nA1,Adler,Negotiation\nA2,Bauer,won\n",
        "events.yaml": "extends: generic_events\nname: e\nattributes:\n  competitor: {from: Versus}\n"
        '  waited: {from: Waited, type: number, decimal: ","}\n',
        "events.csv": "event,customer_id,happened_at,Versus,Waited\nsearch,1,2026-06-01,ACME,\n"
        'search,2,2026-06-01,,"1,25"\nsearch,2,2026-06-02,,"1,25"\nsearch,4,2026-06-02,Other,2\n',
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    told = json.loads(run(tmp_path, "--json").output)
    assert {each["name"]: each["people"] for each in told["segments"]} == {
        "compared_us": 1, "negotiating": 2, "waited_long": 1,
    }  # fmt: skip


def test_two_mappings_must_agree_about_an_attribute(tmp_path: Path) -> None:
    other = "  - {name: more, path: contacts.csv, mapping: more.yaml}\n  - {name: orders,"
    write_shop(tmp_path, project_text().replace("  - {name: orders,", other))
    text = MAPPINGS["contacts.yaml"].replace("{from: Age, type: number}", "{from: Age}")
    (tmp_path / "more.yaml").write_text(text.replace("contacts_with", "more_with"), encoding="utf-8")
    error: Any = CliRunner().invoke(app, ["segments", "-C", str(tmp_path)]).exception
    assert "the attribute `age` has different types in two mappings" in error.message


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("{value: {from: Age, type: number}}", "the product computes a field `value` itself"),
        ("{latitude: {from: Lat, type: number}}", "latitude and longitude go together"),
        ("{latitude: {from: Lat}, longitude: {from: Lon}}", "needs `type: number`"),
        ("{age: {from: Age, format: iso}}", "`format` belongs to date, not to `type: text`"),
        ("{active: {from: Active, type: flag, values: {left: perhaps}}}", "`values` of a flag are yes or no"),
    ],
)
def test_an_attribute_that_makes_no_sense_is_named_with_its_line(tmp_path: Path, attributes: str, said: str) -> None:
    write_shop(tmp_path, project_text())
    (tmp_path / "contacts.yaml").write_text(
        f"extends: generic_contacts\nname: c\nattributes: {attributes}\n", encoding="utf-8"
    )
    error: Any = CliRunner().invoke(app, ["segments", "-C", str(tmp_path)]).exception
    assert said in error.message
    assert "contacts.yaml, line 3" in error.message


def test_a_currency_without_cents_is_written_without_them(tmp_path: Path) -> None:
    text = project_text("segments:\n  - {name: a, title: Thank them, who: {field: value, more_than: 25}}\n")
    write_shop(tmp_path, text.replace("currency: EUR", "currency: JPY"))
    orders = "".join(line for line in ORDERS.replace("EUR", "JPY").splitlines(keepends=True) if "o3" not in line)
    (tmp_path / "orders.csv").write_text(orders, encoding="utf-8")
    assert run(tmp_path, "export", "-o", str(tmp_path / "p.csv")).exit_code == 0
    with (tmp_path / "p.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["source_ids"]: row for row in csv.DictReader(stream)}
    assert (rows["customer:1"]["value"], rows["customer:1"]["segments"]) == ("90", "a")
    assert rows["customer:5"]["segments"] == ""


def test_the_page_quotes_why_a_segment_buys_and_hides_who_said_it(tmp_path: Path) -> None:
    """Forty customers say why; one of them gives an address away."""
    numbers = range(1, 41)
    source = "  - {name: answers, path: answers.csv, mapping: generic_responses}\n  - {name: orders,"
    segments = "segments:\n  - {name: buyers, title: Thank them, who: {field: orders, at_least: 1}}\n"
    write_shop(tmp_path, project_text(segments).replace("  - {name: orders,", source))
    said = "It saves us hours every week, write to me@secret.example"
    files = {
        "contacts.csv": "customer_id,email,Age,Plan,Lat,Lon,Joined,Active\n"
        + "".join(f"{n},p{n}@example.com,,,,,,\n" for n in numbers),
        "orders.csv": "order_id,customer_id,ordered_at,amount,currency,Category\n"
        + "".join(f"o{n},{n},2026-06-01,10,EUR,x\n" for n in numbers),
        "answers.csv": "customer_id,email,answered_at,score,comment,language\n"
        + "".join(f'{n},,2026-06-01,9,"{said}",en\n' for n in numbers),
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert run(tmp_path, "--report", str(tmp_path / "page.html")).exit_code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "efficiency: 100% of 40 customers who said why" in page
    assert "saves us hours every week" in page
    assert "secret.example" not in page


@pytest.mark.parametrize(
    ("number", "left_out"),
    [
        ("0151 23456789", True),
        ("(0171) 2345-678", True),
        ("0049 151 23456789", True),
        ("+1 (212) 555-0100", True),
        ("0000012345", False),  # filled up with zeros
        ("01234567", False),
        ("A-0151234567", False),
        ("1001", False),
    ],
)
def test_ids_that_may_be_phone_numbers_are_left_out(number: str, left_out: bool) -> None:
    assert bool(re.search(_PERSONAL, number)) is left_out
