"""Campaigns, ad groups and ads, each created by one atomic request: paused, marked and labelled as ours."""

from collections.abc import Callable, Mapping
from typing import Any

from activator.errors import DestinationError, OutcomeUnknownError, PermanentRefusalError
from activator.model.ads import AdSpec, CampaignSpec, GroupSpec
from activator.model.naming import marker_in
from connectors.google.errors import DUPLICATE_LABEL, DUPLICATE_NAMES
from connectors.google.new_customers import NewCustomers
from connectors.google.observation import groups_in, our_campaigns
from connectors.google.operations import (
    Operation,
    ad_operation,
    campaign_operations,
    group_operations,
    label_operation,
)
from connectors.google.options import GoogleOptions
from connectors.google.transport import GoogleTransport
from connectors.google.value_rules import CampaignRules, read_rules, rule_operations
from connectors.google.version import LABEL_NAME

_LABELS = "SELECT label.resource_name, label.name FROM label WHERE label.status = 'ENABLED'"


class Delivery:
    """Creates what carries ads in one account."""

    def __init__(self, transport: GoogleTransport, options: GoogleOptions) -> None:
        self._transport = transport
        self._options = options
        self._label: str | None = None

    def create_campaign(self, spec: CampaignSpec) -> str:
        """Budget, campaign, places, languages and label, all or none; the campaign's id.

        What new customers count follows in a request of its own, as Google wants it. Where that fails, the campaign is
        found by its marker, and `update` goes on with what is missing.
        Raises DestinationError; OutcomeUnknownError when it may exist now.
        """
        budget, campaign = self._name("campaignBudgets", -1), self._name("campaigns", -2)
        operations = campaign_operations(campaign, budget, spec, self._options)
        try:
            made = self._mutate_labelled(operations, "campaign_label_operation", "campaign", campaign)
        except PermanentRefusalError as error:
            number = _existing(error, spec.name, lambda: self._campaigns_named(spec.name))
        else:
            number = _last_id(made[1])
        if spec.new_customer_value_minor is not None:
            self._count_new_customers(self._name("campaigns", number), spec.new_customer_value_minor)
        return number

    def _count_new_customers(self, campaign: str, value_minor: int) -> None:
        try:
            NewCustomers(self._transport).count(campaign, value_minor)
        except DestinationError as error:
            uncounted = error
        else:
            return
        raise OutcomeUnknownError(
            f"the campaign was created, but new customers do not count for more: {uncounted.message}",
            f"{uncounted.next_step} Then run the sync again; it finds the campaign by its marker.",
            uncounted.fault,
        )

    def create_group(self, spec: GroupSpec, ids: Mapping[str, str]) -> str:
        """Ad group, its list or segments, exclusions, keywords and label, all or none; the ad group's id."""
        group, campaign_id = self._name("adGroups", -1), ids[spec.campaign_key]
        customer, campaign = self._transport.customer_id, self._name("campaigns", campaign_id)
        operations = group_operations(customer, group, campaign, spec, ids, self._options)
        if spec.bid.value_bp is not None:
            operations += self._value_rules(campaign, ids[spec.audience_key], spec.bid.value_bp)
        try:
            made = self._mutate_labelled(operations, "ad_group_label_operation", "ad_group", group)
        except PermanentRefusalError as error:
            return _existing(error, spec.name, lambda: groups_in(self._transport, campaign_id))
        return _last_id(made[0])

    def create_ad(self, spec: AdSpec, ids: Mapping[str, str]) -> str:
        """One responsive search ad and its label, both or none; its id."""
        group = self._name("adGroups", ids[spec.group_key])
        ad = self._name("adGroupAds", f"{ids[spec.group_key]}~-1")
        operations = [ad_operation(ad, group, spec, self._options)]
        return _last_id(self._mutate_labelled(operations, "ad_group_ad_label_operation", "ad_group_ad", ad)[0])

    def _value_rules(self, campaign: str, list_id: str, factor_bp: int) -> list[Operation]:
        known = read_rules(self._transport, frozenset({campaign})).get(campaign, CampaignRules())
        return rule_operations(self._transport.customer_id, campaign, list_id, factor_bp, known)

    def _mutate_labelled(self, operations: list[Operation], kind: str, field: str, resource: str) -> list[str]:
        """Run operations and label one of the resources they make, by its temporary name."""
        attach: Operation = {kind: {"create": {field: resource, "label": self._known_label()}}}
        return self._transport.mutate([*operations, attach])

    def _known_label(self) -> str:
        """The label, made on first use: by itself, since Google gave labels no temporary names.

        github.com/Opteo/google-ads-api/issues/182 (v5; nothing newer was found on 2026-11-29).
        """
        if self._label is None:
            self._label = self._find_label() or self._made_label()
        return self._label

    def _made_label(self) -> str:
        try:
            return self._transport.mutate([label_operation()])[0]
        except PermanentRefusalError as error:
            # Somebody has just made it.
            if error.fault.code == DUPLICATE_LABEL and (label := self._find_label()):
                return label
            raise

    def _find_label(self) -> str | None:
        found = [row.label.resource_name for row in self._transport.search(_LABELS) if row.label.name == LABEL_NAME]
        return found[0] if found else None

    def _campaigns_named(self, name: str) -> list[Any]:
        return [row.campaign for row in our_campaigns(self._transport, {marker_in(name) or "": ""})]

    def _name(self, collection: str, number: int | str) -> str:
        return f"customers/{self._transport.customer_id}/{collection}/{number}"


def _existing(error: PermanentRefusalError, name: str, look: Callable[[], list[Any]]) -> str:
    """The id of the one object that has this name, and thereby our marker; else the refusal is raised again."""
    if error.fault.code in DUPLICATE_NAMES and marker_in(name):
        found = [shown for shown in look() if shown.name == name]
        if len(found) == 1:
            return str(found[0].id)
    raise error


def _last_id(resource_name: str) -> str:
    """`customers/1/adGroupAds/2~3` -> `3`."""
    return resource_name.rsplit("/", 1)[-1].rsplit("~", 1)[-1]
