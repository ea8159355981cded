"""Project files to begin with: each plans exactly what it promises."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from activator.config.copy import CopySection
from activator.config.presets import PRESETS, SMALL_TEAM, Preset
from activator.config.project import Project, load_project
from activator.config.starter import Starter, StarterSource, project_text
from activator.config.workspace import open_workspace
from activator.errors import ConfigurationError
from activator.model.plan import TierMotivation
from activator.model.valuing import Basis
from activator.plan.desired import Desired, desired_objects
from activator.plan.destinations import open_destination
from activator.setup import Answers, write_project
from mappings.copy_library import copy_for
from tests.clocks import ManualClock

STARTER = Starter(
    name="Nordlicht",
    currency="EUR",
    time_zone="Europe/Berlin",
    country="DE",
    landing_url="https://shop.example.com/",
    sources=[StarterSource("orders", "orders.csv", "generic_orders")],
    variants=[
        CopySection.model_validate(text)
        for motivation in ("status", "efficiency", "generic")
        for text in copy_for(motivation, "Nordlicht")
    ],
)


def project(folder: Path, preset: Preset, **motivations: str) -> Project:
    path = folder / "activator.yaml"
    path.write_text(project_text(replace(STARTER, preset=preset, tier_motivations=motivations)), encoding="utf-8")
    return load_project(path)[0]


def planned(made: Project, destination: str) -> Desired:
    """What would be created there, when every tier's answers speak of enjoyment."""
    found = {tier.name: TierMotivation(tier.name, "one", ("enjoyment",), 99, 0.6, 0.5) for tier in made.tiers}
    return desired_objects(made, destination, {"meta": "group", "google": "campaign"}[destination], found)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_preset_is_a_project_file_without_a_fault(tmp_path: Path, preset: Preset) -> None:
    made = project(tmp_path, preset)
    assert [tier.name for tier in made.tiers] == [tier.name for tier in preset.tiers]
    assert all(desired.specs for desired in (planned(made, "meta"), planned(made, "google")))
    remembering = [tier.remembers for tier in made.tiers[:-1]]
    assert all(remembering)


@pytest.mark.parametrize("destination", ["meta", "google"])
def test_small_team_is_two_tiers_of_one_motivation_each(tmp_path: Path, destination: str) -> None:
    """One ad set and two texts more, per platform, than one audience with two texts."""
    made = planned(project(tmp_path, SMALL_TEAM, high="status", other="efficiency"), destination)
    assert [audience.tier for audience in made.audiences] == ["high", "other"]
    assert [group.tier for group in made.groups] == ["high", "other"]
    said = [(ad.group_key, ad.variant.motivation) for ad in made.ads]
    assert said == [("group/high", "status")] * 2 + [("group/other", "efficiency")] * 2


def test_b2b_tiers_are_amounts_and_the_long_tail_is_kept_out(tmp_path: Path) -> None:
    made = project(tmp_path, PRESETS["b2b"])
    limits = [(tier.name, tier.at_least, tier.stay_at_least, tier.suppress) for tier in made.tiers]
    assert limits == [
        ("key", 50_000, 45_000, False),
        ("growth", 10_000, 9_000, False),
        ("small", 1_000, 900, False),
        ("long_tail", None, None, True),
    ]


def test_retail_goes_by_what_is_expected_and_closes_tiers_that_are_too_small(tmp_path: Path) -> None:
    made = project(tmp_path, PRESETS["retail"])
    assert made.value.basis is Basis.PREDICTED
    assert [tier.people_min for tier in made.tiers] == [100, 100, 0, 0]


@pytest.mark.parametrize("destination", ["meta", "google"])
def test_one_split_addresses_one_tier_and_keeps_a_tenth_out_to_measure_by(tmp_path: Path, destination: str) -> None:
    made = project(tmp_path, PRESETS["one-split-60-days"], high="status")
    desired = planned(made, destination)
    assert [group.tier for group in desired.groups] == ["high"]
    assert {ad.variant.motivation for ad in desired.ads} == {"status"}
    assert made.holdout is not None
    assert str(made.holdout.share) == "0.10"
    assert made.segment_checks.review_days == 60


