"""What new customers count, from the project file to the account: shown before, made once, changed, taken back."""

from dataclasses import replace

import pytest
import yaml

from activator.cli.preview import show_plan
from activator.errors import ConfigurationError
from activator.model.ads import CampaignSpec
from activator.model.naming import marker
from activator.model.plan import CreateObject, Plan, UpdateObject
from activator.sync import apply_plan, make_plan
from connectors.sandbox.google.account import Account
from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop


def bids_by_value(shop: Shop, value: str | None, **options: object) -> None:
    """The shop's Google campaign bids by value, also for strangers."""
    path = shop.folder / "activator.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    google = document["destinations"]["google"]
    google |= {"strategy": "target_roas", "tiers": {"high": {"bid": {"roas": "4", "value_rule": "1.5"}}}}
    google |= {"acquisition": {"in_market": ["80432"]}, "new_customer_value": value}
    google["options"] |= {"customer_types": {"high": ["purchasers", "high_value_customers"]}, **options}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def sync(shop: Shop) -> Plan:
    runner = shop.runner()
    plan, folder = make_plan(runner)
    assert apply_plan(runner, plan, folder).complete
    return plan


def campaigns(plan: Plan) -> list[CreateObject | UpdateObject]:
    changes = [change for change in plan.changes if isinstance(change, CreateObject | UpdateObject)]
    return [c for c in changes if c.destination == "google" and isinstance(c.spec, CampaignSpec)]


def links(shop: Shop, sandbox: Sandbox) -> list[float]:
    """What our campaign counts a first sale for, on the platform."""
    account = Account(sandbox.state, sandbox.identities()["google_customer_id"])
    names = {
        it.resource_name for it in account.live("campaign") if marker(shop.project_id, "google", "campaign") in it.name
    }
    return [
        it.campaign_new_customer_acquisition_settings.value_settings_override.additional_value
        for it in account.live("campaign_goal_config")
        if it.campaign in names
    ]


def test_it_is_shown_made_once_changed_and_taken_back(
    shop: Shop, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.open()
    bids_by_value(shop, "20.00")
    plan = sync(shop)
    (made,) = campaigns(plan)
    assert isinstance(made.spec, CampaignSpec)
    assert made.spec.new_customer_value_minor == 2_000
    show_plan(replace(plan, changes=(made,)), shop.folder, "EUR")
    assert "20.00 on top of a new customer's first sale" in " ".join(capsys.readouterr().out.split())
    assert links(shop, sandbox) == [20.0]
    assert make_plan(shop.runner())[0].changes == ()

    bids_by_value(shop, "32.50")
    (changed,) = campaigns(sync(shop))
    assert isinstance(changed, UpdateObject)
    assert dict(changed.differences) == {"new_customer_value_minor": (2_000, 3_250)}
    assert links(shop, sandbox) == [32.5]

    bids_by_value(shop, None)
    sync(shop)
    assert links(shop, sandbox) == []
    assert make_plan(shop.runner())[0].changes == ()


def test_what_would_count_customers_twice_or_nobody_is_refused(shop: Shop) -> None:
    shop.open()
    bids_by_value(shop, "20.00", customer_types={})
    with pytest.raises(ConfigurationError, match="people of tier high as new customers"):
        make_plan(shop.runner())
    bids_by_value(shop, "20.00")
    path = shop.folder / "activator.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["destinations"]["meta"]["new_customer_value"] = "20.00"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"meta\.new_customer_value: only target_roas"):
        make_plan(shop.runner())


def test_a_campaign_made_without_its_value_gets_it_in_the_same_apply(shop: Shop, sandbox: Sandbox) -> None:
    shop.open()
    bids_by_value(shop, "20.00")
    runner = shop.runner()
    plan, folder = make_plan(runner)
    sandbox.fault("reset", "google", 1, "MutateCampaignGoalConfigs")

    assert apply_plan(runner, plan, folder).complete
    assert links(shop, sandbox) == [20.0]
    assert make_plan(shop.runner())[0].changes == ()
