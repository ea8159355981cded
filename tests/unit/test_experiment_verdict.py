"""Verdicts on experiments: published sample sizes and bounds, and each outcome."""

from pathlib import Path

import pytest

from activator.config.workspace import open_workspace
from activator.errors import ConfigurationError
from activator.experiments.records import record_verdict
from activator.experiments.verdict import Arm, Outcome, customers_per_arm, smallest_lift, verdict
from activator.ledger.overview import history
from activator.ledger.store import Ledger
from activator.ledger.terms import newest_verdicts, record
from activator.model.bidding import TierTerms
from tests.clocks import ManualClock
from tests.projects import write_project


@pytest.mark.parametrize(
    ("rate", "lift", "customers"),
    [
        (0.02, 0.20, 21_106),
        (0.02, 0.30, 9_795),
        (0.05, 0.20, 8_155),
        (0.05, 0.30, 3_778),
        (0.01, 0.20, 42_691),
        (0.01, 0.30, 19_824),
    ],
)
def test_sample_sizes_are_the_textbook_ones(rate: float, lift: float, customers: int) -> None:
    assert abs(customers_per_arm(rate, lift) - customers) <= 1


def test_a_small_tier_is_told_what_it_cannot_show() -> None:
    lift = smallest_lift(0.05, 1_500)
    assert lift is not None
    assert 0.45 <= lift <= 0.55
    assert smallest_lift(0.001, 10) is None


@pytest.mark.parametrize(
    ("combined", "look", "outcome"),
    [
        (Arm(10_000, 260), 3, Outcome.CONFIRMED),
        (Arm(10_000, 140), 3, Outcome.WORSE),
        (Arm(10_000, 205), 3, Outcome.NOT_IMPROVED),
        (Arm(10_000, 240), 1, Outcome.RUNNING),
        (Arm(8_000, 160), 3, Outcome.VOID),
    ],
)
def test_each_outcome(combined: Arm, look: int, outcome: Outcome) -> None:
    said = verdict(Arm(10_000, 200), combined, look=look, looks=3, planned_per_arm=9_795)
    assert said.outcome is outcome
    assert said.advice


def test_too_few_customers_say_nothing_about_the_profile() -> None:
    said = verdict(Arm(3_000, 60), Arm(3_010, 62), look=1, looks=1, planned_per_arm=9_795)
    assert said.outcome is Outcome.UNDERPOWERED


def test_an_early_look_needs_more_than_1_96() -> None:
    early = verdict(Arm(10_000, 200), Arm(10_000, 245), look=1, looks=3, planned_per_arm=9_795)
    assert early.z > 1.96
    assert early.outcome is Outcome.RUNNING


@pytest.mark.parametrize("arm", [(0, 0), (10, 11), (10, -1)])
def test_an_impossible_arm_is_refused(arm: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="responders"):
        Arm(*arm)


class TestRecording:
    """A recorded verdict is what later plans go by."""

    SAID = verdict(Arm(10_000, 200), Arm(10_000, 300), look=1, looks=1, planned_per_arm=10_000)

    def test_the_newest_word_on_a_tier_counts_and_is_in_the_audit_log(self, tmp_path: Path) -> None:
        write_project(tmp_path)
        workspace, clock = open_workspace(tmp_path), ManualClock()
        with Ledger(workspace.state, clock).writing() as connection:
            told = [TierTerms("meta", tier, None, None, 100, texts=f"told {tier}") for tier in ("high", "mid")]
            record(connection, clock, "plan", told)
        record_verdict(workspace, clock, "jane", "high", self.SAID, "first")
        worse = verdict(Arm(10_000, 300), Arm(10_000, 200), look=1, looks=1, planned_per_arm=10_000)
        record_verdict(workspace, clock, "jane", "high", worse, "second")
        record_verdict(workspace, clock, "jane", "mid", self.SAID, "third")
        with Ledger(workspace.state, clock).reading() as connection:
            found = {said.tier: (said.outcome, said.texts) for said in newest_verdicts(connection)}
            noted = [(line["action"], line["subject"], line["detail"][:9]) for line in history(connection)]
        assert found == {"high": ("worse", {"meta": "told high"}), "mid": ("confirmed", {"meta": "told mid"})}
        assert noted[0] == ("verdict", "mid", "confirmed")

    def test_before_anything_is_told_there_is_nothing_to_judge(self, tmp_path: Path) -> None:
        write_project(tmp_path)
        with pytest.raises(ConfigurationError, match="no applied plan tells tier `high` anything"):
            record_verdict(open_workspace(tmp_path), ManualClock(), "jane", "high", self.SAID, "")

    def test_a_tier_the_project_has_not_is_refused(self, tmp_path: Path) -> None:
        write_project(tmp_path)
        with pytest.raises(ConfigurationError, match="there is no tier `hihg`"):
            record_verdict(open_workspace(tmp_path), ManualClock(), "jane", "hihg", self.SAID, "")
