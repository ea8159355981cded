"""A plan says what it takes of Google's operations of a day, and it takes no more than that."""

from dataclasses import replace

import pytest

from activator.model.ads import RemoteObject
from activator.model.delivery import Operation
from activator.model.plan import Change, ChangeMembers, CreateObject, PauseObject, PlannedBatch, UpdateObject
from connectors.google.costs import operations_of, words_of_cost
from connectors.google.options import read_options
from tests.unit.google_platform import OPTIONS
from tests.unit.google_specs import AD, CAMPAIGN, GOLD, GROUP

GOOGLE = read_options("google", OPTIONS)
UPLOAD = ChangeMembers("google", "audience/gold", Operation.ADD, False, 3, (PlannedBatch(1, "f", "d", 3),))
CAMPAIGN_MADE = 5 + 2 + 1  # label looked up, made, attached; budget, campaign; two countries, one language


@pytest.mark.parametrize(
    ("change", "operations"),
    [
        (CreateObject("google", GOLD), 0),
        (CreateObject("google", CAMPAIGN), CAMPAIGN_MADE),
        (CreateObject("google", replace(CAMPAIGN, new_customer_value_minor=2_000)), CAMPAIGN_MADE + 5),
        (CreateObject("google", GROUP), 3 + 1 + 2),
        (CreateObject("google", AD), 2),
        (UpdateObject("google", GOLD, {"description": ("a", "b")}), 0),
        (UpdateObject("google", CAMPAIGN, {"countries": (("DE", "AT"), ("DE", "CH"))}), 2 + 2),
        (UpdateObject("google", CAMPAIGN, {"new_customer_value_minor": (None, 2_000)}), 2 + 5),
        (UpdateObject("google", GOLD, {"customer_types": (("purchasers",), ("all_customers", "purchasers"))}), 1),
        (UpdateObject("google", GROUP, {"bid": ("a", "b"), "keywords": ((), ("exact: a", "exact: b"))}), 4 + 3),
        (UpdateObject("google", AD, {"headlines": (("a",), ("b",))}), 1 + 2),
        (PauseObject("google", RemoteObject("ad", "ad/gold/warm", "8", "warm", "ENABLED")), 2),
        (PauseObject("google", RemoteObject("group", "group/gold", "7", "gold", "ENABLED")), 1),
        (UPLOAD, 0),
    ],
)
def test_operations_of_each_change(change: Change, operations: int) -> None:
    assert operations_of(change, GOOGLE) == operations


def test_a_plan_says_what_it_takes_and_what_is_left_of_the_day() -> None:
    said = words_of_cost([CreateObject("google", CAMPAIGN), UPLOAD], GOOGLE, 2_880, 2_811)
    assert (
        said == "applying this takes about 16 operations of the Google Ads API, and 1 upload of members; "
        "2,811 of 2,880 a day are left"
    )
    assert words_of_cost([CreateObject("google", CAMPAIGN)], GOOGLE, 0, 0) == (
        "applying this takes about 16 operations of the Google Ads API"
    )
    assert words_of_cost([], GOOGLE, 2_880, 2_880) is None


@pytest.mark.parametrize(("left", "more"), [(4, "3 more days"), (0, "4 more days"), (14, "1 more day")])
def test_more_than_is_left_is_said_to_take_more_days(left: int, more: str) -> None:
    said = words_of_cost([CreateObject("google", CAMPAIGN)], GOOGLE, 4, left)
    assert said is not None
    assert said.endswith(f"so it stops when these are used up and goes on when applied again, on {more}")
