"""One advertiser's resources: read from the shared state, changed in memory, written at once or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox import accounts
from connectors.sandbox.google import rules
from connectors.sandbox.google.kinds import KIND, KIND_BY_COLLECTION, Kind, collection_pattern
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import enum_word, from_document, resource_class, to_document
from connectors.sandbox.state import PlatformState

PLATFORM = "google"
# A few of Google's own segments; names are made up.
_INTERESTS = (
    (80000, "Outdoor gear", "IN_MARKET"),
    (80432, "Luggage and travel bags", "IN_MARKET"),
    (80545, "Sports clothing", "IN_MARKET"),
    (92902, "Outdoor enthusiasts", "AFFINITY"),
)
DELIVERING = frozenset({"campaign", "ad_group", "ad_group_ad", "conversion_value_rule_set"})


class Account:
    """A working copy of one customer. Kinds are loaded when first asked for; `commit` writes what was changed."""

    def __init__(self, state: PlatformState, customer_id: str) -> None:
        self.state = state
        self.customer_id = customer_id
        self._loaded: dict[str, dict[str, Any]] = {}
        self._documents: dict[str, dict[str, Any]] = {}
        self._changed: dict[tuple[str, str], Any] = {}
        self._open()

    @property
    def name(self) -> str:
        """The customer's resource name."""
        return f"customers/{self.customer_id}"

    @property
    def customer(self) -> Any:
        """The Customer resource."""
        return self._kind("customer")[self.name]

    @property
    def billable_unit_micros(self) -> int:
        """The smallest amount of the account's currency, in micros."""
        return rules.BILLABLE_UNIT_MICROS.get(self.customer.currency_code, rules.BILLABLE_UNIT_MICROS_DEFAULT)

    def now(self) -> datetime:
        """The present in the account's time zone."""
        return self.state.clock.now().astimezone(ZoneInfo(self.customer.time_zone))

    def today(self) -> date:
        """The account's local date."""
        return self.now().date()

    # Reading

    def all(self, kind: str) -> dict[str, Any]:
        """Every resource of one kind by resource name, removed ones included, oldest first."""
        found = dict(self._kind(kind))
        for (changed_kind, name), message in self._changed.items():
            if changed_kind == kind:
                if message is None:
                    found.pop(name, None)
                else:
                    found[name] = message
        return found

    def live(self, kind: str) -> list[Any]:
        """Resources of one kind that are not removed."""
        return [message for message in self.all(kind).values() if not is_removed(message)]

    def find(self, kind: str, name: str) -> Any:
        """One resource, or None."""
        if (kind, name) in self._changed:
            return self._changed[kind, name]
        return self._kind(kind).get(name)

    def refer(self, kind: str, name: str, path: str) -> Any:
        """The resource another one refers to. Raises Refusal when it is malformed, unknown or removed."""
        if not name:
            raise Refusal("field_error", "REQUIRED", "The required field was not present.", path)
        found = self.known(KIND[kind], name, path)
        if is_removed(found):
            text = "The operation is not allowed for removed resources."
            raise Refusal("context_error", "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE", text, path, name)
        return found

    def known(self, kind: Kind, name: str, path: str) -> Any:
        """One resource by name, removed or not. Raises Refusal when the name is malformed or unknown.

        Texts and INVALID_ARGUMENT: github.com/googleads/google-ads-python/issues/764,
        github.com/Opteo/google-ads-api/issues/459.
        """
        parts = name.split("/")
        if len(parts) != 4 or parts[0] != "customers" or KIND_BY_COLLECTION.get(parts[2]) is not kind:
            text = f"Resource name '{name}' is malformed: expected '{collection_pattern(kind)}'."
            raise Refusal("request_error", "RESOURCE_NAME_MALFORMED", text, path, name)
        found = self.find(kind.name, name)
        if found is None:
            raise Refusal("mutate_error", "RESOURCE_NOT_FOUND", "Resource was not found.", path, name)
        return found

    def enabled_days(self, kind: str, name: str) -> list[list[str | None]]:
        """Periods [first day, last day or None] in which a delivering resource was ENABLED."""
        self._kind(kind)
        return list(self._documents.get(f"{kind}:{name}", {}).get("enabled_days", []))

    # Changing

    def put(self, kind: str, message: Any) -> None:
        """Create or replace one resource in the working copy."""
        self._changed[kind, message.resource_name] = message

    def drop(self, kind: str, name: str) -> None:
        """Remove one resource without trace from the working copy."""
        self._changed[kind, name] = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Changes made inside are taken back when it raises."""
        before = dict(self._changed)
        try:
            yield
        except BaseException:
            self._changed = before
            raise

    def commit(self) -> None:
        """Write all changes to the state."""
        with self.state.transaction():
            for (kind, name), message in self._changed.items():
                if message is None:
                    self._forget(kind, name)
                else:
                    self.state.put(PLATFORM, kind, name, self._document(kind, message))
        self._changed.clear()
        self._loaded.clear()

    # Inside

    def _forget(self, kind: str, name: str) -> None:
        self.state.delete(PLATFORM, kind, name)
        if kind == "user_list":
            self.state.drop_audience(PLATFORM, name.rpartition("/")[2])

    def _document(self, kind: str, message: Any) -> dict[str, Any]:
        document = {"customer_id": self.customer_id, "id": message.resource_name, "resource": to_document(message)}
        if kind in DELIVERING:
            days = self.enabled_days(kind, message.resource_name)
            document["enabled_days"] = _periods(days, enum_word(message, "status") == "ENABLED", self.today())
        return document

    def _kind(self, kind: str) -> dict[str, Any]:
        if kind not in self._loaded:
            documents = [
                document for document in self.state.list(PLATFORM, kind) if document["customer_id"] == self.customer_id
            ]
            self._documents.update({f"{kind}:{document['id']}": document for document in documents})
            self._loaded[kind] = {document["id"]: from_document(kind, document["resource"]) for document in documents}
        return self._loaded[kind]

    def _open(self) -> None:
        """An account seen for the first time gets its Customer and the advertiser's conversion action."""
        with self.state.transaction():
            if self.state.get(PLATFORM, "customer", self.name) is None:
                for kind, message in _new_account(self.customer_id, accounts.profile(self.state)):
                    document = self._document(kind, message)
                    self.state.put(PLATFORM, kind, message.resource_name, document)


