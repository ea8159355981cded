"""Presets, planned against both platforms: exactly the audiences, ad sets and texts they promise."""

import csv
import uuid
from collections import Counter
from pathlib import Path

import pytest

from activator.config.clock import SystemClock
from activator.config.workspace import open_workspace
from activator.model.ads import AdSpec, AudienceSpec, GroupSpec
from activator.model.plan import CreateObject, Plan
from activator.setup import Answers, write_project
from activator.sync import Runner, make_plan
from connectors.sandbox.server import Sandbox

PEOPLE = range(1, 701)  # the n-th has spent 100 x n


def plan_of(folder: Path, sandbox: Sandbox, preset: str) -> Plan:
    env = folder / ".env"
    env.touch(mode=0o600)
    env.write_text("".join(f"{name}={value}\n" for name, value in sandbox.settings().items()), encoding="utf-8")
    with (folder / "contacts.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        consents = ["consent_ad_user_data", "consent_ad_personalization"]
        writer.writerow(["customer_id", "email", "first_name", "last_name", "country", *consents])
        writer.writerows([who, f"p{who}@example.com", "Ada", "Baker", "DE", "granted", "granted"] for who in PEOPLE)
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["order_id", "customer_id", "ordered_at", "amount", "currency"])
        writer.writerows([who, who, f"2026-{1 + who % 10:02d}-01", 100 * who, "EUR"] for who in PEOPLE)
    ids = sandbox.identities()
    answers = Answers(
        name=f"Shop {uuid.uuid4().hex[:8]}",
        currency="EUR",
        time_zone="Europe/Berlin",
        country="DE",
        landing_url="https://www.example.com/",
        meta_account=ids["meta_account_id"],
        meta_page=ids["meta_page_id"],
        meta_pixel=ids["meta_pixel_id"],
        google_customer=ids["google_customer_id"],
        eu_political_ads=False,
        preset=preset,
    )
    write_project(folder, [folder / "contacts.csv", folder / "orders.csv"], answers, SystemClock().now().date())
    path = folder / "activator.yaml"  # this sandbox holds shops of every size; the platforms' minimum is not the matter
    path.write_text(
        path.read_text(encoding="utf-8").replace("    strategy:", "    audience_people_min: 1\n    strategy:")
    )
    return make_plan(Runner(open_workspace(folder), SystemClock()))[0]


def made(plan: Plan, destination: str) -> tuple[list[str], list[str], Counter[str]]:
    """Tiers with an audience, tiers with an ad set, and how many ads each of those has."""
    specs = [one.spec for one in plan.changes if isinstance(one, CreateObject) and one.destination == destination]
    ads = Counter(spec.group_key.removeprefix("group/") for spec in specs if isinstance(spec, AdSpec))
    audiences = [spec.tier for spec in specs if isinstance(spec, AudienceSpec)]
    return audiences, [spec.tier for spec in specs if isinstance(spec, GroupSpec)], ads


@pytest.mark.parametrize(
    ("preset", "audiences", "groups"),
    [
        ("small-team", ["high", "other"], ["high", "other"]),
        ("retail", ["high", "mid", "low", "suppressed"], ["high", "mid", "low"]),
        ("b2b", ["key", "growth", "small", "long_tail"], ["key", "growth", "small"]),
        ("one-split-60-days", ["high"], ["high"]),
    ],
)
def test_a_preset_plans_what_it_says(
    tmp_path: Path, sandbox: Sandbox, preset: str, audiences: list[str], groups: list[str]
) -> None:
    plan = plan_of(tmp_path, sandbox, preset)
    assert not plan.refused
    for destination in ("meta", "google"):
        found = made(plan, destination)
        assert found[:2] == (audiences, groups)
        assert set(found[2].values()) == {2}, "two texts per ad set"
    assert plan.valuing.rules[0].tier == audiences[0]
    if preset == "retail":
        assert plan.valuing.method
    if preset == "b2b":
        assert [tier.people for tier in plan.tiers] == [201, 400, 90, 9]
