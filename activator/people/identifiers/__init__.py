"""Identifiers as the platforms want them: one set of expressions for the pipeline, the command line and connectors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import ibis.expr.types as ir

from activator.people.identifiers import birth, email, names, phone, places
from activator.people.identifiers.countries import iso2
from activator.people.identifiers.forms import FORM_COLUMNS, STRONG_COLUMNS, member_key
from activator.people.identifiers.hashing import hashed_once
from activator.people.identifiers.text import clean, known

__all__ = [
    "FIELDS",
    "FORM_COLUMNS",
    "NORMALISER_VERSION",
    "STRONG_COLUMNS",
    "digest",
    "hashed",
    "iso2",
    "member_key",
    "normalised",
]

# Kept with everything sent: a removal must repeat what was added. Raise it whenever any value would come out different.
NORMALISER_VERSION = "1"

Rule: TypeAlias = Callable[[ir.StringValue, ir.StringValue | None], ir.StringValue]


@dataclass(frozen=True, slots=True)
class Field:
    """How one field of one platform is written, and whether it is hashed.

    passes_digests: exports hold this one hashed already, and a hash must not be hashed again.
    """

    rule: Rule
    hashed: bool
    passes_digests: bool = False


def _alone(rule: Callable[[ir.StringValue], ir.StringValue]) -> Rule:
    return lambda value, _country: rule(value)


def _as_is(value: ir.StringValue) -> ir.StringValue:
    return known(clean(value))


def _device(value: ir.StringValue) -> ir.StringValue:
    """Advertising ids keep their hyphens; all zeros means the person has opted out of tracking."""
    return clean(value).lower().re_extract(r"^[0-9a-f-]*[1-9a-f][0-9a-f-]*$", 0).nullif("")


FIELDS: dict[tuple[str, str], Field] = {
    ("google", "email"): Field(_alone(email.google_email), hashed=True, passes_digests=True),
    ("google", "phone"): Field(phone.google_phone, hashed=True, passes_digests=True),
    ("google", "given_name"): Field(_alone(names.google_given_name), hashed=True, passes_digests=True),
    ("google", "family_name"): Field(_alone(names.google_family_name), hashed=True, passes_digests=True),
    ("google", "region_code"): Field(_alone(places.google_region_code), hashed=False),
    ("google", "postal_code"): Field(_alone(places.google_postal_code), hashed=False),
    ("meta", "EMAIL"): Field(_alone(email.meta_email), hashed=True, passes_digests=True),
    ("meta", "PHONE"): Field(phone.meta_phone, hashed=True, passes_digests=True),
    ("meta", "FN"): Field(_alone(names.meta_name), hashed=True, passes_digests=True),
    ("meta", "LN"): Field(_alone(names.meta_name), hashed=True, passes_digests=True),
    ("meta", "FI"): Field(_alone(names.meta_initial), hashed=True),
    ("meta", "GEN"): Field(_alone(names.meta_gender), hashed=True),
    ("meta", "DOBY"): Field(_alone(birth.meta_year), hashed=True),
    ("meta", "DOBM"): Field(_alone(birth.meta_month), hashed=True),
    ("meta", "DOBD"): Field(_alone(birth.meta_day), hashed=True),
    ("meta", "ST"): Field(places.meta_state, hashed=True),
    ("meta", "CT"): Field(_alone(places.meta_city), hashed=True),
    ("meta", "ZIP"): Field(places.meta_zip, hashed=True),
    ("meta", "COUNTRY"): Field(_alone(places.meta_country), hashed=True),
    ("meta", "EXTERN_ID"): Field(_alone(_as_is), hashed=False),
    ("meta", "APPUID"): Field(_alone(_as_is), hashed=False),
    ("meta", "PAGEUID"): Field(_alone(_as_is), hashed=False),
    ("meta", "MADID"): Field(_alone(_device), hashed=False),
}


def normalised(
    platform: str, field: str, value: ir.StringValue, country: ir.StringValue | None = None
) -> ir.StringValue:
    """The value as the platform wants it before hashing; NULL where nothing would be sent.

    A SHA-256 digest in an e-mail, phone or name column is passed through in lower case.

    Args:
        platform: "google" or "meta".
        field: a field of that platform; see FIELDS.
        value: as exported.
        country: the row's country, as a code or a word; phones, states and US ZIP codes depend on it.
    """
    return FIELDS[platform, field].rule(value, country)


def hashed(platform: str, field: str) -> bool:
    """Whether the platform takes the field as SHA-256 (True) or as plain text (False)."""
    return FIELDS[platform, field].hashed


def digest(platform: str, field: str, value: ir.StringValue, country: ir.StringValue | None = None) -> ir.StringValue:
    """What is sent for a hashed field: lower-case hex, never of nothing and never a hash of a hash."""
    plain = normalised(platform, field, value, country)
    return hashed_once(plain) if FIELDS[platform, field].passes_digests else plain.hexdigest("sha256")