def is_removed(message: Any) -> bool:
    """True for a resource whose status is REMOVED."""
    return "status" in message.DESCRIPTOR.fields_by_name and enum_word(message, "status") == "REMOVED"


def _periods(days: list[list[str | None]], enabled: bool, today: date) -> list[list[str | None]]:  # noqa: FBT001
    running = bool(days) and days[-1][1] is None
    if enabled and not running:
        return [*days, [today.isoformat(), None]]
    if running and not enabled:
        return [*days[:-1], [days[-1][0], today.isoformat()]]
    return days


def _new_account(customer_id: str, profile: accounts.Profile) -> list[tuple[str, Any]]:
    name = f"customers/{customer_id}"
    customer = resource_class("customer")(
        resource_name=name,
        id=int(customer_id),
        descriptive_name=accounts.ADVERTISER_NAME,
        currency_code=profile.currency,
        time_zone=profile.time_zone,
        auto_tagging_enabled=True,
        manager=customer_id == accounts.GOOGLE_LOGIN_CUSTOMER_ID,
        status="ENABLED",
    )
    customer.conversion_tracking_setting.accepted_customer_data_terms = True
    action = resource_class("conversion_action")(
        resource_name=f"{name}/conversionActions/{accounts.GOOGLE_CONVERSION_ACTION_ID}",
        id=int(accounts.GOOGLE_CONVERSION_ACTION_ID),
        name="Purchase",
        status="ENABLED",
        type_="WEBPAGE",
        category="PURCHASE",
        primary_for_goal=True,
        include_in_conversions_metric=True,
        owner_customer=name,
    )
    interests = [
        resource_class("user_interest")(
            resource_name=f"{name}/userInterests/{number}",
            user_interest_id=number,
            name=title,
            taxonomy_type=taxonomy,
            launched_to_all=True,
        )
        for number, title, taxonomy in _INTERESTS
    ]
    return [("customer", customer), ("conversion_action", action), *(("user_interest", one) for one in interests)]
