"""Normalise and hash: our engine expressions against facebook-business' own normaliser and a plain Python loop.

Run: .venv/bin/python benchmarks/people.py --rows 1000000
Everything is generated from a seed; the three ways see the same values in the same run, one after the other. The peers
run on a sample of the rows (--peer-rows), since they are slow; rates are per row, so they compare.
"""

import argparse
import hashlib
import platform
import tempfile
import time
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
from facebook_business.adobjects.serverside.normalize import Normalize

from activator.people.engine import Engine, open_engine
from activator.people.identifiers import digest
from activator.people.identifiers.email import address, google_form
from activator.people.identifiers.hashing import hashed_once

DOMAINS = ("example.com", "Example.org", "GMAIL.com", "googlemail.com", "example.net")


def values(rows: int, seed: int) -> tuple[list[str], list[str]]:
    """E-mails of mixed case with dots and tags, and German mobile numbers in national spelling."""
    random = np.random.default_rng(seed)
    numbers = random.integers(0, 10**9, rows)
    kinds = random.integers(0, len(DOMAINS), rows)
    tags = random.integers(0, 10, rows)
    emails = [
        f" First.Last{number}{'+news' if tag == 0 else ''}@{DOMAINS[kind]}"
        for number, kind, tag in zip(numbers, kinds, tags, strict=True)
    ]
    phones = [f"0151 {10_000_000 + int(number) % 89_999_999}" for number in numbers]
    return emails, phones


def ours(engine: Engine, emails: list[str], phones: list[str] | None) -> float:
    """Seconds to compute every digest in the engine, in the steps of the pipeline, the values being loaded already."""
    table = engine.materialise("values", ibis.memtable(pa.table({"email": emails, "phone": phones or emails})))
    plain = engine.staged(table, plain=address(table.email))
    written = engine.staged(plain, written=google_form(plain.plain))
    columns = {"email": hashed_once(written.written)}
    if phones is not None:
        columns["phone"] = digest("google", "phone", written.phone, ibis.literal("DE"))
    began = time.perf_counter()
    hashed = engine.materialise("hashed", written.select(**columns))
    seconds = time.perf_counter() - began
    assert hashed.count().to_pyarrow().as_py() == len(emails)
    return seconds


def facebook(emails: list[str], phones: list[str] | None) -> float:
    """Seconds of facebook-business' server-side normaliser plus SHA-256."""
    began = time.perf_counter()
    for email in emails:
        Normalize.normalize("em", email, True)
    for phone in phones or ():
        Normalize.normalize("ph", f"49{phone[1:]}", True)
    return time.perf_counter() - began


def python_loop(emails: list[str], phones: list[str] | None) -> float:
    """Seconds of the full e-mail rule (and a digits-only phone rule, which is no rule) in a plain loop."""
    began = time.perf_counter()
    for email in emails:
        local, _, domain = email.strip().lower().partition("@")
        if domain in ("gmail.com", "googlemail.com"):
            local = local.partition("+")[0].replace(".", "")
        hashlib.sha256(f"{local}@{domain}".encode()).hexdigest()
    for phone in phones or ():
        digits = "".join(char for char in phone if char.isdigit()).lstrip("0")
        hashlib.sha256(f"+49{digits}".encode()).hexdigest()
    return time.perf_counter() - began


def report(label: str, way: str, rows: int, seconds: float) -> None:
    """One line of the table."""
    print(f"{label:<16} {way:<28} {rows / seconds:>12,.0f}")


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--peer-rows", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=7)
    given = arguments.parse_args()
    emails, phones = values(given.rows, given.seed)
    few = min(given.rows, given.peer_rows)
    print(f"{platform.machine()}, Python {platform.python_version()}, {given.rows:,} rows, peers on {few:,}")
    print(f"{'what':<16} {'way':<28} {'rows/s':>12}")
    with tempfile.TemporaryDirectory() as scratch, open_engine(Path(scratch)) as engine:
        for label, numbers in (("e-mail", None), ("e-mail + phone", phones)):
            report(label, "activator (DuckDB)", given.rows, ours(engine, emails, numbers))
            for way, run in (("facebook-business Normalize", facebook), ("plain Python loop", python_loop)):
                report(label, way, few, run(emails[:few], None if numbers is None else numbers[:few]))


if __name__ == "__main__":
    main()
