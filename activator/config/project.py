"""The project file `activator.yaml` as a model: who, what is bid, what is said, where and when. Never a secret."""

import re
from datetime import time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from activator.config.acquisition import GROUP, AcquisitionSection
from activator.config.approvals import ApprovalSection
from activator.config.bidding import BiddingSection, DeliverySection, check_bidding
from activator.config.copy import GENERIC, CopySection, MotivationSection, place_copy
from activator.config.documents import Document, read_document, validate
from activator.config.exports import SourceSection
from activator.config.geography import GeographySection
from activator.config.keeping_out import ConsentSection, HoldoutSection, SuppressionSection
from activator.config.membership import MembershipSection
from activator.config.outbox import OutboxSection, outbox_fault
from activator.config.positions import Positions
from activator.config.retention import RetentionSection
from activator.config.sections import Amount, Name, ObjectId, Ratio, Section, Share
from activator.config.segments import SegmentChecks, SegmentSection, scheme_faults
from activator.config.split_tests import SplitTestSection
from activator.config.valuing import CurrencyCode, TierSection, ValueSection, tier_fault
from activator.model.ads import BidStrategy
from activator.model.sharing import SHARED_CONTACTS_MAX

PROJECT_FILE = "activator.yaml"
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2, e.g. DE")]


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"unknown time zone {value!r}; use a name like Europe/Berlin"
        raise ValueError(message) from None
    return value


Zone = Annotated[str, AfterValidator(_zone)]


class ProjectSection(Section):
    """Whose project this is."""

    name: str = Field(min_length=1, max_length=60, description="Shown in names of audiences, campaigns and briefings")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,39}$", description="Never change it: markers are derived from it")


class IdentitySection(Positions):
    """How identifiers are read."""

    default_country: CountryCode | None = Field(
        default=None, description="Country of phone numbers whose row names none; without it such numbers are not sent"
    )
    shared_contacts_max: int = Field(
        default=SHARED_CONTACTS_MAX,
        ge=1,
        le=1000,
        description="An e-mail address or phone of more people than this joins no rows and is sent for nobody",
    )


class DestinationSection(Section):
    """One account on one platform. options are the connector's own; see docs/reference for each."""

    connector: Name = Field(description="Entry point of group activator.destinations: meta, google or a third party's")
    account_id: str = Field(pattern=r"^(act_)?[0-9][0-9-]{2,30}$", description="Advertiser account, digits")
    currency: CurrencyCode | None = Field(default=None, description="Account currency; default: the project's")
    time_zone: Zone | None = Field(default=None, description="Account time zone; default: the project's")
    landing_url: str = Field(pattern=r"^https?://[^\s]+$")
    countries: tuple[CountryCode, ...] = Field(min_length=1)
    strategy: BidStrategy
    daily_budget: Amount | None = Field(default=None, description="Where the budget sits on the campaign (Google)")
    bidding: BiddingSection | None = Field(default=None, description="Bids and budgets made from what tiers are worth")
    tiers: dict[Name, DeliverySection] = Field(min_length=1, description="One delivery group per tier listed here")
    acquisition: AcquisitionSection | None = Field(default=None, description="A group for people who buy nothing yet")
    new_customer_value: Amount | None = Field(
        default=None,
        description="Google, target_roas: what the first sale to a new customer counts on top, in account currency",
    )
    audience_people_min: int | None = Field(
        default=None, ge=1, description="A tier with fewer people gets no audience; default: the platform's own minimum"
    )
    tests: tuple[SplitTestSection, ...] = Field(default=(), description="Split tests of our campaign")
    adopt: tuple[ObjectId, ...] = Field(
        default=(), description="Ids of campaigns, groups or ads with our marker that another ledger made; now ours"
    )
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def account_digits(self) -> str:
        """The account id as digits only, the form platforms compare."""
        return re.sub(r"\D", "", self.account_id)


class GuardSection(Section):
    """Limits a plan may not cross unless accepted by name with a reason; ceilings on money not even then."""

    removal_share_max: Share = Field(default=Decimal("0.30"), description="Of an audience's members, per plan")
    source_rows_share_min: Share = Field(default=Decimal("0.80"), description="Rows against the rows that are usual")
    identifier_share_drop_max: Share = Field(
        default=Decimal("0.10"),
        description="How far the share of rows that say whose they are may fall: 0.10 is 10 points",
    )
    tier_change_max: Ratio = Field(
        default=Decimal("0.25"), description="How far a tier's number of people may change from plan to plan"
    )
    daily_budget_max: Amount | None = Field(
        default=None, description="Ceiling over all destinations, per day, in the project's currency"
    )
    tier_daily_budgets_max: dict[Name, Amount] = Field(
        default_factory=dict,
        description="Ceiling by tier, over all destinations; a campaign's budget counts in full for each of its tiers",
    )
    bid_max: Amount | None = Field(
        default=None, description="Highest bid, adjustment included, in the project's currency"
    )


class RunKind(StrEnum):
    """What a schedule starts."""

    SYNC = "sync"
    BRIEFING = "briefing"


class ScheduleSection(Section):
    """One daily run at a local time."""

    name: Name
    run: RunKind
    at: time = Field(description="Local time, e.g. 02:30")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), min_length=1
    )
    time_zone: Zone | None = Field(default=None, description="Default: the project's")
    catch_up_hours: int = Field(default=12, ge=0, le=23, description="A slot missed for longer is recorded as skipped")


