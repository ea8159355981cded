"""What a Google destination's `options` in the project file may hold."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from activator.config.faults import fault_words
from activator.errors import ConfigurationError
from connectors.google.places import COUNTRIES, LANGUAGES
from connectors.google.texts import width
from connectors.google.version import (
    KEYWORD_CHARACTERS_MAX,
    KEYWORD_CHARACTERS_REFUSED,
    KEYWORD_WORDS_MAX,
    MEMBERSHIP_DAYS_MAX,
    PATH_WIDTH_MAX,
    ROAS_BP_MAX,
    ROAS_BP_MIN,
)

_REFERENCE = "See docs/reference/google.md."

_WHY = {
    "contains_eu_political_advertising": (
        "Declare it yourself: `contains_eu_political_advertising: false` unless the campaign is political advertising"
        " aimed at the European Union. Google refuses campaigns without the declaration."
    ),
    "targeting": (
        'Choose: "targeting" shows ads to list members only; "observation" shows them to everybody and lets the list'
        " only adjust the bid. `activator init` writes targeting."
    ),
    "keywords": "A Search ad group serves nothing without keywords: add at least one, e.g. {text: running shoes}.",
}


def _keyword_text(value: str) -> str:
    text = " ".join(value.split())
    if len(text) > KEYWORD_CHARACTERS_MAX or len(text.split(" ")) > KEYWORD_WORDS_MAX:
        message = f"a keyword has at most {KEYWORD_CHARACTERS_MAX} characters and {KEYWORD_WORDS_MAX} words"
        raise ValueError(message)
    if KEYWORD_CHARACTERS_REFUSED & set(text):
        message = "the keyword has characters Google does not take; write letters, digits and spaces"
        raise ValueError(message)
    return text


def _language(value: str) -> str:
    code = value.lower()
    if code not in LANGUAGES and not (value.isascii() and value.isdigit()):
        message = f"use one of {', '.join(LANGUAGES)} or the number of a language constant"
        raise ValueError(message)
    return code


def _country(value: str) -> str:
    if value not in COUNTRIES:
        message = f"no geo target is known for the country {value}"
        raise ValueError(message)
    return value


def _path(value: str) -> str:
    if width(value) > PATH_WIDTH_MAX:
        message = f"a display path has at most {PATH_WIDTH_MAX} characters"
        raise ValueError(message)
    return value


# enums/types/user_list_customer_type_category.py; the same in v24 to v26, v23 has one more.
CustomerType = Literal[
    "all_customers", "purchasers", "high_value_customers", "disengaged_customers", "qualified_leads", "converted_leads",
    "paid_subscribers", "cart_abandoners", "loyalty_tier_1_members", "loyalty_tier_2_members", "loyalty_tier_3_members",
    "loyalty_tier_4_members", "loyalty_tier_5_members", "loyalty_tier_6_members", "loyalty_tier_7_members",
]  # fmt: skip


def _one_or_more(value: Any) -> Any:
    """`purchasers` is short for a list of one."""
    return [value] if isinstance(value, str) else value


CustomerTypes = Annotated[tuple[CustomerType, ...], BeforeValidator(_one_or_more), Field(min_length=1)]


class Keyword(BaseModel):
    """One keyword of every ad group."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(min_length=1), AfterValidator(_keyword_text)]
    match: Literal["broad", "phrase", "exact"] = "phrase"

    @property
    def label(self) -> str:
        """How the plan shows it; Google ignores case."""
        return f"{self.match}: {self.text.lower()}"


def _once(keywords: tuple[Keyword, ...]) -> tuple[Keyword, ...]:
    """Each keyword once: Google ignores case and spaces, and refuses twins."""
    return tuple({keyword.label: keyword for keyword in reversed(keywords)}.values())[::-1]


