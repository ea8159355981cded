"""Make up contact details for the customers of UCI "Online Retail II", which has none.

    python docs/how-to/online_retail_contacts.py online_retail_2009_2010.parquet contacts.csv

Every address is at example.com, a domain that belongs to nobody (RFC 2606). The same seed makes the same file.
"""

import argparse
import csv
import random
from pathlib import Path

import duckdb

HEADER = (
    "customer_id",
    "email",
    "first_name",
    "last_name",
    "country",
    "consent_ad_user_data",
    "consent_ad_personalization",
)
FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Grace", "Hugo", "Ivy", "Jack", "Kate", "Liam")
LAST_NAMES = ("Archer", "Baker", "Carter", "Dyer", "Fisher", "Glover", "Mason", "Potter", "Shepherd", "Tailor")
# The data set's own names of countries that no list of countries knows; they are left empty.
NOT_A_COUNTRY = ("Unspecified", "European Community", "Channel Islands", "West Indies")
CONSENT = ("granted", "denied", "unknown")
CONSENT_WEIGHTS = (90, 7, 3)


def main() -> None:
    """Read the customers, write their invented contacts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("orders", type=Path, help="online_retail_2009_2010.parquet")
    parser.add_argument("contacts", type=Path, help="CSV to write")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    written = write_contacts(given.orders, given.contacts, given.seed)
    print(f"{written:,} contacts in {given.contacts}")  # noqa: T201


def write_contacts(orders: Path, contacts: Path, seed: int = 7) -> int:
    """One contact for each customer with an id; returns how many. A customer seen in two countries gets the first."""
    lines = duckdb.read_parquet(str(orders)).filter('"Customer ID" IS NOT NULL')
    customers = (
        lines.aggregate('CAST("Customer ID" AS BIGINT) AS customer, min("Country")').order("customer").fetchall()
    )
    chance = random.Random(seed)  # noqa: S311 - invents people, guards nothing
    with contacts.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for customer, country in customers:
            first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
            consent = chance.choices(CONSENT, CONSENT_WEIGHTS)[0]
            email = f"{first}.{last}.{customer}@example.com".lower()
            place = "" if country in NOT_A_COUNTRY else country
            writer.writerow((customer, email, first, last, place, consent, consent))
    return len(customers)


if __name__ == "__main__":
    main()
