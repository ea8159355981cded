"""A small shop with everything a sync needs, and ways to change it overnight."""

import csv
import os
from dataclasses import dataclass, field
from pathlib import Path

from activator.config.clock import SystemClock
from activator.config.workspace import open_workspace
from activator.sync import Runner
from connectors.sandbox.server import Sandbox
from tests.projects import PROJECT

GOOGLE = """\
  google:
    connector: google
    account_id: "{customer}"
    landing_url: https://shop.example.com/
    countries: [DE]
    strategy: manual_cpc
    daily_budget: "80.00"
    audience_people_min: 1
    tiers:
      high: {{bid: {{amount: "1.20", modifier: "1.6"}}}}
      mid: {{bid: {{amount: "0.80"}}}}
      low: {{bid: {{amount: "0.40"}}}}
    options:
      targeting: targeting
      contains_eu_political_advertising: false
      customer_match_terms_accepted: true
      languages: [de]
      keywords: [{{text: rucksack}}]
"""


@dataclass
class Shop:
    """A project folder. people: number -> (spent in euros, consent)."""

    folder: Path
    project_id: str
    sandbox: Sandbox
    people: dict[int, tuple[int, str]] = field(default_factory=dict)

    def open(self, *, google: bool = True) -> Runner:
        """Write project, settings and exports; returns a runner on them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ids = self.sandbox.identities()
        text = PROJECT.replace("nordlicht-1", self.project_id)
        text = text.replace("1234567890123456", ids["meta_account_id"]).replace("1122334455", ids["meta_page_id"])
        text = text.replace("99887766", ids["meta_pixel_id"])
        if google:
            text = text.replace("guards:", GOOGLE.format(customer=ids["google_customer_id"]) + "guards:", 1)
        (self.folder / "activator.yaml").write_text(text, encoding="utf-8")
        env = self.folder / ".env"
        env.touch(mode=0o600)
        env.write_text("".join(f"{name}={value}\n" for name, value in self.sandbox.settings().items()))
        self.export()
        return self.runner()

    def runner(self) -> Runner:
        """A runner as a new command would make it."""
        return Runner(open_workspace(self.folder), SystemClock(), actor=f"test:{os.getpid()}")

    def export(self) -> None:
        """Write this morning's exports."""
        with (self.folder / "contacts.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["customer_id", "email", "consent_ad_user_data", "consent_ad_personalization"])
            for number, (_, consent) in self.people.items():
                writer.writerow([number, f"person{number}@example.com", consent, consent])
        with (self.folder / "orders.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["order_id", "customer_id", "ordered_at", "amount", "currency"])
            for number, (spent, _) in self.people.items():
                writer.writerow([f"o{number}", number, "2026-11-01", f"{spent}.00", "EUR"])

    def suppress(self, number: int) -> None:
        """Put one person on a suppression list, named in the project from now on."""
        (self.folder / "never.csv").write_text(f"E-Mail\nPERSON{number}@example.com\n", encoding="utf-8")
        path = self.folder / "activator.yaml"
        listed = "suppressions: [{name: never, path: never.csv}]\nidentity:"
        path.write_text(path.read_text(encoding="utf-8").replace("identity:", listed, 1), encoding="utf-8")

    def members(self, platform: str) -> dict[str, int]:
        """Members of each audience on the platform now, by tier."""
        self.sandbox.settle()
        from activator.ledger.store import LedgerReader

        ledger = LedgerReader(self.runner().workspace.ledger_place, SystemClock())
        try:
            return {
                key.removeprefix("audience/"): self.sandbox.member_count(platform, owned.platform_id)
                for key, owned in ledger.owned(platform).items()
                if owned.kind == "audience" and owned.platform_id is not None
            }
        finally:
            ledger.close()


def twenty_people() -> dict[int, tuple[int, str]]:
    """Twenty customers who spent 100, 200 ... 2000: tiers of 4, 6, 6 and 4."""
    return {number: (number * 100, "granted") for number in range(1, 21)}