def exports(folder: Path, customers: int) -> list[Path]:
    """Customers, dear ones first, half of whom say why they buy: the dear for time saved, the others for the price."""
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["order_id", "customer_id", "email", "ordered_at", "amount", "currency"])
        for who in range(customers):
            writer.writerow([who, who, f"p{who}@example.com", "2026-11-01", 10_000 - who, "EUR"])
    with (folder / "survey.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["email", "answered_at", "score", "comment", "language"])
        for who in range(0, customers, 2):
            said = "It saves me a lot of time every week." if who < customers / 5 else "Good value for money, so cheap."
            writer.writerow([f"p{who}@example.com", "2026-10-01", 9, said, "en"])
    return [folder / "orders.csv", folder / "survey.csv"]


TODAY = date(2026, 12, 1)
ANSWERS = Answers("Nordlicht", "EUR", "Europe/Berlin", "DE", "https://shop.example.com/", preset="small-team")


def test_small_team_takes_the_motivation_each_tier_speaks_of(tmp_path: Path) -> None:
    write_project(tmp_path, exports(tmp_path, 500), ANSWERS, TODAY)
    made, _ = load_project(tmp_path / "activator.yaml")
    assert [tier.motivation for tier in made.tiers] == ["efficiency", "price"]
    assert {variant.motivation for variant in made.copy_variants} == {"efficiency", "price", "generic"}


def test_below_three_hundred_customers_texts_stay_generic_and_the_reason_is_told(tmp_path: Path) -> None:
    written = write_project(tmp_path, exports(tmp_path, 299), ANSWERS, TODAY)
    made, _ = load_project(tmp_path / "activator.yaml")
    assert [tier.motivation for tier in made.tiers] == [None, None]
    assert {variant.motivation for variant in made.copy_variants} == {"generic"}
    assert any("299 customers are fewer than 300" in change for change in written.changes)


@pytest.mark.parametrize(
    ("preset", "customers", "is_told"), [("standard", 299, True), ("standard", 300, False), ("small-team", 299, False)]
)
def test_a_new_project_of_few_customers_is_pointed_to_two_tiers(
    tmp_path: Path, preset: str, customers: int, is_told: bool
) -> None:
    written = write_project(tmp_path, exports(tmp_path, customers), replace(ANSWERS, preset=preset), TODAY)
    assert any("--preset small-team" in change for change in written.changes) is is_told


def test_orders_of_days_to_come_choose_no_texts(tmp_path: Path) -> None:
    written = write_project(tmp_path, exports(tmp_path, 500), ANSWERS, date(2026, 10, 31))
    assert written.motivations == ()
    assert any("no export holds a usable order" in change for change in written.changes)


@pytest.mark.parametrize("accepted", [False, True])
def test_a_new_project_says_of_terms_only_what_the_user_has_said(tmp_path: Path, *, accepted: bool) -> None:
    answers = replace(ANSWERS, customer_match_terms_accepted=accepted)
    written = write_project(tmp_path, exports(tmp_path, 3), answers, TODAY)
    made, _ = load_project(tmp_path / "activator.yaml")
    assert made.destinations["google"].options.get("customer_match_terms_accepted", False) is accepted
    assert any("Customer Match terms" in change for change in written.changes) is not accepted


@pytest.mark.parametrize("declared", [None, False, True])
def test_a_new_project_declares_only_what_the_user_has_declared(tmp_path: Path, declared: bool | None) -> None:
    written = write_project(tmp_path, exports(tmp_path, 3), replace(ANSWERS, eu_political_ads=declared), TODAY)
    made, _ = load_project(tmp_path / "activator.yaml")
    assert made.destinations["google"].options.get("contains_eu_political_advertising") is declared
    assert any("contains_eu_political_advertising" in change for change in written.changes) is (declared is None)


def test_nothing_is_planned_for_google_before_the_declaration(tmp_path: Path) -> None:
    write_project(tmp_path, exports(tmp_path, 3), ANSWERS, TODAY)
    with pytest.raises(ConfigurationError, match="contains_eu_political_advertising is required") as refused:
        open_destination(open_workspace(tmp_path), "google", ManualClock(), None)
    assert refused.value.next_step.startswith("Declare it yourself")


WRONG_ANSWERS: dict[str, dict[str, Any]] = {
    "--name": {"name": ""},
    "--currency": {"currency": "EURO"},
    "--time-zone": {"time_zone": "Mars/One"},
    "--country": {"country": "GERMANY"},
    "--landing-url": {"landing_url": "shop.example.com"},
    "--meta-account": {"meta_account": "my account"},
    "--meta-page": {"meta_page": "my page"},
    "--meta-pixel": {"meta_pixel": "my pixel"},
    "--google-customer": {"google_customer": "my account"},
}


@pytest.mark.parametrize("option", WRONG_ANSWERS)
def test_a_wrong_answer_is_named_by_its_option_and_leaves_nothing_behind(tmp_path: Path, option: str) -> None:
    answers = replace(ANSWERS, **WRONG_ANSWERS[option])
    with pytest.raises(ConfigurationError, match=f"{option} must be"):
        write_project(tmp_path / "new", exports(tmp_path, 3), answers, TODAY)
    assert not (tmp_path / "new").exists()


def test_a_preset_nobody_knows_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no preset `big`") as refused:
        write_project(tmp_path, exports(tmp_path, 3), replace(ANSWERS, preset="big"), TODAY)
    assert "small-team" in refused.value.next_step
