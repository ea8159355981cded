"""What `activator doctor` looks at of the ad account: may it advertise, is it what the project file says, what is owed.

DOC/marketing-api/reference/ad-account; DOC/.../audiences/reference/custom-audience-terms-of-service, 2026-11-22.
Political ads in the EU: https://transparency.meta.com/policies/ad-standards, none since October 2025, 2026-11-29.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from activator.model.checks import Finding, Severity
from activator.ports import DestinationContext
from connectors.meta.errors import scrub
from connectors.meta.findings import finding, ok
from connectors.meta.options import MetaOptions
from connectors.meta.pacing import access_tier
from connectors.meta.transport import GraphApi
from connectors.meta.version import DSA_COUNTRIES, amount_from

_FIELDS = (
    "id",
    "name",
    "account_status",
    "disable_reason",
    "currency",
    "timezone_name",
    "min_daily_budget",
    "amount_spent",
    "spend_cap",
    "tos_accepted",
    "user_tasks",
    "default_dsa_beneficiary",
    "default_dsa_payor",
)
# account_status. DOC/marketing-api/reference/ad-account
_ACTIVE = 1
_SERVING = frozenset({_ACTIVE, 9, 201})
_STATUS_NAMES = {
    2: "disabled",
    3: "unsettled",
    7: "in risk review",
    8: "awaiting settlement",
    9: "in a grace period for payment",
    100: "about to be closed",
    101: "closed",
    202: "closed",
}
# disable_reason. The same page
_DISABLE_REASONS = {
    1: "for its ads' content",
    2: "for the business behind it",
    3: "after a payment risk",
    4: "as part of a disabled user's account",
    5: "after a review of ads",
    6: "for the business's integrity",
    7: "for good",
    8: "as unused",
}
# Signed uploads and reports tolerate little; a clock this far off also breaks TLS and days.
CLOCK_DIFFERENCE_SECONDS_MAX = 300
POLITICAL = "ISSUES_ELECTIONS_POLITICS"


@dataclass(frozen=True, slots=True)
class AccountChecks:
    """One read of the account, and everything that can be told from it."""

    api: GraphApi
    account: str
    options: MetaOptions
    context: DestinationContext

    def findings(self) -> Iterator[Finding]:
        """One finding each. Raises what reading the account raises."""
        answer = self.api.call("GET", (self.account,), {"fields": ",".join(_FIELDS)})
        account, headers = answer.json(), answer.headers()
        yield _status(account)
        yield from _tasks(account)
        yield _same("currency", account.get("currency"), self.context.currency)
        yield _same("time_zone", account.get("timezone_name"), self.context.time_zone)
        yield _terms(account, self.account)
        yield self._dsa(account)
        yield from self._politics()
        yield from self._spend_cap(account)
        yield from self._minimum(account)
        yield from self._clock(headers)
        yield from _tier(headers)

    def _dsa(self, account: Mapping[str, Any]) -> Finding:
        if self.context.countries and not DSA_COUNTRIES & set(self.context.countries):
            return ok("dsa", "no ads in the EU, so neither beneficiary nor payor is needed")
        named = account.get("default_dsa_beneficiary") and account.get("default_dsa_payor")
        if self.options.dsa_beneficiary or named:
            return ok("dsa", "beneficiary and payor are named")
        return finding(
            "dsa",
            Severity.ERROR if self.context.countries else Severity.WARNING,
            "neither the project file nor the account names beneficiary and payor: ads in the EU will be refused",
            "Set dsa_beneficiary and dsa_payor in the destination's options, or defaults in the account.",
        )

    def _politics(self) -> Iterator[Finding]:
        if POLITICAL not in self.options.special_ad_categories:
            return
        european = sorted(DSA_COUNTRIES & set(self.context.countries))
        if european:
            yield finding(
                "politics",
                Severity.ERROR,
                f"{POLITICAL} is declared, and Meta shows no such ads in the EU ({', '.join(european)})",
                "Remove the countries from the groups, or the category if the ads are not political.",
            )
        else:
            yield ok("politics", f"{POLITICAL} is declared; the page must be authorised for it at Meta")

    def _spend_cap(self, account: Mapping[str, Any]) -> Iterator[Finding]:
        cap, spent = _whole(account.get("spend_cap")), _whole(account.get("amount_spent"))
        if cap and spent >= cap:
            fix = "Raise or reset the account's spending limit in billing at Meta."
            yield finding("spend_cap", Severity.ERROR, "the account's spending limit is reached: nothing is shown", fix)
        elif cap:
            left = amount_from(cap - spent, self.context.currency)
            yield ok("spend_cap", f"{left // 100:,}.{left % 100:02} {self.context.currency} are left to spend")

    def _minimum(self, account: Mapping[str, Any]) -> Iterator[Finding]:
        least = amount_from(_whole(account.get("min_daily_budget")), self.context.currency)
        if least:
            yield ok("budget", f"daily budgets from {least // 100}.{least % 100:02} {self.context.currency} are taken")

    def _clock(self, headers: Mapping[str, str]) -> Iterator[Finding]:
        try:
            theirs = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return
        seconds = abs((self.context.clock.now() - theirs).total_seconds())
        if seconds > CLOCK_DIFFERENCE_SECONDS_MAX:
            message = f"this machine's clock differs from Meta's by {seconds / 60:,.0f} minutes"
            yield finding("clock", Severity.ERROR, message, "Set the clock, and keep it set (NTP).")
        else:
            yield ok("clock", "this machine's clock agrees with Meta's")


def _status(account: Mapping[str, Any]) -> Finding:
    status = account.get("account_status")
    if status == _ACTIVE:
        return ok("account", f"{scrub(str(account.get('name') or account.get('id')))} is active")
    name = _STATUS_NAMES.get(status if isinstance(status, int) else 0, f"in status {status}")
    reason = _DISABLE_REASONS.get(_whole(account.get("disable_reason")))
    severity = Severity.WARNING if status in _SERVING else Severity.ERROR
    message = f"the account is {name}{f' {reason}' if reason else ''}"
    return finding("account", severity, message, "Open Account Quality and billing at Meta.")


def _tasks(account: Mapping[str, Any]) -> Iterator[Finding]:
    tasks = account.get("user_tasks")
    if isinstance(tasks, list) and "ADVERTISE" not in tasks:
        yield finding(
            "tasks",
            Severity.ERROR,
            "the token's user may not advertise on this account",
            "Assign the account to the system user with the task “Manage campaigns”.",
        )


def _same(what: str, remote: Any, ours: str) -> Finding:
    label = what.replace("_", " ")
    if remote == ours:
        return ok(what, f"{label} is {ours} on both sides")
    return finding(
        what,
        Severity.ERROR,
        f"the account's {label} is {scrub(str(remote))}, the project file says {ours}",
        f"Set `{what}` of this destination to the account's.",
    )


def _terms(account: Mapping[str, Any], account_id: str) -> Finding:
    accepted = account.get("tos_accepted")
    if isinstance(accepted, dict) and str(accepted.get("custom_audience_tos", "0")) == "1":
        return ok("terms", "the Custom Audience terms are accepted")
    return finding(
        "terms",
        Severity.ERROR,
        "the Custom Audience terms are not accepted: uploads will be refused",
        "A person of the business opens https://business.facebook.com/ads/manage/customaudiences/tos/"
        f"?act={account_id.removeprefix('act_')} and accepts them.",
    )


def _tier(headers: Mapping[str, str]) -> Iterator[Finding]:
    """How many calls Meta allows, which it says with every answer."""
    tier = access_tier(headers)
    if tier == "development_access":
        yield finding(
            "access_tier",
            Severity.WARNING,
            "the app has limited access: some 20 changes in 5 minutes, so a first sync takes long",
            "Ask for full access to the Marketing API: 500 calls in 15 days with few errors are enough.",
        )
    elif tier:
        yield ok("access_tier", "the app has full access to the Marketing API")


def _whole(value: Any) -> int:
    text = str(value)
    return int(text) if text.isdecimal() else 0
