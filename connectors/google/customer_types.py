"""What kind of customers a list holds, told to Google Ads: its goals (new customers, winning back) go by such lists.

developers.google.com/google-ads/api/docs/conversions/goals/lifecycle-goals (read 2026-11-22). A list may have several
types; those the project does not name are left alone.
"""

from collections.abc import Sequence
from typing import Any

from connectors.google.enums import enum_name
from connectors.google.transport import GoogleTransport

_SERVICE = "user_list_customer_type_service"
_TYPES = (
    "SELECT user_list_customer_type.user_list, user_list_customer_type.customer_type_category "
    "FROM user_list_customer_type"
)


class CustomerTypes:
    """The types of the lists of one advertiser."""

    def __init__(self, transport: GoogleTransport) -> None:
        self._transport = transport

    def by_list(self) -> dict[str, frozenset[str]]:
        """List id -> its types. One operation."""
        found: dict[str, set[str]] = {}
        for row in self._transport.search(_TYPES):
            shown: Any = row.user_list_customer_type
            number = shown.user_list.rsplit("/", 1)[-1]
            found.setdefault(number, set()).add(enum_name(shown, "customer_type_category"))
        return {number: frozenset(types) for number, types in found.items()}

    def give(self, list_id: str, types: Sequence[str]) -> None:
        """Say that a list holds customers of these types, too: all or none of them. Raises DestinationError."""
        if not types:
            return
        customer = self._transport.customer_id
        name = f"customers/{customer}/userLists/{list_id}"
        tags = [{"create": {"user_list": name, "customer_type_category": kind.upper()}} for kind in types]
        request = self._transport.request(_SERVICE, "MutateUserListCustomerTypesRequest")(
            customer_id=customer, operations=tags
        )
        self._transport.ads_call(_SERVICE, "mutate_user_list_customer_types", request, operations=len(tags))
