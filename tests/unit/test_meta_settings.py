"""Opening a Meta destination: what is missing or misspelt is named, and no call is made."""

from pathlib import Path
from typing import Any

import pytest
import responses

from activator.errors import ConfigurationError
from connectors.meta.destination import connector
from tests.unit.meta_account import SECRET, TOKEN, HandClock, context, everything_said, opened


def test_opening_makes_no_call_and_shows_no_secret(tmp_path: Path) -> None:
    with responses.RequestsMock():
        destination = opened(tmp_path, env=f"ACTIVATOR_META__APP_SECRET={SECRET}\n")

    assert (destination.identifier_form, destination.budget_level) == ("meta", "group")
    assert (destination.batch_rows_max, destination.members_min) == (10_000, 100)
    assert destination.quiet_window.total_seconds() == 24 * 3600
    shown = f"{destination._settings!r}{vars(destination)!r}"
    assert TOKEN not in shown
    assert SECRET not in shown


def test_a_missing_token_names_the_variable(tmp_path: Path) -> None:
    given = context(tmp_path, HandClock())
    (tmp_path / ".env").unlink()

    with pytest.raises(ConfigurationError, match="ACTIVATOR_META__ACCESS_TOKEN"):
        connector.open(given)


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ("ACTIVATOR_META__GRAPH_URL=graph.facebook.com", "GRAPH_URL"),
        ("ACTIVATOR_META__CA_FILE=/nowhere/ca.pem", "CA_FILE"),
        ("ACTIVATOR_META__API_VERSION=26", "API_VERSION"),
        ("ACTIVATOR_META__READ_TIMEOUT_SECONDS=0", "READ_TIMEOUT_SECONDS"),
        (f'ACTIVATOR_META__APP_SECRET="{SECRET} {SECRET}"', "APP_SECRET"),
    ],
)
def test_a_wrong_setting_names_the_variable_and_not_its_value(tmp_path: Path, line: str, variable: str) -> None:
    with pytest.raises(ConfigurationError, match=f"ACTIVATOR_META__{variable}") as raised:
        opened(tmp_path, env=f"{line}\n")

    assert SECRET not in everything_said(raised.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"page_idd": "1"}, "unknown key `page_idd`"),
        ({"page_id": "my page"}, "options.page_id"),
        ({"page_id": None}, "options.page_id"),
        ({"retention_days": 181}, "options.retention_days"),
        ({"special_ad_categories": ["HOUSING"]}, "special_ad_category_country is required"),
        ({"dsa_payor": "Brand"}, "together"),
        ({"objective": "CONVERSIONS"}, "options.objective"),
    ],
)
def test_a_wrong_option_names_destination_and_key(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=r"destinations\.meta\.options") as raised:
        opened(tmp_path, options=options)

    assert words in raised.value.message
    assert raised.value.next_step


def test_a_misspelt_option_is_corrected(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        opened(tmp_path, options={"page_idd": "1"})

    assert raised.value.next_step == "Did you mean `page_id`?"


def test_the_schema_lists_every_option_and_refuses_others() -> None:
    schema = connector.options_schema()

    assert {"page_id", "pixel_id", "dsa_beneficiary", "special_ad_categories"} <= set(schema["properties"])
    assert schema["required"] == ["page_id", "pixel_id"]
    assert schema["additionalProperties"] is False