class GoogleOptions(BaseModel):
    """The options of one Google destination. countries is put there from the destination's own `countries`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contains_eu_political_advertising: bool = Field(
        description="Your declaration under Regulation (EU) 2024/900, sent with every campaign"
    )
    targeting: Literal["targeting", "observation"] = Field(
        description="targeting: ads for list members only; observation: for everybody, the list adjusts the bid"
    )
    keywords: Annotated[tuple[Keyword, ...], AfterValidator(_once)] = Field(
        min_length=1, description="Of every ad group"
    )
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = Field(
        default=(), description="ISO 639-1 codes or language constant ids; empty: all languages"
    )
    conversion_action: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] | None = Field(
        default=None, description="Id of the conversion action the value comes from; checked by `activator doctor`"
    )
    campaign_target_roas: float = Field(
        default=1.0,
        ge=ROAS_BP_MIN / 10_000,
        le=ROAS_BP_MAX / 10_000,
        description="target_roas only: the campaign's own target, which every ad group of ours overrides",
    )
    adopt_audiences: dict[str, Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]] = Field(
        default_factory=dict, description="Tier: id of a customer list that is there already and becomes ours"
    )
    customer_types: dict[str, CustomerTypes] = Field(
        default_factory=dict, description="Tier: what kind of customers it holds, or several, for Google Ads' own goals"
    )
    lookalikes: dict[str, Literal["narrow", "balanced", "broad"]] = Field(
        default_factory=dict, description="Tier: how far a lookalike of its list reaches, for your Demand Gen campaigns"
    )
    lookalike_reasons: dict[str, str] = Field(
        default_factory=dict, description="Tier: why a lookalike is grown from it although it is not the highest"
    )
    uploads: Literal["data_manager", "offline_jobs"] = Field(
        default="data_manager",
        description="offline_jobs: through the Google Ads API, for tokens that did so before April 2026",
    )
    membership_days: int = Field(
        default=MEMBERSHIP_DAYS_MAX, ge=1, le=MEMBERSHIP_DAYS_MAX, description="How long a member stays unless renewed"
    )
    customer_match_terms_accepted: bool = Field(
        default=False,
        description="You accept the terms at support.google.com/adspolicy/answer/6299717, if not done in Google Ads",
    )
    description: str = Field(
        default="", max_length=200, description="Put before the description of every list, e.g. a contact"
    )
    path1: Annotated[str, AfterValidator(_path)] = Field(default="", description="First display path of the ads")
    path2: Annotated[str, AfterValidator(_path)] = Field(default="", description="Second one; needs path1")
    countries: tuple[Annotated[str, AfterValidator(_country)], ...] = Field(min_length=1)

    def language_ids(self) -> tuple[str, ...]:
        """Language constant ids, sorted."""
        return tuple(sorted({LANGUAGES.get(language, language) for language in self.languages}))


def read_options(destination: str, options: Mapping[str, Any]) -> GoogleOptions:
    """Check a destination's options.

    Raises:
        ConfigurationError: names the option and what to write.
    """
    where = f"destinations.{destination}.options"
    try:
        checked = GoogleOptions.model_validate(dict(options))
    except ValidationError as error:
        raise _explain(where, error) from None
    if checked.path2 and not checked.path1:
        raise ConfigurationError(f"{where}.path2: a second display path needs path1", _REFERENCE)
    return checked


def options_schema() -> dict[str, Any]:
    """JSON Schema of the options a user writes (countries come from the destination itself)."""
    schema = GoogleOptions.model_json_schema()
    schema["properties"].pop("countries")
    schema["required"].remove("countries")
    return schema


def _explain(where: str, error: ValidationError) -> ConfigurationError:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    top = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        close = get_close_matches(top, [key for key in GoogleOptions.model_fields if key != "countries"], n=1)
        return ConfigurationError(
            f"{where}.{name}: unknown option", f"Did you mean `{close[0]}`?" if close else _REFERENCE
        )
    if first["type"] == "missing":
        return ConfigurationError(f"{where}.{name} is required", _WHY.get(name, _REFERENCE))
    return ConfigurationError(f"{where}.{name}: {fault_words(first)}", _WHY.get(top, _REFERENCE))
