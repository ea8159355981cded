"""Identifiers: normalise and hash, our engine expressions beside what others use, in the same run.

Run: .venv/bin/python -m benchmarks.identifiers --rows 10000000
Rows come from a seed and are made by the engine. Peers run on a sample (--peer-rows), being slow. Rates are per
row, so they compare; on a machine others use, compare CPU seconds. --only picks tables. --numbers 1000000 proves the
short way to a phone number against the parser instead of measuring.
"""

import argparse
import hashlib
import platform
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import phonenumbers
import polars as pl
import polars_hash as plh
import pyarrow as pa
from facebook_business.adobjects.serverside.normalize import Normalize

from activator.people.engine import Engine, open_engine
from activator.people.identifiers import normalised
from activator.people.identifiers.email import address, google_form, meta_form
from activator.people.identifiers.hashing import hashed_once
from activator.people.identifiers.phone import FILLER_PATTERNS, e164, settled
from activator.people.identifiers.phone_fast import country_code, decided
from benchmarks.phone_numbers import phone_numbers
from benchmarks.synthetic_people import REGIONS, people

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}")


@dataclass(frozen=True)
class Measured:
    """One way to do the work. count: rows done."""

    way: str
    count: int
    wall: float
    cpu: float

    def line(self, ours: "Measured | None") -> str:
        """One line of the table; the ratio is in CPU per row against ours."""
        per_row = self.cpu / self.count
        ratio = f"{per_row / (ours.cpu / ours.count):>9.1f}x" if ours else " " * 10
        return (
            f"  {self.way:<44} {self.count:>11,} {self.wall:>8.2f} {self.cpu:>8.2f} {self.count / self.wall:>12,.0f}"
            f" {per_row * 1e6:>8.2f} {ratio}"
        )


def measured(way: str, count: int, work: Callable[[], object]) -> Measured:
    """Wall and CPU seconds of one piece of work, over all its threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Measured(way, count, time.perf_counter() - wall, time.process_time() - cpu)


def told(title: str, ours: Measured, *peers: Measured) -> None:
    """A table of one kind of work."""
    print(f"{title}\n  {'way':<44} {'rows':>11} {'wall s':>8} {'CPU s':>8} {'rows/s':>12} {'CPU us':>8}  CPU/ours")
    for line in (ours.line(None), *(peer.line(ours) for peer in peers)):
        print(line)


def greatest(engine: Engine, table: ir.Table) -> None:
    """Compute every column of the table, and keep only one value of each."""
    engine.backend.to_pyarrow(table.agg(**{name: table[name].max() for name in table.columns}))


def email_digests(engine: Engine, rows: ir.Table) -> ir.Table:
    """Google's digest of every e-mail address, in the stages of the pipeline."""
    plain = engine.staged(rows.select("email"), plain=address(rows.email))
    written = engine.staged(plain, written=google_form(plain.plain))
    return written.select(digest=hashed_once(written.written))


