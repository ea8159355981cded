"""The `options` of a Meta destination in the project file."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from activator.config.faults import fault_words
from activator.errors import ConfigurationError


def _digits_text(value: Any) -> Any:
    """YAML reads an unquoted id as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_digits_text), Field(pattern=r"^[0-9]{1,20}$")]
# Those that Meta's documentation and its client both know.
Label = Literal["HIGH_VALUE_CUSTOMERS", "LOW_VALUE_CUSTOMERS", "AT_RISK", "DISENGAGED", "QUALIFIED_LEADS"]
Percent = Annotated[int, Field(ge=1, le=20)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class MetaOptions(BaseModel):
    """Which page speaks, what counts as success, and what the law wants to know.

    Names and values are Meta's own; DOC/marketing-api/reference/ad-account/{campaigns,adsets,adcreatives}.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    page_id: Id = Field(description="Facebook page the ads speak for")
    pixel_id: Id = Field(description="Pixel (dataset) that reports the conversions")
    conversion_event: str = Field(default="PURCHASE", pattern=r"^[A-Z0-9_]+$", description="Event optimised for")
    objective: Literal[
        "OUTCOME_SALES",
        "OUTCOME_LEADS",
        "OUTCOME_TRAFFIC",
        "OUTCOME_ENGAGEMENT",
        "OUTCOME_AWARENESS",
        "OUTCOME_APP_PROMOTION",
    ] = "OUTCOME_SALES"
    optimization_goal: str = Field(
        default="OFFSITE_CONVERSIONS",
        pattern=r"^[A-Z_]+$",
        description="Goal of ad sets; a tier bid with min_roas always uses VALUE",
    )
    special_ad_categories: tuple[
        Literal[
            "EMPLOYMENT",
            "FINANCIAL_PRODUCTS_SERVICES",
            "HOUSING",
            "ISSUES_ELECTIONS_POLITICS",
            "ONLINE_GAMBLING_AND_GAMING",
        ],
        ...,
    ] = Field(default=(), description="Declared to Meta with the campaign; most shops have none")
    special_ad_category_country: tuple[Country, ...] = ()
    dsa_beneficiary: str | None = Field(
        default=None, min_length=1, max_length=512, description="EU: who the ads are for; default: the account's own"
    )
    dsa_payor: str | None = Field(
        default=None, min_length=1, max_length=512, description="EU: who pays for them; default: the account's own"
    )
    call_to_action: str = Field(default="SHOP_NOW", pattern=r"^[A-Z_]+$")
    image_hash: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{32}$", description="Hash of an image already in the account's library"
    )
    asset_feed: bool = Field(
        default=False,
        description="One ad per tier with all headlines and descriptions, which Meta combines; needs image_hash",
    )
    instagram_user_id: Id | None = Field(default=None, description="Instagram account the ads speak for")
    customer_file_source: Literal["USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"] = (
        Field(default="USER_PROVIDED_ONLY", description="Where the people's details come from")
    )
    retention_days: int | None = Field(
        default=None, ge=1, le=180, description="Days a member stays without being added again; default: for ever"
    )

    adopt_audiences: dict[str, Id] = Field(
        default_factory=dict, description="Tier -> id of a customer list that is there already and becomes ours"
    )
    audience_labels: dict[str, Label] = Field(
        default_factory=dict, description="Tier -> Meta's label of its list; a tier's value_rule needs one"
    )
    lookalike_percent: dict[str, Percent] = Field(
        default_factory=dict,
        description="Tier -> size of a lookalike grown from its list, in percent of the people of the countries",
    )
    lookalike_reasons: dict[str, str] = Field(
        default_factory=dict, description="Tier -> why a lookalike is grown from it although it is not the highest"
    )
    attribution_window: Literal["1d_click", "7d_click", "28d_click", "1d_view", "1d_ev"] | None = Field(
        default=None, description="Purchases counted in reports; default: what the ad sets are set to"
    )
    limited_data_use: bool = Field(
        default=False,
        description="Send people with Meta's Limited Data Use flag, except those known to live outside the USA",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.special_ad_categories and not self.special_ad_category_country:
            message = "special_ad_category_country is required with special_ad_categories"
            raise ValueError(message)
        if self.asset_feed and self.image_hash is None:
            message = "asset_feed needs an image_hash"
            raise ValueError(message)
        if (self.dsa_beneficiary is None) != (self.dsa_payor is None):
            message = "dsa_beneficiary and dsa_payor are given together or not at all"
            raise ValueError(message)
        return self


def read_options(destination: str, options: Mapping[str, Any]) -> MetaOptions:
    """Validate the options of one destination.

    Raises:
        ConfigurationError: names the destination, the key and the fix.
    """
    try:
        return MetaOptions.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    where = f"destinations.{destination}.options"
    if first["type"] == "extra_forbidden":
        close = get_close_matches(key, MetaOptions.model_fields, n=1)
        fix = f"Did you mean `{close[0]}`?" if close else "Remove it; docs/reference/meta.md lists the options."
        raise ConfigurationError(f"{where}: unknown key `{key}`", fix)
    if first["type"] == "missing":
        raise ConfigurationError(
            f"{where}: `{key}` is required", "Add it; docs/reference/meta.md says where to find it."
        )
    where = f"{where}.{key}" if key else where
    raise ConfigurationError(f"{where}: {fault_words(first)}", "See docs/reference/meta.md.")
