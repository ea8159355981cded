"""A mapping of one's own that extends a shipped one: the same tool, other names, in a few lines."""

from pathlib import Path

import pytest

from activator.errors import ConfigurationError
from mappings.loader import load_mapping

GERMAN = """\
extends: hubspot_contacts
name: hubspot_kontakte
rename:
  Email: E-Mail-Adresse
  Record ID: Datensatz-ID
without: [gender]
columns:
  consent_ad_user_data: {from: Werbung erlaubt, yes: granted, no: denied}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_renamed_wherever_the_shipped_mapping_reads_them(tmp_path: Path) -> None:
    mapping = load_mapping(str(written(tmp_path, GERMAN)), tmp_path)
    fields = dict(mapping.fields())
    assert (mapping.name, mapping.title, mapping.id_space) == (
        "hubspot_kontakte", "HubSpot contacts export", "hubspot",
    )  # fmt: skip
    assert fields["email"].columns == ("E-Mail-Adresse",)
    assert fields["external_id"].columns == ("Datensatz-ID",)
    assert fields["first_name"].columns == ("First Name",)
    assert mapping.recognise[:2] == ("Datensatz-ID", "E-Mail-Adresse")
    assert fields["consent_ad_user_data"].columns == ("Werbung erlaubt",)
    assert "gender" not in fields


def test_rules_about_rows_are_renamed_too_or_replaced(tmp_path: Path) -> None:
    renamed = "extends: shopify_orders\nname: own\nrename: {Financial Status: Zahlung, Billing City: Ort}\n"
    mapping = load_mapping(str(written(tmp_path, renamed)), tmp_path)
    assert dict(mapping.fields())["city"].columns == ("Ort", "Shipping City")
    assert mapping.ignore[0].when.empty == ("Zahlung", "Total", "Currency")
    assert mapping.ignore[2].when.column == "Zahlung"
    replaced = renamed + "ignore:\n  - {when: {filled: [Storno]}, reason: cancelled order}\n"
    mapping = load_mapping(str(written(tmp_path, replaced)), tmp_path)
    assert [rule.when.filled for rule in mapping.ignore] == [("Storno",)]


def test_another_id_space_joins_an_export_to_ones_own_customers(tmp_path: Path) -> None:
    text = "extends: hubspot_contacts\nname: own\nid_space: shop\n"
    assert load_mapping(str(written(tmp_path, text)), tmp_path).id_space == "shop"
    text += "without: [external_id]\n"
    assert load_mapping(str(written(tmp_path, text)), tmp_path).id_space is None


@pytest.mark.parametrize(
    ("old", "new", "message", "fix"),
    [
        ("  Email:", "  Emial:", "line 4: rename.Emial: `hubspot_contacts` reads no column `Emial`", "mean `Email`?"),
        ("[gender]", "[gendre]", "line 6: without.0: `hubspot_contacts` maps no field `gendre`", "mean `gender`?"),
        ("yes:", "ja:", "line 8: columns.consent_ad_user_data.ja: unknown key `ja`", "mappings.md"),
        ("hubspot_contacts", "hubspot_contact", "line 1: extends: there is no shipped mapping", "`hubspot_contacts`?"),
        ("rename:", "renames:", "line 3: renames: unknown key `renames`", "Did you mean `rename`?"),
        ("name: hubspot_kontakte\n", "", "`name` is required", ""),
        ("[gender]", "[external_id, email, phone]", "map at least one of email, phone", ""),
    ],
)
def test_a_fault_stands_at_the_line_of_ones_own_file(
    tmp_path: Path, old: str, new: str, message: str, fix: str
) -> None:
    assert old in GERMAN
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(str(written(tmp_path, GERMAN.replace(old, new, 1))), tmp_path)
    assert caught.value.message.startswith("own.yaml, line ")
    assert message in caught.value.message
    assert fix in caught.value.next_step
