"""A/B studies at Meta: started once, found again, and refused before Meta would refuse them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.errors import ConfigurationError, OutcomeUnknownError, PermanentRefusalError
from activator.model.split_test import SplitCell, SplitTest
from activator.ports import SplitTesting
from tests.unit.meta_account import ACCOUNT, GRAPH, NOW, body, graph_error, named, opened, page, request, script

STUDIES = f"{GRAPH}/55/ad_studies"
OWNED = {"id": "act_1234567890", "business": {"id": "55", "name": "Brand"}}
TEST = SplitTest(
    key="spring",
    name="Tiers against one list",
    cells=(SplitCell("tiers", 50, campaign_ids=("900",)), SplitCell("one list", 50, group_ids=("801", "802"))),
    starts_at=NOW,
    ends_at=NOW + timedelta(days=14),
)
NAME = named("Tiers against one list", "study/spring")


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_meta_can_split(tmp_path: Path) -> None:
    assert isinstance(opened(tmp_path), SplitTesting)


def test_a_study_divides_people_between_its_cells(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", ACCOUNT, OWNED)
    script(graph, "GET", STUDIES, page({"id": "1", "name": "Somebody else's"}))
    script(graph, "POST", STUDIES, {"id": "66"})

    assert opened(tmp_path).start_split_test(TEST) == "66"

    form = body(request(graph.calls))
    start = int(NOW.timestamp())
    assert form == {
        "name": NAME,
        "type": "SPLIT_TEST",
        "start_time": str(start),
        "end_time": str(start + 14 * 86_400),
        "cells": [
            {"name": "tiers", "treatment_percentage": 50, "campaigns": ["900"]},
            {"name": "one list", "treatment_percentage": 50, "adsets": ["801", "802"]},
        ],
    }


def test_starting_it_again_finds_it(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", ACCOUNT, OWNED, OWNED)
    script(graph, "GET", STUDIES, page(), page({"id": "66", "name": NAME}))
    script(graph, "POST", STUDIES, (500, graph_error(2)))
    destination = opened(tmp_path)
    with pytest.raises(OutcomeUnknownError):
        destination.start_split_test(TEST)

    assert destination.start_split_test(TEST) == "66"


def test_two_of_the_same_key_are_refused(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", ACCOUNT, OWNED)
    script(graph, "GET", STUDIES, page({"id": "66", "name": NAME}, {"id": "67", "name": NAME}))

    with pytest.raises(PermanentRefusalError, match="66, 67"):
        opened(tmp_path).start_split_test(TEST)


def test_an_account_without_a_business_is_told_so(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", ACCOUNT, {"id": "act_1234567890"})

    with pytest.raises(PermanentRefusalError) as raised:
        opened(tmp_path).start_split_test(TEST)

    assert "business_management" in raised.value.next_step


@pytest.mark.parametrize(
    "change",
    [
        {"cells": (SplitCell("all", 100, campaign_ids=("900",)),)},
        {"cells": (SplitCell("a", 50, campaign_ids=("1",)), SplitCell("b", 49, campaign_ids=("2",)))},
        {"cells": (SplitCell("a", 100, campaign_ids=("1",)), SplitCell("b", 0, campaign_ids=("2",)))},
        {"cells": (SplitCell("a", 50, campaign_ids=("1",)), SplitCell("b", 50))},
        {"cells": (SplitCell("a", 50, campaign_ids=("1",)), SplitCell("b", 50, group_ids=("1",)))},
        {"ends_at": NOW},
    ],
)
def test_what_cannot_be_tested_is_refused_before_any_call(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        opened(tmp_path).start_split_test(replace(TEST, **change))
