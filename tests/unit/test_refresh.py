"""Full refreshes: which audiences are meant, what cannot be refreshed, and what has to be accepted by name."""

from pathlib import Path

import pytest

from activator.config.project import Project, load_project
from activator.errors import ConfigurationError
from activator.model.ads import RemoteObject
from activator.model.plan import AudienceState, PlannedBatch, ReplaceMembers
from activator.plan.guards import GUARDS
from activator.plan.refresh import FULL_REFRESH, check_refreshes, read_refreshes, refresh_guards
from tests.platform import MemoryDestination
from tests.projects import PROJECT

THERE = {"audience/high": RemoteObject("audience", "audience/high", "501", "high", "ready")}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    path = tmp_path / "activator.yaml"
    second = PROJECT[PROJECT.index("  meta:") : PROJECT.index("guards:")].replace("  meta:", "  other:", 1)
    path.write_text(PROJECT.replace("guards:", f"{second}guards:", 1), encoding="utf-8")
    return load_project(path)[0]


def test_a_tier_means_its_audience_on_every_destination(project: Project) -> None:
    assert read_refreshes(project, ["high"]) == {"meta": {"audience/high"}, "other": {"audience/high"}}


def test_a_destination_and_a_tier_mean_one_audience(project: Project) -> None:
    assert read_refreshes(project, ["meta/high", "meta/rest"]) == {
        "meta": {"audience/high", "audience/rest"},
        "other": frozenset(),
    }


@pytest.mark.parametrize("asked", ["hihg", "google/high", "meta/", "", "meta/high/x"])
def test_an_audience_nobody_has_is_refused_with_those_there_are(project: Project, asked: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no such audience") as refused:
        read_refreshes(project, [asked])
    assert "meta/high" in refused.value.next_step


def test_a_connector_that_cannot_replace_is_named() -> None:
    with pytest.raises(ConfigurationError, match="the connector of meta cannot replace a list"):
        check_refreshes("meta", MemoryDestination(), {"audience/high"}, THERE)
    check_refreshes("meta", MemoryDestination(), (), THERE)  # nobody asks it to


@pytest.mark.parametrize(
    ("rows", "believed", "objections"),
    [
        (100, 5, []),
        (99, 5, ["the new list has 99 people; the platform delivers from 100"]),
        (100, 0, ["this ledger does not know who is in the list; whoever is not in the new one is taken out"]),
        (99, 0, ["the new list has 99", "this ledger does not know"]),
    ],
)
def test_too_few_people_and_an_unknown_list_have_to_be_accepted(
    rows: int, believed: int, objections: list[str]
) -> None:
    change = ReplaceMembers("meta", "audience/high", rows, (PlannedBatch(1, "f", "d", rows),))
    states = [AudienceState("meta", "audience/high", "high", believed, rows, rows, 0, 0)]

    found = refresh_guards([change], states, members_min=100)

    assert {(finding.guard, finding.subject, finding.accepted) for finding in found} <= {
        (FULL_REFRESH, "meta/audience/high", None)
    }
    assert [finding.message.startswith(words) for finding, words in zip(found, objections, strict=True)] == [
        True for _ in objections
    ]
    assert FULL_REFRESH in GUARDS
