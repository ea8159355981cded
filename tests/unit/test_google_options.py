"""What a Google destination may be told, what it refuses before anything is sent, and how it says so."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activator.config.settings import load_settings
from activator.errors import ConfigurationError
from activator.model.ads import Bid, BidStrategy, CopyVariant
from connectors.google import texts
from connectors.google.comparison import bid_text, check_amounts, comparable
from connectors.google.destination import connector
from connectors.google.options import options_schema, read_options
from connectors.google.settings import PREFIX, GoogleSettings
from tests.clocks import ManualClock
from tests.unit.google_platform import OPTIONS, context
from tests.unit.google_specs import AD, CAMPAIGN, GROUP, VARIANT


def refused(**changes: Any) -> ConfigurationError:
    options = {key: value for key, value in {**OPTIONS, **changes}.items() if value is not None}
    with pytest.raises(ConfigurationError) as caught:
        read_options("google", options)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "message", "fix"),
    [
        ({"targeting": None}, "options.targeting is required", "list members only"),
        (
            {"contains_eu_political_advertising": None},
            "options.contains_eu_political_advertising is required",
            "Declare it yourself",
        ),
        ({"keywords": None}, "options.keywords is required", "at least one"),
        ({"keywords": []}, "options.keywords", "at least one"),
        ({"keywords": [{"text": "a b c d e f g h i j k"}]}, "10 words", "keyword"),
        ({"keywords": [{"text": "50% off!"}]}, "characters Google does not take", "keyword"),
        ({"targetting": "targeting"}, "options.targetting: unknown option", "Did you mean `targeting`?"),
        ({"languages": ["klingon"]}, "options.languages.0", "google.md"),
        ({"countries": ("XX",)}, "options.countries.0", "google.md"),
        ({"membership_days": 541}, "options.membership_days", "google.md"),
        ({"path2": "sale"}, "options.path2", "google.md"),
        ({"path1": "sixteen-letters!"}, "options.path1", "google.md"),
    ],
)
def test_a_wrong_option_is_named_with_what_to_write(changes: dict[str, Any], message: str, fix: str) -> None:
    error = refused(**changes)
    assert f"destinations.google.{message}" in error.message or message in error.message
    assert fix in error.next_step


def test_the_schema_for_editors_leaves_out_what_the_planner_adds() -> None:
    schema = options_schema()
    assert "countries" not in schema["properties"]
    assert sorted(schema["required"]) == ["contains_eu_political_advertising", "keywords", "targeting"]


def test_bids_are_compared_as_text() -> None:
    assert bid_text(Bid(BidStrategy.MANUAL_CPC, amount_minor=120)) == "manual_cpc 120"
    assert bid_text(Bid(BidStrategy.MANUAL_CPC, amount_minor=120, modifier_bp=10_000)) == "manual_cpc 120"
    assert bid_text(Bid(BidStrategy.MANUAL_CPC, amount_minor=120, modifier_bp=16_000)) == "manual_cpc 120 x1.6000"
    assert bid_text(Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000)) == "target_roas 4.0000"


@pytest.mark.parametrize(
    ("bid", "message"),
    [
        (Bid(BidStrategy.LOWEST_COST), "lowest_cost"),
        (Bid(BidStrategy.COST_CAP, amount_minor=1), "cost_cap"),
        (Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000, modifier_bp=16_000), "ignores audience bid adjustments"),
        (Bid(BidStrategy.TARGET_ROAS), "needs a return"),
        (Bid(BidStrategy.MANUAL_CPC), "needs a click price"),
        (Bid(BidStrategy.MANUAL_CPC, amount_minor=120, modifier_bp=100_001), "from 0.1 to 10"),
        (Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000, value_bp=4_000), "0.5 to 10 times"),
    ],
)
def test_a_bid_google_would_ignore_or_refuse_is_refused_in_the_plan(bid: Bid, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        comparable(replace(GROUP, bid=bid), read_options("google", OPTIONS))


def test_a_campaign_needs_a_budget_and_a_strategy_of_google() -> None:
    options = read_options("google", OPTIONS)
    with pytest.raises(ConfigurationError, match="budget"):
        comparable(replace(CAMPAIGN, daily_budget_minor=None), options)
    with pytest.raises(ConfigurationError, match="min_roas"):
        comparable(replace(CAMPAIGN, strategy=BidStrategy.MIN_ROAS), options)


def test_a_tier_cannot_bid_by_another_strategy_than_its_campaign(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(json.dumps(REFRESH))
    settings(tmp_path, CREDENTIALS_FILE=str(tmp_path / "key.json"))
    destination = connector.open(context(tmp_path, ManualClock()))
    destination.comparable(CAMPAIGN)
    destination.comparable(GROUP)
    with pytest.raises(ConfigurationError, match="the tier gold bids by target_roas, its campaign by manual_cpc"):
        destination.comparable(replace(GROUP, bid=Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000)))


def variant(**changes: Any) -> CopyVariant:
    return replace(VARIANT, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"headlines": ("A", "B")}, "2 different headlines"),
        ({"headlines": ("Same", "Same", "Other")}, "2 different headlines"),
        ({"headlines": ("A", "B", "x" * 31)}, "31 wide"),
        ({"headlines": ("A", "B", "珈琲" * 8)}, "32 wide"),
        ({"headlines": tuple(str(number) for number in range(16))}, "16 different headlines"),
        ({"descriptions": ("only one",)}, "1 different descriptions"),
        ({"descriptions": ("a", "y" * 91)}, "91 wide"),
    ],
)
def test_a_text_google_would_refuse_is_named_with_its_variant(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match="warm") as caught:
        comparable(replace(AD, variant=variant(**changes)), read_options("google", OPTIONS))
    assert message in caught.value.message


def test_texts_of_full_width_are_taken() -> None:
    wide = ("珈琲" * 7 + "a", "B" * 30, "C")
    assert texts.headlines(variant(headlines=wide)) == wide


def settings(folder: Path, **variables: str) -> GoogleSettings:
    lines = [f"{PREFIX}{name}={value}" for name, value in variables.items()]
    (folder / ".env").write_text("\n".join(lines))
    return load_settings(GoogleSettings, folder, PREFIX)


def test_endpoints_get_the_tls_port_when_they_name_none(tmp_path: Path) -> None:
    read = settings(tmp_path, ENDPOINT="ads.example", DATA_MANAGER_ENDPOINT="[::1]:8443")
    assert (read.endpoint, read.data_manager_endpoint) == ("ads.example:443", "[::1]:8443")
    assert settings(tmp_path).endpoint == "googleads.googleapis.com:443"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ENDPOINT", "https://ads.example"), ("LOGIN_CUSTOMER_ID", "12"), ("API_VERSION", "v19"), ("CA_FILE", "")],
)
def test_a_wrong_setting_names_its_variable(tmp_path: Path, variable: str, value: str) -> None:
    if not value:
        assert settings(tmp_path, **{variable: value}).ca_file is None
        return
    with pytest.raises(ConfigurationError, match=f"{PREFIX}{variable}"):
        settings(tmp_path, **{variable: value})


def opened(folder: Path, credentials: Any = None, **variables: str) -> None:
    if credentials is not None:
        (folder / "key.json").write_text(credentials if isinstance(credentials, str) else json.dumps(credentials))
        variables["CREDENTIALS_FILE"] = str(folder / "key.json")
    settings(folder, **variables)
    connector.open(context(folder, ManualClock()))


REFRESH = {"type": "authorized_user", "client_id": "id", "client_secret": "canary", "refresh_token": "canary"}


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        (None, "CREDENTIALS_FILE is not set"),
        ("not json", "not JSON"),
        ("[]", "not a JSON object"),
        ({"type": "external_account"}, "`type` is not supported"),
        ({**REFRESH, "refresh_token": ""}, "no `refresh_token`"),
        (
            {"type": "service_account", "client_email": "a", "private_key": "canary", "token_uri": "http://x/"},
            "private key cannot be read",
        ),
    ],
)
def test_unusable_credentials_are_found_on_opening_and_not_repeated(
    tmp_path: Path, credentials: Any, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        opened(tmp_path, credentials)
    assert "canary" not in caught.value.message + caught.value.next_step
    assert PREFIX in caught.value.message


def test_missing_files_are_named_by_their_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CREDENTIALS_FILE: the file cannot be read"):
        opened(tmp_path, CREDENTIALS_FILE=str(tmp_path / "nowhere.json"))
    with pytest.raises(ConfigurationError, match="CA_FILE"):
        opened(tmp_path, REFRESH, CA_FILE=str(tmp_path / "nowhere.pem"))


def test_opening_calls_nobody(tmp_path: Path) -> None:
    opened(tmp_path, REFRESH, ENDPOINT="localhost:1", DATA_MANAGER_ENDPOINT="localhost:1")


def test_a_keyword_written_twice_is_one_keyword() -> None:
    options = read_options("google", {**OPTIONS, "keywords": [{"text": "Wool  jumper"}, {"text": "wool jumper"}]})
    assert [keyword.label for keyword in options.keywords] == ["phrase: wool jumper"]


@pytest.mark.parametrize(("minor", "currency"), [(1_482, "JPY"), (150, "KRW")])
def test_amounts_the_currency_does_not_have_are_refused_in_the_plan(minor: int, currency: str) -> None:
    campaign = replace(CAMPAIGN, daily_budget_minor=minor)
    with pytest.raises(ConfigurationError, match=currency):
        check_amounts(campaign, currency)
    with pytest.raises(ConfigurationError, match=r"`bid.amount` of tier gold"):
        check_amounts(replace(GROUP, bid=Bid(BidStrategy.MANUAL_CPC, amount_minor=minor)), currency)
    with pytest.raises(ConfigurationError, match="`new_customer_value` has a fraction"):
        check_amounts(replace(CAMPAIGN, daily_budget_minor=1_500, new_customer_value_minor=minor), currency)
    check_amounts(campaign, "EUR")
    check_amounts(replace(CAMPAIGN, daily_budget_minor=1_500), currency)
