"""Generated exports for benchmarks/pipeline.py: contacts and orders as Parquet or CSV, the same for the same numbers.

People live in twelve countries; 8 % of the contacts are somebody who is in the export already, mostly under another
spelling of the address; about 6 % of the addresses are unusable, and a quarter of the phones. A few customers order
much more than the rest. The shares are invented: what real exports hold differs.
"""

from pathlib import Path

import duckdb

COUNTRIES = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "AU", "PL", "SE", "CA")
# National spellings by country; # is a digit.
PHONES = (
    "(212) 55#-####", "07### ######", "0151 ########", "06 ## ## ## ##", "6## ### ###", "347 #######", "06########",
    "(11) 9####-####", "04## ### ###", "5## ### ###", "070-### ## ##", "416-5##-####",
)  # fmt: skip
DOMAINS = ("gmail.com", "example.com", "example.org", "googlemail.com", "mail.example.net", "post.example.de")
FIRST = ("Anna", "Ben", "Chloé", "David", "Emma", "François", "Grace", "Hugo", "Inès", "Jürgen", "Kim", "Łukasz")
LAST = ("Smith", "Müller", "García", "Rossi", "Silva", "Nowak", "de Vries", "O'Brien", "Johansson", "Dupont")
CITIES = ("London", "Berlin", "São Paulo", "New York", "Kraków", "Paris", "Roma", "Malmö", "Sydney", "Toronto")
UNUSABLE = ("n/a", "test@test.com", "missing-at.example.com", "jane@", "NULL", "")


def exports(folder: Path, contacts: int, orders: int, kind: str) -> tuple[Path, Path]:
    """The two files, generated unless they are there already. kind: parquet or csv."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"contacts-{contacts}.{kind}", folder / f"orders-{contacts}-{orders}.{kind}"
    for path, query in zip(paths, (contacts_sql(contacts), orders_sql(contacts, orders)), strict=True):
        if not path.exists():
            _write(path, query)
    return paths


def _write(path: Path, query: str) -> None:
    unfinished = path.with_suffix(".part")
    how = "(FORMAT parquet, ROW_GROUP_SIZE 200000)" if path.suffix == ".parquet" else "(FORMAT csv, HEADER)"
    spilt = str(path.parent / "spilt")  # the engine's own place would be `.tmp`, wherever this is run
    with duckdb.connect(config={"memory_limit": "1500MB", "temp_directory": spilt}) as connection:
        connection.execute(f"COPY ({query}) TO '{unfinished}' {how}")
    unfinished.replace(path)


def _random(salt: int, bound: int | str, of: str = "i") -> str:
    """A number below bound that depends on the row alone."""
    return f"(hash({of} * 64 + {salt}) % {bound})::BIGINT"


def _picked(words: tuple[str, ...], index: str) -> str:
    listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"[{listed}][1 + {index}]"


def _ascii(name: str) -> str:
    """A name as mailbox providers take it; the engine counts the stroke of an l as no accent."""
    return f"translate(lower(strip_accents({name})), 'ł', 'l')"


def contacts_sql(rows: int) -> str:
    """SELECT of the contacts. p is the person, i the row."""
    spellings = f"""CASE {_random(1, 8)}
        WHEN 0 THEN upper(local) || '@' || domain WHEN 1 THEN ' ' || local || '@' || domain || ' '
        WHEN 2 THEN CASE WHEN domain IN ('gmail.com', 'googlemail.com') THEN replace(local, '.', '') || '+news'
                    ELSE local END || '@' || domain
        ELSE local || '@' || domain END"""
    digits = "lpad((hash(p * 64 + 21) % 10000000000)::VARCHAR, 10, '7')"
    phone = _picked(PHONES, "land")
    for number in range(1, 11):  # the n-th # becomes the n-th digit
        phone = f"regexp_replace({phone}, '#', substr({digits}, {number}, 1))"
    return f"""
        WITH persons AS (
            SELECT i, CASE WHEN {_random(2, 100)} < 8 THEN {_random(3, rows)} ELSE i END AS p
            FROM range({rows}) t(i)
        ), facts AS (
            SELECT *, {_random(4, len(COUNTRIES), "p")} AS land,
                {_picked(DOMAINS, _random(5, len(DOMAINS), "p"))} AS domain,
                {_ascii(_picked(FIRST, _random(6, len(FIRST), "p")))} || '.' || p AS local
            FROM persons
        )
        SELECT 100000 + i AS customer_id,
            CASE WHEN {_random(7, 100)} < 6 THEN {_picked(UNUSABLE, _random(8, len(UNUSABLE)))}
                ELSE {spellings} END AS email,
            CASE WHEN {_random(9, 4)} = 0 THEN CASE WHEN {_random(10, 2)} = 0 THEN NULL ELSE '12345' END
                ELSE {phone} END AS phone,
            {_picked(FIRST, _random(6, len(FIRST), "p"))} AS first_name,
            {_picked(LAST, _random(11, len(LAST), "p"))} AS last_name,
            {_picked(CITIES, _random(12, len(CITIES), "p"))} AS city,
            lpad((hash(p * 64 + 13) % 100000)::VARCHAR, 5, '0') AS postal_code,
            {_picked(COUNTRIES, "land")} AS country,
            DATE '1940-01-01' + {_random(14, 25000, "p")}::INTEGER AS birth_date,
            {_picked(("female", "male", "f", "m"), _random(15, 4, "p"))} AS gender,
            CASE WHEN {_random(16, 100)} < 90 THEN 'granted' ELSE 'unknown' END AS consent_ad_user_data,
            CASE WHEN {_random(16, 100)} < 90 THEN 'granted' ELSE 'denied' END AS consent_ad_personalization
        FROM facts ORDER BY i"""


def orders_sql(contacts: int, orders: int) -> str:
    """SELECT of the orders: whole cents; the square of a share makes some customers order much more than others."""
    share = f"({_random(17, 1000000)} / 1000000.0)"
    amount = f"(500 + {_random(18, 30000)} * (1 + {_random(19, 5)})) / 100"
    return f"""
        SELECT 'SO-' || (1000000 + i) AS order_id,
            100000 + (({share} * {share} * {contacts - 1})::BIGINT + {_random(20, 1000)}) % {contacts} AS customer_id,
            TIMESTAMP '2024-01-01' + to_minutes({_random(22, 1440 * 700)}) AS ordered_at,
            ({amount})::DECIMAL(12, 2) AS amount,
            CASE WHEN {_random(23, 10)} = 0 THEN 'GBP' ELSE 'EUR' END AS currency
        FROM range({orders}) t(i)"""
