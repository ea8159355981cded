"""What `activator doctor` looks at in a Google Ads account: the account itself, declarations, conversions."""

from collections.abc import Iterator
from typing import Any

from activator.model.checks import Finding, Severity
from activator.ports import DestinationContext
from connectors.google.enums import enum_name
from connectors.google.interests import LIST as INTERESTS
from connectors.google.interests import wrong_interests
from connectors.google.observation import CAMPAIGNS
from connectors.google.options import GoogleOptions
from connectors.google.transport import GoogleTransport

_CUSTOMER = (
    "SELECT customer.id, customer.currency_code, customer.time_zone, customer.manager, customer.test_account, "
    "customer.auto_tagging_enabled, customer.status FROM customer LIMIT 1"
)
_CONVERSION = (
    "SELECT conversion_action.id, conversion_action.status, conversion_action.primary_for_goal "
    "FROM conversion_action WHERE conversion_action.id = {}"
)
_DECLARED = ("CONTAINS_EU_POLITICAL_ADVERTISING", "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING")


class AccountChecks:
    """One account, by reading it."""

    def __init__(self, transport: GoogleTransport, options: GoogleOptions, context: DestinationContext) -> None:
        self._transport = transport
        self._options = options
        self._context = context

    def account(self) -> Iterator[Finding]:
        """Access, kind, state, currency and time zone. Raises DestinationError."""
        rows = self._transport.search(_CUSTOMER)
        if not rows:
            yield Finding("account", Severity.ERROR, "Google shows no such account", "Check `account_id`.")
            return
        customer = rows[0].customer
        if customer.manager:
            yield Finding(
                "account",
                Severity.ERROR,
                "the account is a manager account, which holds no campaigns",
                "Set `account_id` to the advertiser and ACTIVATOR_GOOGLE__LOGIN_CUSTOMER_ID to the manager.",
            )
        elif enum_name(customer, "status") != "ENABLED":
            yield Finding(
                "account",
                Severity.ERROR,
                f"the account is {enum_name(customer, 'status').lower()}",
                "Reactivate it in Google Ads, or use another one.",
            )
        else:
            yield Finding("account", Severity.OK, f"account {customer.id} is accessible")
        yield from self._kept_in(customer)
        yield from _usefulness(customer)

    def _kept_in(self, customer: Any) -> Iterator[Finding]:
        for what, told, found in (
            ("currency", self._context.currency, customer.currency_code),
            ("time_zone", self._context.time_zone, customer.time_zone),
        ):
            if told != found:
                yield Finding(
                    what.replace("_", " "),
                    Severity.ERROR,
                    f"the account's is {found}, the project says {told}",
                    f"Set `destinations.{self._context.name}.{what}: {found}`.",
                )

    def declarations(self) -> Iterator[Finding]:
        """Whether every campaign of the account is declared. Raises DestinationError."""
        rows = self._transport.search(CAMPAIGNS)
        field = "contains_eu_political_advertising"
        missing = [row for row in rows if enum_name(row.campaign, field) not in _DECLARED]
        if missing:
            yield Finding(
                "EU political advertising",
                Severity.ERROR,
                f"{len(missing)} of {len(rows)} campaigns lack the declaration; Google refuses changes until then",
                "Declare them in Google Ads: Campaign settings > EU political ads.",
            )
        else:
            yield Finding("EU political advertising", Severity.OK, f"all {len(rows)} campaigns are declared")

    def conversion(self) -> Iterator[Finding]:
        """Whether the conversion action that brings the value counts. Raises DestinationError."""
        number = self._options.conversion_action
        if number is None:
            yield Finding(
                "conversion action",
                Severity.WARNING,
                "no conversion action is named, so nobody checks that purchases are counted",
                "Set the option `conversion_action` to the id of your purchase conversion.",
            )
            return
        rows = self._transport.search(_CONVERSION.format(int(number)))
        if not rows or enum_name(rows[0].conversion_action, "status") != "ENABLED":
            yield Finding(
                "conversion action",
                Severity.ERROR,
                f"conversion action {number} " + ("is not enabled" if rows else "does not exist in this account"),
                "Check the option `conversion_action` under Goals > Conversions in Google Ads.",
            )
        elif not rows[0].conversion_action.primary_for_goal:
            yield Finding(
                "conversion action",
                Severity.WARNING,
                f"conversion action {number} is secondary: reports and bidding do not count it",
                "Make it a primary action under Goals > Conversions.",
            )
        else:
            yield Finding("conversion action", Severity.OK, f"conversion action {number} is enabled")

    def interests(self) -> Iterator[Finding]:
        """Whether the In-Market segments named are such. Raises DestinationError."""
        check, ids = "In-Market segments", self._context.in_market
        wrong = wrong_interests(self._transport, ids)
        for number, why in wrong.items():
            fix = f"Remove {number} from `acquisition.in_market`, or take the right one from {INTERESTS}."
            yield Finding(check, Severity.ERROR, why, fix)
        if ids and not wrong:
            yield Finding(check, Severity.OK, f"all {len(ids)} are In-Market segments")


def _usefulness(customer: Any) -> Iterator[Finding]:
    """What lets an account run and learn nothing."""
    if customer.test_account:
        yield Finding(
            "test account",
            Severity.WARNING,
            "the account is a test account: its ads are never shown and its lists stay empty",
            "Use a production account to advertise.",
        )
    if customer.HasField("auto_tagging_enabled") and not customer.auto_tagging_enabled:
        yield Finding(
            "auto-tagging",
            Severity.WARNING,
            "auto-tagging is off, so sales after a click may not be counted",
            "Switch it on under Admin > Account settings > Auto-tagging.",
        )
