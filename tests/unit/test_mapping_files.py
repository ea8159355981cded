"""Mapping files are a closed list of verbs, checked with line numbers, and exports are recognised by their header."""

from pathlib import Path

import pytest

from activator.errors import ConfigurationError
from mappings.loader import load_mapping, mapping_text, recognise, shipped

GOOD = """\
name: own
entity: contacts
title: My contacts
recognise: [Mail]
columns:
  email: {from: Mail}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_promised_mapping_is_shipped_under_its_file_name() -> None:
    names = [mapping.name for mapping in shipped()]
    assert set(names) >= {
        "hubspot_contacts", "shopify_orders", "nps_survey", "generic_contacts", "generic_orders", "generic_responses",
        "online_retail",
    }  # fmt: skip
    for name in names:
        assert f"name: {name}\n" in mapping_text(name)


def test_a_mapping_is_found_by_name_or_by_path_in_the_project(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    assert load_mapping("nps_survey", tmp_path).title == "NPS survey export"
    assert load_mapping("own.yaml", tmp_path).needed_columns() == (("Mail",),)


def test_an_unknown_name_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping("hubspot_contact", tmp_path)
    assert "no mapping called 'hubspot_contact'" in caught.value.message
    assert "Did you mean 'hubspot_contacts'?" in caught.value.next_step


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{from: Mail}", "{form: Mail}", "line 6: columns.email.form: unknown key `form`"),
        ("{from: Mail}", "{from: Mail, expression: x+1}", "line 6: columns.email.expression: unknown key `expression`"),
        ("{from: Mail}", "{from: Mail, first_of: [A, B]}", "line 6: columns.email: say exactly one of `from`"),
        ("{from: Mail}", "{optional: true}", "line 6: columns.email: say exactly one of"),
        ("{from: Mail}", "{from: Mail, take: last_word}", "line 6: columns.email.take: must be '"),
        ("  email:", "  e_mail:", "line 6: columns.e_mail: unknown key `e_mail`"),
        (
            "  email: {from: Mail}",
            "  city: {from: City}",
            "map at least one of email, phone, external_id and account_id",
        ),
        ("  email:", "  external_id:", "`id_space` and `columns.external_id` or"),
        ("entity: contacts", "entity: people", "line 2: entity: one of contacts, orders, responses, tickets,"),
        ("entity: contacts\n", "", "entity: one of contacts, orders, responses, tickets,"),
        ("entity: contacts", "entity: orders", "line 5: columns.order_id: `order_id` is required"),
        ("recognise: [Mail]", "recognise: []", "line 4: recognise:"),
    ],
)
def test_a_fault_names_file_line_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(str(written(tmp_path, GOOD.replace(old, new))), tmp_path)
    assert caught.value.message.startswith("own.yaml, line ")
    assert message in caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        ('{from: Born, format: "%d.%m.%y"}', "use `iso`, or %Y %m %d"),
        ('{from: Born, format: "%d.%m"}', "use `iso`, or %Y %m %d"),
        ('{from: Born, format: "%d.%d.%m.%Y"}', "a directive stands twice"),
        ('{from: Born, format: "%d.%m.%Y %I:%M"}', "%I (hour 1 to 12) and %p (AM or PM) go together"),
        ("{from: Born, time_zone: Europe/Berlino}", "unknown time zone"),
    ],
)
def test_a_date_is_told_by_a_known_form(tmp_path: Path, verb: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(str(written(tmp_path, GOOD + f"  birth_date: {verb}\n")), tmp_path)
    assert "line 7: columns.birth_date." in caught.value.message
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{when: {column: A}, reason: because}", "`column` and `values` or `other_than` go together"),
        ("{when: {empty: [A], filled: [B]}, reason: because}", "say exactly one of"),
        ("{when: {empty: [A]}}", "`reason` is required"),
        ('{when: {empty: [A]}, reason: "a: b"}', "ignore.0.reason"),
    ],
)
def test_a_rule_to_ignore_rows_is_one_test_and_a_reason(tmp_path: Path, rule: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(str(written(tmp_path, GOOD + f"ignore:\n  - {rule}\n")), tmp_path)
    assert message in caught.value.message


def test_consent_is_never_granted_by_default(tmp_path: Path) -> None:
    verb = "  consent_ad_user_data: {from: Ads, values: {a: granted}, otherwise: granted}\n"
    with pytest.raises(ConfigurationError, match=r"line 7: columns\.consent_ad_user_data\.otherwise"):
        load_mapping(str(written(tmp_path, GOOD + verb)), tmp_path)


HEADERS = {
    "hubspot_contacts": "Record ID,First Name,Last Name,Email,City,Lifecycle Stage,Marketing contact status",
    "shopify_orders": "Name,Email,Financial Status,Fulfillment Status,Currency,Total,Created at,Lineitem name",
    "nps_survey": "Response ID,Responded at,Email,Score,Comment",
    "generic_contacts": "email,first_name,last_name,consent_ad_user_data",
    "generic_orders": "order_id,ordered_at,amount,currency,email",
    "generic_responses": "answered_at,score,comment,email",
    "online_retail": "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
}


@pytest.mark.parametrize("expected", HEADERS)
def test_an_export_is_recognised_by_its_header(expected: str) -> None:
    best, share = recognise(HEADERS[expected].split(","))[0]
    assert best.name == expected
    assert share == 1


def test_a_foreign_header_is_recognised_as_nothing() -> None:
    assert recognise(["alpha", "beta"]) == []