def polars_digests(emails: pl.DataFrame) -> object:
    """The same rule in Polars, without fillers, Unicode and digests that come with an export."""
    text = pl.col("email").str.strip_chars().str.to_lowercase()
    parts = text.str.split_exact("@", 1)
    local, domain = parts.struct.field("field_0"), parts.struct.field("field_1")
    box = local.str.split("+").list.first().str.replace_all(".", "", literal=True)
    canonical = pl.when(domain.is_in(["gmail.com", "googlemail.com"])).then(box).otherwise(local) + "@" + domain
    good = text.str.contains(r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$")
    frame = emails.lazy().select(written=pl.when(good).then(canonical))
    return frame.select(plh.col("written").chash.sha2_256().max()).collect()


def python_loop(emails: Sequence[str]) -> None:
    """The same in a plain loop."""
    for email in emails:
        text = email.strip().lower()
        if not _ADDRESS.fullmatch(text):
            continue
        local, _, domain = text.partition("@")
        if domain in ("gmail.com", "googlemail.com"):
            local = local.partition("+")[0].replace(".", "")
        hashlib.sha256(f"{local}@{domain}".encode()).hexdigest()


def facebook(field: str, values: Sequence[str]) -> None:
    """facebook-business' server-side normaliser, which hashes too; what it refuses counts as done."""
    for value in values:
        try:
            Normalize.normalize(field, value, True)
        except (TypeError, ValueError):
            continue


def emails_measured(engine: Engine, rows: ir.Table, count: int, peer_rows: int) -> None:
    """E-mail addresses: normalise and hash."""
    ours = measured("activator", count, lambda: greatest(engine, email_digests(engine, rows)))
    frame = pl.DataFrame(pl.from_arrow(engine.backend.to_pyarrow(rows.select("email"))))
    sample = rows.select("email", "phone").limit(peer_rows).to_pyarrow()
    few, phones = sample["email"].to_pylist(), sample["phone"].to_pylist()

    def both() -> None:
        facebook("em", few)
        facebook("ph", phones)

    told(
        "e-mail: Google's form and SHA-256",
        ours,
        measured("Polars + polars-hash (rule without Unicode)", count, lambda: polars_digests(frame)),
        measured("plain Python loop, one core", len(few), lambda: python_loop(few)),
        measured("facebook-business Normalize, one core", len(few), lambda: facebook("em", few)),
        measured("facebook-business, per e-mail or phone", 2 * len(few), both),
    )


def located(engine: Engine, rows: ir.Table) -> ir.Table:
    """phone, region and code of every row, as `phone_book` hands them on."""
    numbers = rows.select("phone", region="country")
    return engine.materialise("located", numbers.mutate(code=country_code(numbers.region, REGIONS)))


def library(numbers: Sequence[tuple[str, str]]) -> None:
    """phonenumbers alone: parse, check, write."""
    for text, region in numbers:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phones_measured(engine: Engine, rows: ir.Table, peer_rows: int) -> None:
    """Phones: those the engine answers, and all of a first run."""
    numbers = located(engine, rows.filter(rows.phone != ""))
    count = int(numbers.count().to_pyarrow().as_py())
    quick = decided(engine.staged, numbers, REGIONS, FILLER_PATTERNS)
    answered = int(quick.filter(quick.quick.notnull()).count().to_pyarrow().as_py())
    few = [(row["phone"], row["region"]) for row in numbers.limit(peer_rows).to_pyarrow().to_pylist()]
    first = measured("activator, per number answered", answered, lambda: greatest(engine, quick.select("quick")))
    every = settled(engine.staged, numbers, REGIONS)
    whole = measured("activator, all: engine, then the parser", count, lambda: greatest(engine, every.select("e164")))
    peer = measured("phonenumbers, one core", len(few), lambda: library(few))
    told(f"phones: E.164, {answered / count:.1%} answered in the engine", first, peer)
    told("phones: all of a first run", whole, peer)


def nine_measured(engine: Engine, rows: ir.Table, count: int) -> None:
    """E-mail, phone, names, place and date of birth for Meta, digests included."""

    def work() -> None:
        numbers = rows.mutate(code=country_code(rows.country, REGIONS), region=rows.country)
        t = engine.staged(settled(engine.staged, numbers, REGIONS))
        t = engine.staged(t, plain=address(t.email))
        written = {
            "EMAIL": meta_form(t.plain),
            "PHONE": t.e164.replace("+", "").nullif(""),
            "FN": normalised("meta", "FN", t.first_name),
            "LN": normalised("meta", "LN", t.last_name),
            "CT": normalised("meta", "CT", t.city),
            "ST": normalised("meta", "ST", t.state, t.country),
            "ZIP": normalised("meta", "ZIP", t.postal_code, t.country),
            "COUNTRY": normalised("meta", "COUNTRY", t.country),
            "DOBY": normalised("meta", "DOBY", t.birth_date.left(4)),
        }
        forms = engine.staged(t.select(**written))
        greatest(engine, forms.select(**{name: hashed_once(forms[name]) for name in written}))

    told("nine identifiers per row, Meta's form", measured("activator", count, work))


def proved(engine: Engine, count: int, seed: int) -> None:
    """Hold the short way against the parser over about count generated numbers of all regions."""
    numbers = list(dict.fromkeys(phone_numbers(count, seed)))
    texts, regions = zip(*numbers, strict=True)
    known = sorted(phonenumbers.SUPPORTED_REGIONS)
    column = {"at": pa.array(range(len(texts))), "phone": pa.array(texts), "region": pa.array(regions)}
    table = engine.materialise("numbers", ibis.memtable(pa.table(column)))
    table = engine.materialise("coded", table.mutate(code=country_code(table.region, known)))
    quick = decided(engine.staged, table, known, FILLER_PATTERNS).order_by("at").quick.to_pyarrow().to_pylist()
    answered = [(*number, answer) for number, answer in zip(numbers, quick, strict=True) if answer is not None]
    wrong = sum(answer != (e164(text, region) or "") for text, region, answer in answered)
    print(f"{len(numbers):,} numbers of {len(known)} regions, {len(answered):,} answered in the engine, {wrong} wrong")


def main() -> None:
    """Print the tables, or the proof."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--peer-rows", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument(
        "--only", choices=("emails", "phones", "nine"), nargs="+", default=["emails", "phones", "nine"]
    )
    options.add_argument("--numbers", type=int, default=0, help="prove over so many numbers instead")
    given = options.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, {given.threads} threads, seed {given.seed}")
    with tempfile.TemporaryDirectory() as scratch, open_engine(Path(scratch), 4096, given.threads) as engine:
        if given.numbers:
            proved(engine, given.numbers, given.seed)
            return
        few = min(given.rows, 1_000_000)
        rows = people(engine, given.rows, given.seed)
        if "emails" in given.only:
            emails_measured(engine, rows, given.rows, given.peer_rows)
        some = engine.materialise("some", rows.limit(few))
        if "phones" in given.only:
            phones_measured(engine, some, given.peer_rows)
        if "nine" in given.only:
            nine_measured(engine, some, few)


if __name__ == "__main__":
    main()
