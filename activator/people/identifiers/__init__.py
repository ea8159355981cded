"""Identifiers as the platforms want them: one set of expressions for the pipeline, the command line and connectors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import ibis.expr.types as ir

from activator.model.identity import DEFAULT_RULES, NORMALISER_VERSION, IdentifierRules
from activator.people.identifiers import birth, devices, email, names, phone, places, postal
from activator.people.identifiers.countries import iso2
from activator.people.identifiers.forms import FORM_COLUMNS, STRONG_COLUMNS, member_key
from activator.people.identifiers.hashing import hashed_once

__all__ = [
    "DEFAULT_RULES",
    "FIELDS",
    "FORM_COLUMNS",
    "NORMALISER_VERSION",
    "STRONG_COLUMNS",
    "IdentifierRules",
    "digest",
    "hashed",
    "iso2",
    "member_key",
    "normalised",
]

Rule: TypeAlias = Callable[[ir.StringValue, ir.StringValue | None, IdentifierRules], ir.StringValue]


@dataclass(frozen=True, slots=True)
class Field:
    """How one field of one platform is written, and whether it is hashed."""

    rule: Rule
    hashed: bool


def _alone(rule: Callable[[ir.StringValue], ir.StringValue]) -> Rule:
    return lambda value, _country, _rules: rule(value)


def _placed(rule: Callable[[ir.StringValue, ir.StringValue | None], ir.StringValue]) -> Rule:
    return lambda value, country, _rules: rule(value, country)


def _ruled(rule: Callable[[ir.StringValue, IdentifierRules], ir.StringValue]) -> Rule:
    return lambda value, _country, rules: rule(value, rules)


FIELDS: dict[tuple[str, str], Field] = {
    ("google", "email"): Field(_ruled(email.google_email), hashed=True),
    ("google", "phone"): Field(_placed(phone.google_phone), hashed=True),
    ("google", "given_name"): Field(_alone(names.google_given_name), hashed=True),
    ("google", "family_name"): Field(_ruled(names.google_family_name), hashed=True),
    ("google", "region_code"): Field(_alone(places.google_region_code), hashed=False),
    ("google", "postal_code"): Field(_placed(postal.google_postal_code), hashed=False),
    ("meta", "EMAIL"): Field(_alone(email.meta_email), hashed=True),
    ("meta", "PHONE"): Field(_placed(phone.meta_phone), hashed=True),
    ("meta", "FN"): Field(_ruled(names.meta_name), hashed=True),
    ("meta", "LN"): Field(_ruled(names.meta_name), hashed=True),
    ("meta", "FI"): Field(_ruled(names.meta_initial), hashed=True),
    ("meta", "GEN"): Field(_alone(names.meta_gender), hashed=True),
    ("meta", "DOBY"): Field(_alone(birth.meta_year), hashed=True),
    ("meta", "DOBM"): Field(_alone(birth.meta_month), hashed=True),
    ("meta", "DOBD"): Field(_alone(birth.meta_day), hashed=True),
    ("meta", "ST"): Field(places.meta_state, hashed=True),
    ("meta", "CT"): Field(_ruled(places.meta_city), hashed=True),
    ("meta", "ZIP"): Field(postal.meta_zip, hashed=True),
    ("meta", "COUNTRY"): Field(_alone(places.meta_country), hashed=True),
    ("meta", "EXTERN_ID"): Field(_alone(devices.external_id), hashed=False),
    ("meta", "APPUID"): Field(_alone(devices.external_id), hashed=False),
    ("meta", "PAGEUID"): Field(_alone(devices.external_id), hashed=False),
    ("meta", "MADID"): Field(_alone(devices.advertising_id), hashed=False),
}


def normalised(
    platform: str,
    field: str,
    value: ir.StringValue,
    country: ir.StringValue | None = None,
    rules: IdentifierRules = DEFAULT_RULES,
) -> ir.StringValue:
    """The value as the platform wants it before hashing; NULL where nothing would be sent.

    A SHA-256 digest in the column of a hashed field is passed through in lower case.

    Args:
        platform: "google" or "meta".
        field: a field of that platform; see FIELDS.
        value: as exported.
        country: the row's country, as a code or a word; phones, states and US ZIP codes depend on it.
        rules: the project's positions.
    """
    return FIELDS[platform, field].rule(value, country, rules)


def hashed(platform: str, field: str) -> bool:
    """Whether the platform takes the field as SHA-256 (True) or as plain text (False)."""
    return FIELDS[platform, field].hashed


def digest(
    platform: str,
    field: str,
    value: ir.StringValue,
    country: ir.StringValue | None = None,
    rules: IdentifierRules = DEFAULT_RULES,
) -> ir.StringValue:
    """What is sent for a hashed field: lower-case hex, never of nothing and never a hash of a hash."""
    return hashed_once(normalised(platform, field, value, country, rules))
