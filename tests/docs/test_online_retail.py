"""The how-to on real data, step by step: 525,461 order lines of a gift retailer against the sandbox.

The counts were measured with the data set itself (UCI Online Retail II, 2009-2010, CC BY 4.0) and seed 7.
"""

import os
import runpy
from pathlib import Path

import pytest

from activator.briefing.run import brief, page_path
from activator.config.clock import SystemClock
from activator.config.workspace import open_workspace
from activator.ledger.store import LedgerReader
from activator.model.people import Outcome
from activator.setup import Answers, write_project
from activator.sync import Runner, apply_plan, make_plan
from connectors.sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ACTIVATOR_DATA_DIR") or ROOT.parent / "shared" / "data") / "online_retail_2009_2010.parquet"
MEMBERS = {"high": 775, "mid": 1184, "low": 1195, "suppressed": 772}


@pytest.mark.skipif(not DATA.is_file(), reason="the data set is not part of the repository; see ACTIVATOR_DATA_DIR")
def test_the_online_retail_how_to(tmp_path: Path) -> None:
    folder = tmp_path / "gift-shop"
    folder.mkdir()
    script = runpy.run_path(str(ROOT / "docs" / "how-to" / "online_retail_contacts.py"))
    assert script["write_contacts"](DATA, folder / "contacts.csv") == 4383
    with Sandbox(tmp_path / "sandbox", settle_seconds=0.05, currency="GBP", time_zone="Europe/London") as sandbox:
        runner = set_up(folder, sandbox)
        plan, plan_folder = make_plan(runner)
        rows = {(count.source, count.outcome, count.reason): count.rows for count in plan.sources}
        assert rows == {
            ("contacts", Outcome.MEMBER, ""): 3926,
            ("contacts", Outcome.NO_CONSENT, "consent denied"): 315,
            ("contacts", Outcome.NO_CONSENT, "consent unknown"): 142,
            ("online_retail_2009_2010", Outcome.MERGED, ""): 417_534,
            (
                "online_retail_2009_2010",
                Outcome.NO_IDENTIFIER,
                "no e-mail address, phone or customer id",
            ): 107_927,
        }
        assert sum(rows.values()) == 4383 + 525_461
        assert {tier.tier: tier.people for tier in plan.tiers} == {
            "high": 877,
            "mid": 1315,
            "low": 1314,
            "suppressed": 877,
        }
        assert sum(tier.value_minor for tier in plan.tiers) == 834_820_856

        assert apply_plan(runner, plan, plan_folder).exit_code == 0
        sandbox.settle()
        assert members(folder, sandbox, "meta") == members(folder, sandbox, "google") == MEMBERS
        assert make_plan(Runner(open_workspace(folder), SystemClock()))[0].changes == ()

        assert brief(runner.workspace, runner.clock, pull=True, deliver=False).flags == ()
        assert page_path(runner.workspace).is_file()


def set_up(folder: Path, sandbox: Sandbox) -> Runner:
    """Steps 2 to 4 of the how-to: sandbox settings, the adapted mapping, and the project file."""
    env = folder / ".env"
    env.touch(mode=0o600)
    env.write_text("".join(f"{name}={value}\n" for name, value in sandbox.settings().items()), encoding="utf-8")
    ids = sandbox.identities()
    answers = Answers(
        name="Gift Shop",
        currency="GBP",
        time_zone="Europe/London",
        country="GB",
        landing_url="https://www.example.com/",
        meta_account=ids["meta_account_id"],
        meta_page=ids["meta_page_id"],
        meta_pixel=ids["meta_pixel_id"],
        google_customer=ids["google_customer_id"],
        customer_match_terms_accepted=True,
        eu_political_ads=False,
    )
    write_project(folder, [folder / "contacts.csv", DATA], answers, SystemClock().now().date())
    mapping = folder / "mappings" / "generic_contacts.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("id_space: customer", "id_space: retail"))
    return Runner(open_workspace(folder), SystemClock())


def members(folder: Path, sandbox: Sandbox, platform: str) -> dict[str, int]:
    """Members of each audience on the platform, by tier."""
    ledger = LedgerReader(folder / ".activator", SystemClock())
    try:
        return {
            key.removeprefix("audience/"): sandbox.member_count(platform, owned.platform_id)
            for key, owned in ledger.owned(platform).items()
            if owned.kind == "audience" and owned.platform_id is not None
        }
    finally:
        ledger.close()
