"""The Google destination: Customer Match lists through the Data Manager API, Search campaigns through Google Ads."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from activator.config.settings import load_settings
from activator.errors import ConfigurationError
from activator.model.ads import (
    AdSpec,
    AudienceSpec,
    BidStrategy,
    CampaignSpec,
    GroupField,
    GroupSpec,
    ObjectSpec,
    Observation,
    RemoteObject,
    kind_of,
)
from activator.model.checks import Finding
from activator.model.delivery import Operation, Receipt, ReplacementPart, Settlement
from activator.model.performance import PerformanceRow
from activator.model.plan import Change, CreateObject, UpdateObject
from activator.model.reports import Cut, ReportRow
from activator.model.split_test import SplitTest
from activator.ports import DestinationContext
from connectors.google.audiences import Audiences
from connectors.google.checks import Checks
from connectors.google.comparison import check_amounts, comparable
from connectors.google.costs import words_of_cost
from connectors.google.delivery import Delivery
from connectors.google.errors import TERMS
from connectors.google.experiments import Experiments
from connectors.google.interests import LIST as INTERESTS
from connectors.google.interests import wrong_interests
from connectors.google.jobs import OfflineJobs
from connectors.google.list_checks import UNSAID_TERMS
from connectors.google.lookalikes import Lookalikes
from connectors.google.new_customer_checks import check_new_customers
from connectors.google.new_customers import NewCustomers
from connectors.google.observation import observe
from connectors.google.options import options_schema, read_options
from connectors.google.performance import read_performance
from connectors.google.receipts import refused_size
from connectors.google.rehearsal import Rehearsal
from connectors.google.replacement import clear_before
from connectors.google.reports import read_report
from connectors.google.settings import PREFIX, GoogleSettings
from connectors.google.transport import GoogleTransport
from connectors.google.updates import Updates
from connectors.google.uploads import Uploads
from connectors.google.version import BATCH_ROWS_MAX, MEMBERS_MIN, QUIET_WINDOW

if TYPE_CHECKING:
    import pyarrow as pa

_JOB = "/offlineUserDataJobs/"
_ACCOUNT = re.compile(r"[0-9]{10}")


class GoogleDestination:
    """One Google Ads account: implements ports.Destination. Opened without a call to Google."""

    identifier_form = "google"
    batch_rows_max = BATCH_ROWS_MAX
    members_min = MEMBERS_MIN
    budget_level = "campaign"
    replaces_at_once = False

    def __init__(self, context: DestinationContext, settings: GoogleSettings) -> None:
        """Check options, settings and files. Raises ConfigurationError."""
        customer_id = context.account_id.replace("-", "")
        if not _ACCOUNT.fullmatch(customer_id):
            raise ConfigurationError(
                f"destinations.{context.name}.account_id: a Google Ads account has ten digits",
                "Take it from the top right corner of Google Ads, e.g. 123-456-7890.",
            )
        self._context = context
        self._settings = settings
        self._options = read_options(context.name, {"countries": context.countries, **context.options})
        context.check_seeds("lookalikes", self._options.lookalikes, self._options.lookalike_reasons)
        self._transport = GoogleTransport(settings, customer_id, context.clock, context.allowances)
        lookalikes = Lookalikes(self._transport, self._options, context.project_id, context.name)
        self._audiences = Audiences(self._transport, self._options, lookalikes)
        self._uploads = Uploads(
            self._transport,
            context.clock,
            settings.poll_first_seconds,
            terms=self._options.customer_match_terms_accepted,
        )
        self._jobs = OfflineJobs(self._transport, context.clock, settings.poll_first_seconds)
        self._strategy: BidStrategy | None = None
        self._delivery = Delivery(self._transport, self._options)
        self._updates = Updates(self._transport, self._options)

    @property
    def quiet_window(self) -> timedelta:
        """How long an unacknowledged upload may still take effect."""
        return QUIET_WINDOW

    @property
    def settle_wait_seconds(self) -> float:
        """How long to wait for an upload to be processed before leaving it to the next run.

        Not at all where there could be no answer yet.
        """
        patience = self._settings.settle_wait_seconds
        return patience if self._settings.poll_first_seconds <= patience else 0.0

    def comparable(self, spec: ObjectSpec) -> Mapping[str, GroupField]:
        """See ports. Raises ConfigurationError for what Google would refuse or ignore, so that the plan shows it."""
        check_amounts(spec, self._context.currency)
        fields = comparable(spec, self._options)
        check_new_customers(spec, self._context, self._options, self._settings.api_version)
        if isinstance(spec, CampaignSpec):
            self._strategy = spec.strategy
        elif isinstance(spec, GroupSpec) and self._strategy not in (None, spec.bid.strategy):
            raise ConfigurationError(
                f"Google: the tier {spec.tier} bids by {spec.bid.strategy.value}, its campaign by {self._strategy}",
                "Remove the tier's `bid.strategy`: Google has one strategy per campaign and ignores other bids.",
            )
        return fields

    def observe(self) -> Observation:
        """See ports."""
        markers = self._context.markers
        return observe(self._transport, self._audiences.observed(markers), markers)

    def create(self, spec: ObjectSpec, ids: Mapping[str, str]) -> RemoteObject:
        """See ports. An object that already has the marked name is returned instead of made twice."""
        fields = self.comparable(spec)
        status = "PAUSED"
        match spec:
            case AudienceSpec():
                platform_id, status = str(self._audiences.create(spec).id), "OPEN"
            case CampaignSpec():
                platform_id = self._delivery.create_campaign(spec)
            case GroupSpec():
                platform_id = self._delivery.create_group(spec, ids)
            case AdSpec():
                platform_id = self._delivery.create_ad(spec, ids)
        return RemoteObject(kind_of(spec), spec.key, platform_id, spec.name, status, fields)

    def update(self, spec: ObjectSpec, remote: RemoteObject, ids: Mapping[str, str]) -> None:
        """See ports. What was seen to be as wanted costs no call; all else is looked at anew before it is changed."""
        if dict(remote.fields) == dict(comparable(spec, self._options)):
            return
        match spec:
            case AudienceSpec():
                self._audiences.update(spec, remote.platform_id, remote.fields)
            case CampaignSpec():
                self._updates.update_campaign(spec, remote.platform_id, remote.fields)
            case GroupSpec():
                self._updates.update_group(spec, remote.platform_id, ids)
            case AdSpec():
                self._updates.update_ad(spec, remote.platform_id)

    def pause(self, remote: RemoteObject) -> None:
        """See ports."""
        self._updates.pause(remote)

    def send(self, operation: Operation, audience_id: str, members: "pa.Table", batch_id: str) -> Receipt:
        """See ports. Google has no idempotency key; an identical resend is an upsert (ingest) or changes nothing."""
        del batch_id
        if nothing := refused_size(members.num_rows):
            return nothing
        if self._options.uploads == "offline_jobs":
            return self._jobs.send(operation, audience_id, members)
        return self._uploads.send(operation, [audience_id], members)

    def settle(self, request_id: str, sent: int) -> Receipt:
        """See ports. A job is told by its name, whichever way is taken now."""
        if _JOB in request_id:
            return self._jobs.settle(request_id, sent)
        return self._uploads.settle(request_id, sent)

    def remove_everywhere(self, members: "pa.Table", batch_id: str) -> Receipt:
        """See ports.AccountWideRemoval: every list of contacts the account owns, ten of them a request."""
        del batch_id
        if nothing := refused_size(members.num_rows):
            return nothing
        lists = self._audiences.of_contacts()
        if not lists:
            return Receipt(Settlement.SETTLED, members.num_rows, settled=members.num_rows)
        return self._uploads.send(Operation.REMOVE, lists, members)

    def refusals(self, changes: Sequence[Change], ids: Mapping[str, str]) -> Mapping[str, str]:
        """See ports.RehearsingDestination."""
        made = [change.spec for change in changes if isinstance(change, CreateObject | UpdateObject)]
        self._check_interests({number for spec in made if isinstance(spec, GroupSpec) for number in spec.in_market})
        return {
            **self._unsaid_terms(made, ids),
            **self._uncounted(changes, ids),
            **Rehearsal(self._transport, self._options).refusals(changes, ids),
        }

    def _check_interests(self, ids: Collection[str]) -> None:
        for number, wrong in wrong_interests(self._transport, ids).items():
            raise ConfigurationError(
                f"destinations.{self._context.name}.acquisition.in_market: {wrong}",
                f"Remove {number}, or take the right one from {INTERESTS}.",
            )

    def _uncounted(self, changes: Sequence[Change], ids: Mapping[str, str]) -> dict[str, str]:
        """Campaigns for which Google would refuse to count new customers for more."""
        refused = {}
        for change in changes:
            spec = change.spec if isinstance(change, CreateObject | UpdateObject) else None
            if not isinstance(spec, CampaignSpec) or spec.new_customer_value_minor is None:
                continue
            if isinstance(change, UpdateObject) and "new_customer_value_minor" not in change.differences:
                continue
            there = f"customers/{self._transport.customer_id}/campaigns/{ids[spec.key]}" if spec.key in ids else None
            if why := NewCustomers(self._transport).refusal(there, spec.new_customer_value_minor):
                refused[spec.key] = why
        return refused

    def _unsaid_terms(self, made: Sequence[ObjectSpec], ids: Mapping[str, str]) -> dict[str, str]:
        """Of a first list, which Google cannot be asked about: what its first upload needs."""
        lists = [spec.key for spec in made if isinstance(spec, AudienceSpec)]
        known = any(key.startswith("audience/") for key in ids) or self._options.customer_match_terms_accepted
        return {} if known else dict.fromkeys(lists[:1], f"{UNSAID_TERMS}. {TERMS}")

    def cost(self, changes: Sequence[Change]) -> str | None:
        """See ports.MeteredDestination."""
        daily = self._transport.daily_operations
        return words_of_cost(changes, self._options, daily.allowed, daily.left)

    def replace(self, audience_id: str, members: "pa.Table", part: ReplacementPart) -> Receipt:  # noqa: ARG002
        """See ports.ReplacingDestination."""
        if nothing := refused_size(members.num_rows):
            return nothing
        return self._uploads.send(Operation.ADD, [audience_id], members)

    def complete_replacement(self, audience_id: str, last: ReplacementPart, request_id: str = "") -> Receipt:
        """See ports.ReplacingDestination."""
        return clear_before(self._transport, self._uploads, audience_id, last, request_id)

    def performance(self, since: date, until: date) -> Iterable[PerformanceRow]:
        """See ports."""
        return read_performance(self._transport, self._context.name, self._context.markers, since, until)

    def start_split_test(self, test: SplitTest) -> str:
        """See ports.SplitTesting."""
        return Experiments(self._transport, self._context).start(test)

    def report(self, cut: Cut, since: date, until: date) -> Iterable[ReportRow]:
        """See ports.ReportingDestination."""
        return read_report(self._transport, self.observe(), self._context.markers, cut, since, until)

    def check(self) -> Sequence[Finding]:
        """See ports."""
        return Checks(
            self._transport, self._audiences, self._uploads, self._settings, self._options, self._context
        ).run()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


class GoogleConnector:
    """What the entry point `google` names: implements ports.DestinationConnector."""

    def open(self, context: DestinationContext) -> GoogleDestination:
        """See ports."""
        return GoogleDestination(context, load_settings(GoogleSettings, context.project_dir, PREFIX))

    def options_schema(self) -> Mapping[str, Any]:
        """See ports."""
        return options_schema()


connector = GoogleConnector()
