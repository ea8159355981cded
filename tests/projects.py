"""Project files for tests: one complete example, and ways to spoil it."""

from pathlib import Path

PROJECT = """\
version: 1
project: {name: Nordlicht, id: nordlicht-1}
time_zone: Europe/Berlin
currency: EUR
sources:
  - {name: contacts, path: contacts.csv, mapping: generic_contacts}
  - {name: orders, path: orders.csv, mapping: generic_orders}
identity: {default_country: DE}
tiers:
  - {name: high, top_share: 0.20}
  - {name: mid, top_share: 0.50}
  - {name: low, top_share: 0.80}
  - {name: rest, suppress: true}
copy:
  - name: plain_a
    motivation: generic
    headlines: [Back outside, Made to last, See what is new]
    descriptions: [Gear for every season., Free returns for 60 days.]
    message: The new season is here.
destinations:
  meta:
    connector: meta
    account_id: "1234567890123456"
    landing_url: https://shop.example.com/
    countries: [DE]
    strategy: lowest_cost
    audience_people_min: 1
    tiers:
      high: {daily_budget: "60.00"}
      mid: {daily_budget: "30.00"}
      low: {daily_budget: "10.00"}
    options: {page_id: "1122334455", pixel_id: "99887766", dsa_beneficiary: Nordlicht, dsa_payor: Nordlicht}
guards: {daily_budget_max: "500.00"}
schedules:
  - {name: nightly, run: sync, at: "02:30"}
"""


def write_project(folder: Path, text: str = PROJECT) -> Path:
    """The project file in folder."""
    path = folder / "activator.yaml"
    path.write_text(text, encoding="utf-8")
    return path
