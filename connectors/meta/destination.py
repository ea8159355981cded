"""Meta as a destination: what the ports ask for, said in terms of audiences, delivery and Insights."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, assert_never

import pyarrow as pa

from activator.errors import ConfigurationError, OutcomeUnknownError, PermanentRefusalError
from activator.model.ads import (
    AdSpec,
    AudienceSpec,
    CampaignSpec,
    GroupSpec,
    ObjectSpec,
    Observation,
    RemoteObject,
    kind_of,
)
from activator.model.checks import Finding
from activator.model.delivery import Operation, Receipt, ReplacementPart
from activator.model.performance import PerformanceRow
from activator.model.split_test import SplitTest
from activator.ports import DestinationContext
from connectors.meta.audiences import Audiences
from connectors.meta.checks import Doctor
from connectors.meta.creatives import Creatives, ad_fields
from connectors.meta.delivery import PAUSED, Delivery, campaign_fields
from connectors.meta.listing import Listing
from connectors.meta.lookalikes import Lookalikes
from connectors.meta.members import Members
from connectors.meta.options import MetaOptions, read_options
from connectors.meta.performance import Insights
from connectors.meta.replacement import Replacements
from connectors.meta.reports import Reports
from connectors.meta.settings import MetaSettings, load
from connectors.meta.shapes import understood
from connectors.meta.studies import start_study
from connectors.meta.transport import GraphApi
from connectors.meta.value_rules import ValueRules
from connectors.meta.version import BATCH_ROWS_MAX, MEMBERS_MIN, QUIET_WINDOW


class MetaDestination:
    """One ad account. Implements Destination of activator.ports, and what a destination may be able to do besides."""

    identifier_form = "meta"
    batch_rows_max = BATCH_ROWS_MAX
    members_min = MEMBERS_MIN
    quiet_window: timedelta = QUIET_WINDOW
    settle_wait_seconds = 0.0
    budget_level = "group"
    replaces_at_once = True

    def __init__(self, context: DestinationContext, settings: MetaSettings, options: MetaOptions) -> None:
        self._context = context
        self._settings = settings
        self._options = options
        self._account = f"act_{re.sub(r'[^0-9]', '', context.account_id)}"
        self._api = GraphApi(settings, context.clock, self._account, context.project_id, context.allowances)
        lookalikes = Lookalikes(
            self._api, self._account, context.project_id, context.name, context.countries, options.lookalike_percent
        )
        self._audiences = Audiences(self._api, self._account, options, lookalikes)
        self._listing = Listing(self._api, self._account, {**context.markers, **lookalikes.markers()})
        limited = options.limited_data_use
        self._members = Members(self._api, self._account, context.clock, limited_data_use=limited)
        self._replacements = Replacements(self._api, context.clock, limited_data_use=limited)
        creatives = Creatives(self._api, self._account, options)
        rules = ValueRules(self._api, self._account, context.project_id, context.name, options.audience_labels)
        self._delivery = Delivery(self._api, self._account, options, context.currency, creatives, rules)

    def comparable(self, spec: ObjectSpec) -> Mapping[str, Any]:
        """See ports. Raises ConfigurationError for what Meta does not have, and for lists of another kind."""
        match spec:
            case AudienceSpec():
                self._audiences.check_kind(spec)
                return self._audiences.fields(spec)
            case CampaignSpec():
                return campaign_fields(spec.name)
            case GroupSpec():
                return self._delivery.group_fields(spec)
            case AdSpec():
                return ad_fields(spec, self._options)
        assert_never(spec)

    @understood(PermanentRefusalError)
    def observe(self) -> Observation:
        """Four lists, read to their ends: an incomplete one raises."""
        audiences = tuple(self._audiences.read(self._listing))
        keys = {audience.platform_id: audience.key for audience in audiences}
        campaigns = tuple(self._delivery.read_campaigns(self._listing))
        groups = tuple(self._delivery.read_groups(self._listing, keys))
        ads = tuple(self._delivery.read_ads(self._listing))
        return Observation((*audiences, *campaigns, *groups, *ads), complete=True)

    @understood(OutcomeUnknownError)
    def create(self, spec: ObjectSpec, ids: Mapping[str, str]) -> RemoteObject:
        """See ports. An ad is two calls; what the first leaves behind after a crash is found and used again."""
        fields = self.comparable(spec)
        status = PAUSED
        match spec:
            case AudienceSpec():
                platform_id, status = self._audiences.create(spec), "unknown"
            case CampaignSpec():
                platform_id = self._delivery.create_campaign(spec)
            case GroupSpec():
                platform_id = self._delivery.create_group(spec, ids)
            case AdSpec():
                platform_id = self._delivery.create_ad(spec, ids)
        return RemoteObject(kind_of(spec), spec.key, platform_id, spec.name, status, fields)

    @understood(OutcomeUnknownError)
    def update(self, spec: ObjectSpec, remote: RemoteObject, ids: Mapping[str, str]) -> None:
        """See ports. Sends only what differs, and no call if nothing does."""
        match spec:
            case AudienceSpec():
                self._audiences.update(spec, remote)
            case CampaignSpec():
                if remote.fields.get("name") != spec.name:
                    self._api.set(remote.platform_id, name=spec.name)
            case GroupSpec():
                self._delivery.update_group(spec, remote, ids)
            case AdSpec():
                self._delivery.update_ad(spec, remote)

    @understood(OutcomeUnknownError)
    def pause(self, remote: RemoteObject) -> None:
        """See ports. An audience has nothing to pause."""
        if remote.kind != "audience":
            self._api.set(remote.platform_id, status=PAUSED)

    @understood(OutcomeUnknownError)
    def send(self, operation: Operation, audience_id: str, members: pa.Table, batch_id: str) -> Receipt:
        """See ports. Meta answers at once; the effect may take up to 24 hours."""
        return self._members.send(operation, audience_id, members, batch_id)

    @understood(OutcomeUnknownError)
    def remove_everywhere(self, members: pa.Table, batch_id: str) -> Receipt:
        """See ports.AccountWideRemoval."""
        return self._members.remove_everywhere(members, batch_id)

    @understood(OutcomeUnknownError)
    def replace(self, audience_id: str, members: pa.Table, part: ReplacementPart) -> Receipt:
        """See ports.ReplacingDestination."""
        return self._replacements.send(audience_id, members, part)

    @understood(OutcomeUnknownError)
    def complete_replacement(self, audience_id: str, last: ReplacementPart, request_id: str = "") -> Receipt:  # noqa: ARG002
        """See ports.ReplacingDestination."""
        return self._replacements.complete(audience_id, last)

    def settle(self, request_id: str, sent: int) -> Receipt:
        """Never needed: no receipt of ours is PROCESSING."""
        raise PermanentRefusalError(f"Meta answers uploads at once; there is no request {request_id} of {sent:,} rows")

    @understood(OutcomeUnknownError)
    def start_split_test(self, test: SplitTest) -> str:
        """See ports.SplitTesting."""
        return start_study(self._api, self._account, self._context.project_id, self._context.name, test)

    def performance(self, since: date, until: date) -> Iterable[PerformanceRow]:
        """See ports."""
        reports = Reports(self._api, self._account, self._context.clock)
        window = self._options.attribution_window
        return Insights(reports, self._context.name, self._context.currency, window).rows(since, until)

    @understood(PermanentRefusalError)
    def check(self) -> Sequence[Finding]:
        """See ports."""
        return Doctor(self._api, self._account, self._settings, self._options, self._context).findings()


class MetaConnector:
    """The entry point `meta` of group activator.destinations."""

    def open(self, context: DestinationContext) -> MetaDestination:
        """See ports."""
        if not re.fullmatch(r"(act_)?[0-9][0-9-]*", context.account_id):
            raise ConfigurationError(
                f"destinations.{context.name}.account_id is not an ad account", "Give its digits, e.g. 1234567890."
            )
        options = read_options(context.name, context.options)
        _check_tiers(context, options)
        return MetaDestination(context, load(context.project_dir), options)

    def options_schema(self) -> Mapping[str, Any]:
        """See ports."""
        return MetaOptions.model_json_schema()


def _check_tiers(context: DestinationContext, options: MetaOptions) -> None:
    """Options that speak of tiers speak of tiers there are."""
    where = f"destinations.{context.name}.options"
    context.check_seeds("lookalike_percent", options.lookalike_percent, options.lookalike_reasons)
    for name in ("adopt_audiences", "audience_labels"):
        unknown = sorted(set(getattr(options, name)) - set(context.tiers))
        if unknown:
            fix = f"Name one of: {', '.join(context.tiers)}."
            raise ConfigurationError(f"{where}.{name}: there is no tier `{unknown[0]}`", fix)
    if options.lookalike_percent and not context.countries:
        raise ConfigurationError(
            f"{where}.lookalike_percent: lookalikes are of countries", f"Set destinations.{context.name}.countries."
        )


connector = MetaConnector()
