"""The first project file: a commented activator.yaml filled with what `activator init` knows, and its JSON Schema."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from activator.config.copy import CopySection
from activator.config.presets import STANDARD, Preset
from activator.config.project import Project

SCHEMA_FILE = "activator.schema.json"
SCHEMA_ID = "activator.schema.json"


@dataclass(frozen=True, slots=True)
class StarterSource:
    """One export of the new project; path and mapping relative to its folder."""

    name: str
    path: str
    mapping: str


@dataclass(frozen=True, slots=True)
class Starter:
    """What is known about the new project. Accounts left None are written as placeholders marked CHANGE.

    tier_motivations: what a tier speaks to whatever its answers say later, for presets of one motivation per tier.
    eu_political_ads: None where nobody has declared anything.
    """

    name: str
    currency: str
    time_zone: str
    country: str | None
    landing_url: str
    sources: Sequence[StarterSource]
    variants: Sequence[CopySection]
    meta_account: str | None = None
    meta_page: str | None = None
    meta_pixel: str | None = None
    google_customer: str | None = None
    customer_match_terms_accepted: bool = False
    eu_political_ads: bool | None = None
    preset: Preset = STANDARD
    tier_motivations: Mapping[str, str] = field(default_factory=dict)


def project_text(starter: Starter) -> str:
    """The commented file."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - writes YAML, not HTML; every free text goes through quoted
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=False)  # JSON strings are YAML strings
    country = starter.country or "DE"
    return environment.get_template("activator.yaml.j2").render(
        name=starter.name,
        id=slug(starter.name),
        time_zone=starter.time_zone,
        currency=starter.currency,
        country=starter.country,
        countries=[country],
        languages=["de" if country in ("DE", "AT", "CH") else "en"],
        keyword=" ".join(re.sub(r"[^\w\s-]", " ", starter.name.lower()).split()) or "shop",  # Google takes no symbols
        landing_url=starter.landing_url,
        sources=starter.sources,
        variants=starter.variants,
        preset=starter.preset,
        tier_motivations={tier.name: starter.tier_motivations.get(tier.name) for tier in starter.preset.tiers},
        meta_account=starter.meta_account or "0" * 15,
        meta_account_given=starter.meta_account is not None,
        meta_page=starter.meta_page or "0" * 10,
        meta_pixel=starter.meta_pixel or "0" * 10,
        google_customer=starter.google_customer or "0" * 10,
        customer_match_terms_accepted=starter.customer_match_terms_accepted,
        eu_political_ads=starter.eu_political_ads,
        google_customer_given=starter.google_customer is not None,
    )


def slug(name: str) -> str:
    """A project id from a name: lower-case letters, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:36]
    return plain if len(plain) >= 3 else f"{plain or 'my'}-project".strip("-")


def project_schema() -> dict[str, Any]:
    """JSON Schema of activator.yaml, for editors. Connectors' own options are checked when they are opened."""
    schema = Project.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "activator.yaml",
    }


def schema_text() -> str:
    """The schema as it is published, in docs/reference and beside each new project."""
    return json.dumps(project_schema(), indent=2, ensure_ascii=False) + "\n"
