"""Contacts from a seed, made by the engine: the mix of spellings and faults that exports hold, but invented.

One row in twelve repeats an earlier person, 6 % of the e-mail addresses are none, a quarter of the rows has no valid
phone, and names, places and spellings are of twelve countries.
"""

import ibis
import ibis.expr.types as ir
import phonenumbers

from activator.people.engine import Engine

REGIONS = ("AT", "AU", "BR", "CH", "DE", "ES", "FR", "GB", "IT", "JP", "NL", "US")
_VARIED_DIGITS = 6
_FIRST = ("Jane", "Peter", "Maria", "HANS", "sofia", "Luca", "Olga", "Tim", "Ann-Marie", "Jürgen", "José", "Chloé")
_LAST = ("Smith", "Müller", "Rossi", "Doe", "García", "O'Brien", "Tanaka", "da Silva", "Novák", "WEBER", "Dubois")
_CITIES = ("Berlin", "São Paulo", "New York", "LONDON", "Zürich", "Paris", "Wien", "Milano", "Den Haag", "St. Gallen")
_STATES = ("California", "Bavaria", "NY", "", "", "", "Île-de-France", "New South Wales", "SP", "Texas")
_DOMAINS = (
    "gmail.com", "GMAIL.com", "gmail.com", "googlemail.com", "yahoo.com", "outlook.com", "web.de", "example.org",
    "shop.example.co.uk", "orange.fr", "t-online.de", "hotmail.com",
)  # fmt: skip


def people(engine: Engine, rows: int, seed: int) -> ir.Table:
    """email, phone, first_name, last_name, city, state, postal_code, country (alpha-2), birth_date; all text."""
    numbers = ibis.memtable(_numbering())
    engine.backend.create_table("numbering", numbers, temp=True, overwrite=True)
    engine.backend.raw_sql(_statement(rows, seed))
    return engine.backend.table("contacts")


def _numbering() -> list[dict[str, str | int]]:
    """Country code, national prefix and the beginning of a mobile number, by region."""
    found: list[dict[str, str | int]] = []
    for at, region in enumerate(REGIONS):
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if example is None or metadata is None:
            raise LookupError(region)
        start = phonenumbers.national_significant_number(example)[:-_VARIED_DIGITS]
        trunk = metadata.national_prefix or ""
        found.append({"at": at, "region": region, "calling": str(example.country_code), "trunk": trunk, "start": start})
    return found


def _one_of(words: tuple[str, ...], column: str) -> str:
    spelt = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"[{spelt}][({column} % {len(words)})::int + 1]"


def _statement(rows: int, seed: int) -> str:
    ascii_name = "lower(strip_accents(regexp_replace(last_name, '[^a-zA-Zé]', '', 'g')))"
    return f"""
create temp table contacts as
with drawn as (
    select hash(person * 5 + {seed}) as a, hash(person * 5 + {seed} + 1) as b, hash(row * 5 + {seed} + 2) as c,
        hash(row * 5 + {seed} + 3) as d, hash(person * 5 + {seed} + 4) as e
    from (select i as row, case when hash(i + {seed}) % 12 = 0 then i // 2 else i end as person
          from range({rows}) t(i))),
named as (
    select *, {_one_of(_FIRST, "a")} as first_name, {_one_of(_LAST, "b")} as last_name,
        {_one_of(_DOMAINS, "(a // 100)")} as domain, start || lpad((e % 1000000)::varchar, 6, '0') as national
    from drawn join numbering on numbering.at = (drawn.b // 100) % {len(REGIONS)})
select
    case when c % 100 < 2 then 'n/a' when c % 100 < 4 then first_name || ' at ' || domain when c % 100 < 6 then ''
        else (case when c % 100 < 12 then ' ' else '' end)
            || regexp_replace(strip_accents(first_name), '[^a-zA-Z]', '') || (case when b % 3 = 0 then '.' else '' end)
            || {ascii_name} || (e // 7 % 100000)::varchar || (case when a % 97 < 5 then '+news' else '' end)
            || '@' || domain || (case when c % 100 between 90 and 93 then ' ' else '' end) end as email,
    case when d % 100 < 15 then '' when d % 100 < 20 then trunk || left(national, -3)
        when d % 100 < 22 then 'call me' when d % 100 < 25 then '0000000000'
        when d % 100 < 45 then '+' || calling || national when d % 100 < 50 then '00' || calling || national
        when d % 100 < 57 then '+' || calling || ' ' || left(national, 3) || ' ' || substr(national, 4)
        when d % 100 < 60 then calling || national when d % 100 < 62 then '+' || calling || ' (0) ' || national
        when d % 100 < 63 then trunk || national || ' ext. 12'
        when d % 100 < 64 then trunk || left(national, 3) || chr(8209) || substr(national, 4)
        when d % 100 < 70 then national when d % 100 < 85 then trunk || national
        else trunk || left(national, 3) || (case when d % 2 = 0 then '-' else ' ' end) || substr(national, 4) end
        as phone,
    first_name, last_name, {_one_of(_CITIES, "(e // 10)")} as city, {_one_of(_STATES, "(e // 100)")} as state,
    case region when 'GB' then 'M1 1AE' when 'US' then lpad((e % 99999)::varchar, 5, '0') || '-1234'
        else lpad((e % 99999)::varchar, 5, '0') end as postal_code,
    region as country,
    case when e % 10 < 4 then null else (date '1940-01-01' + (e % 24000)::int)::varchar end as birth_date
from named"""