class BriefingSection(Section):
    """Where the daily briefing goes besides the terminal. Addresses and webhooks are settings, not project data."""

    html: str = Field(default="briefing.html", description="Page, relative to this file")
    slack: bool = Field(default=False, description="Post to ACTIVATOR_SLACK_WEBHOOK_URL")
    email_to: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...] = ()
    lookback_days: int = Field(default=28, ge=7, le=90)


class Project(Section):
    """The whole file."""

    version: Literal[1] = Field(description="Version of this file format")
    project: ProjectSection
    time_zone: Zone = Field(description="The business's own time zone, e.g. Europe/Berlin")
    currency: CurrencyCode = Field(description="Currency all values are counted in")
    sources: tuple[SourceSection, ...] = Field(min_length=1)
    suppressions: tuple[SuppressionSection, ...] = ()
    consent: ConsentSection = ConsentSection()
    holdout: HoldoutSection | None = None
    identity: IdentitySection = IdentitySection()
    value: ValueSection = ValueSection()
    geography: GeographySection | None = None
    motivation: MotivationSection = MotivationSection()
    tiers: tuple[TierSection, ...] = Field(min_length=2)
    copy_variants: tuple[CopySection, ...] = Field(alias="copy", min_length=1)
    segments: tuple[SegmentSection, ...] = ()
    segment_checks: SegmentChecks = SegmentChecks()
    destinations: dict[Name, DestinationSection] = Field(min_length=1)
    guards: GuardSection = GuardSection()
    approvals: ApprovalSection | None = None
    membership: MembershipSection = MembershipSection()
    retention: RetentionSection = RetentionSection()
    schedules: tuple[ScheduleSection, ...] = ()
    briefing: BriefingSection = BriefingSection()
    outbox: OutboxSection = OutboxSection()

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Where the file lies; what it names is relative to it."""
        return self._folder

    @model_validator(mode="before")
    @classmethod
    def _without_empty_sections(cls, data: Any) -> Any:
        """A section whose every line is commented out is an empty value in YAML; it means its defaults."""
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if value is not None}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("sources", [source.name for source in self.sources])
        names = [*(source.name for source in self.sources), *(listed.name for listed in self.suppressions)]
        _unique("suppressions", names)
        _unique("tiers", [tier.name for tier in self.tiers])
        for tier in self.guards.tier_daily_budgets_max:
            known = any(tier == each.name for each in self.tiers)
            _check(known, f"guards.tier_daily_budgets_max.{tier}: there is no tier `{tier}`")
        _unique("copy", [text.name for text in self.copy_variants if text.name and text.like is None])
        _unique("segments", [segment.name for segment in self.segments])
        for number, fault in scheme_faults(self.segments):
            _check(condition=False, message=f"segments.{number}: {fault}")
        _unique("schedules", [schedule.name for schedule in self.schedules])
        in_tiers = tier_fault(self.tiers, self.value.basis)
        _check(in_tiers is None, in_tiers or "")
        _check(
            any(text.speaks_to == GENERIC and text.is_for_all for text in self.copy_variants),
            "copy: needs at least one variant with `motivation: generic`, for tiers without a dominant motivation",
        )
        lost = outbox_fault(self.outbox, [t.name for t in self.tiers], [segment.name for segment in self.segments])
        _check(lost is None, f"outbox.events.{lost[0]}: {lost[1]}" if lost else "")
        for name, destination in self.destinations.items():
            self._check_destination(name, destination)
        return self

    def _check_destination(self, name: str, destination: DestinationSection) -> None:
        tiers = {tier.name: tier for tier in self.tiers}
        for tier in destination.tiers:
            _check(tier in tiers, f"destinations.{name}.tiers.{tier}: there is no tier `{tier}`")
            _check(
                not tiers[tier].suppress,
                f"destinations.{name}.tiers.{tier}: `{tier}` is suppressed: excluded everywhere, so it has no group",
            )
        _check(
            destination.acquisition is None or GROUP not in tiers,
            f"destinations.{name}.acquisition: a tier has its name; call the tier something else",
        )
        _check(
            destination.new_customer_value is None or destination.strategy is BidStrategy.TARGET_ROAS,
            f"destinations.{name}.new_customer_value: only target_roas, of Google, bids by what a sale counts",
        )
        names = [test.name for test in destination.tests]
        _unique(f"destinations.{name}.tests", names)
        check_bidding(f"destinations.{name}", destination.strategy, destination.bidding, destination.tiers)


def _unique(section: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    _check(not twice, f"{section}: the name `{', '.join(twice)}` stands twice")


def _check(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise ValueError(message)


def minor(amount: Decimal) -> int:
    """An amount of the project file in minor units; exact, since amounts have at most two decimals."""
    return int(amount * 100)


def basis_points(ratio: Decimal) -> int:
    """A ratio x 10,000; exact, since ratios have at most four decimals."""
    return int(ratio * 10_000)


def load_project(path: Path) -> tuple[Project, Document]:
    """Read and check a project file.

    Raises:
        ConfigurationError: names file, line, field and fix.
    """
    document = read_document(path)
    project = validate(document, Project)
    place_copy(project.copy_variants, document)
    project._folder = path.parent
    return project, document
