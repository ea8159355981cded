"""What must be so before new customers can count for more: told while planning (pure), and by `activator doctor`.

Sources: support.google.com/google-ads/answer/12080169 (modes, campaigns, bidding, purchase goal), /14007601 (size of
lists), and the enum ConversionValueRulePrimaryDimension (v26): NEW_VS_RETURNING_USER stands beside AUDIENCE and
MULTIPLE, so a rule of value and the goal may both raise one sale. Read 2026-11-29.
"""

from collections.abc import Callable, Iterator
from typing import Any

from activator.errors import ConfigurationError
from activator.model.ads import CampaignSpec, GroupSpec, ObjectSpec
from activator.model.checks import Finding, Severity
from activator.model.naming import marker_in
from activator.ports import DestinationContext
from connectors.google.enums import enum_name
from connectors.google.new_customers import GOAL_ELSEWHERE, GOALS, MAKE_IT_THERE, conversions_elsewhere
from connectors.google.options import GoogleOptions
from connectors.google.transport import GoogleTransport
from connectors.google.version import GOAL_MEMBERS_MIN, GOAL_VERSIONS, KNOWN_CUSTOMERS

_CHECK = "new customers"
_PURCHASES = (
    "SELECT conversion_action.id FROM conversion_action WHERE conversion_action.category = 'PURCHASE' "
    "AND conversion_action.status = 'ENABLED' AND conversion_action.primary_for_goal = TRUE"
)


def check_new_customers(
    spec: ObjectSpec, context: DestinationContext, options: GoogleOptions, api_version: str
) -> None:
    """Refuse a value of new customers that would reach nobody, or people who are none. Raises ConfigurationError."""
    where = f"destinations.{context.name}"
    if isinstance(spec, CampaignSpec) and spec.new_customer_value_minor is not None:
        if api_version not in GOAL_VERSIONS:
            raise ConfigurationError(
                f"{where}.new_customer_value: Google Ads API {api_version} does not have it",
                f"Set ACTIVATOR_GOOGLE__API_VERSION to {' or '.join(GOAL_VERSIONS)}.",
            )
        if options.targeting == "targeting" and not context.in_market:
            raise ConfigurationError(
                f"{where}.new_customer_value: only people on the tiers' lists see the ads, and none of them is new",
                "Remove it, add an `acquisition` group, or set the option `targeting: observation`.",
            )
    if isinstance(spec, GroupSpec) and spec.audience_key:
        _check_known(where, spec.tier, context, options)


def _check_known(where: str, tier: str, context: DestinationContext, options: GoogleOptions) -> None:
    """A tier's people are customers; Google must not take them for new ones, and raise their sales a second time."""
    if context.counts_new_customers and not _are_known(tier, options):
        raise ConfigurationError(
            f"{where}.new_customer_value: Google would count people of tier {tier} as new customers, too",
            f"Say that they are customers: `customer_types: {{{tier}: purchasers}}` in its options.",
        )


class NewCustomerChecks:
    """What `activator doctor` looks at where new customers count for more."""

    def __init__(self, transport: GoogleTransport, options: GoogleOptions, context: DestinationContext) -> None:
        self._transport = transport
        self._options = options
        self._context = context

    def findings(self, lists: Callable[[], list[Any]]) -> Iterator[Finding]:
        """Goal, purchases and lists of known customers. lists: those of ours. Raises DestinationError."""
        if not self._context.counts_new_customers:
            return
        found = [*self._goal_and_purchases(), *self._small_lists(lists())]
        yield from found
        if not found:
            yield Finding(_CHECK, Severity.OK, "a sale to a new customer can count for more")

    def _goal_and_purchases(self) -> Iterator[Finding]:
        goals = self._transport.search(GOALS)
        elsewhere = conversions_elsewhere(self._transport)
        if not goals and elsewhere:
            yield Finding(_CHECK, Severity.ERROR, GOAL_ELSEWHERE.format(elsewhere), MAKE_IT_THERE)
        if goals and enum_name(goals[0].goal, "optimization_eligibility") == "INELIGIBLE":
            yield Finding(
                _CHECK,
                Severity.ERROR,
                "Google says that no campaign can go by the account's goal for new customers",
                "See Goals > Summary > Customer acquisition in Google Ads for what is missing.",
            )
        # Another account's conversions are not all shown here; whether purchases are among them is seen there.
        if not elsewhere and not self._transport.search(_PURCHASES):
            yield Finding(
                _CHECK,
                Severity.ERROR,
                "no purchase is counted as a primary conversion, without which new customers count for nothing more",
                "Make your purchase conversion a primary action of the goal Purchase, under Goals > Conversions.",
            )

    def _small_lists(self, lists: list[Any]) -> Iterator[Finding]:
        for found in lists:
            tier = self._context.markers[marker_in(found.display_name) or ""].removeprefix("audience/")
            size = found.size_info
            members = max(size.search_network_members_count, size.display_network_members_count)
            if members < GOAL_MEMBERS_MIN and _are_known(tier, self._options):
                yield Finding(
                    _CHECK,
                    Severity.WARNING,
                    f"{found.display_name} has {members:,} members in its largest network; below {GOAL_MEMBERS_MIN:,} "
                    "Google does not go by it, and may take its people for new customers",
                    "Wait up to 48 hours after an upload, or merge small tiers.",
                )


def _are_known(tier: str, options: GoogleOptions) -> bool:
    """Whether Google is told that a tier's people have bought before."""
    return not KNOWN_CUSTOMERS.isdisjoint(options.customer_types.get(tier, ()))
