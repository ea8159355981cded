"""Lists of customers through the Data Manager API: find, create, bring back to what they should be.

Lists are also read here and not through GAQL: reading them costs nothing of the Google Ads API's daily operations
(2,880 for a new Cloud project), and both APIs use the same list ids.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from activator.errors import ConfigurationError, PermanentRefusalError
from activator.model.ads import AudienceSpec, GroupField, RemoteObject
from activator.model.naming import marker_in
from connectors.google.customer_types import CustomerTypes
from connectors.google.enums import enum_name
from connectors.google.errors import DUPLICATE_NAMES
from connectors.google.lookalikes import Lookalikes, wanted_lookalike
from connectors.google.options import GoogleOptions
from connectors.google.transport import GoogleTransport
from connectors.google.version import MEMBERSHIP_DAYS_MAX

_SECONDS_PER_DAY = 86_400
_CONTACTS = "CONTACT_ID"


def wanted_list(spec: AudienceSpec, options: GoogleOptions) -> dict[str, GroupField]:
    """Comparable settings of a list, as `Audiences.observed` would show it.

    Raises:
        ConfigurationError: a list with values, which Google does not have.
    """
    if spec.value_based:
        raise ConfigurationError(
            f"Google has no lists whose members have a value (tier {spec.tier})",
            "Remove `value_based` from the tier; Google learns values by `value_rule` and from conversions.",
        )
    described = " ".join(part for part in (options.description, spec.description) if part)
    wanted: dict[str, GroupField] = {
        "name": spec.name,
        "description": described or spec.name,
        "membership_days": options.membership_days,
    }
    if spec.tier in options.customer_types:
        wanted["customer_types"] = tuple(sorted(set(options.customer_types[spec.tier])))
    if (lookalike := wanted_lookalike(options, spec.tier)) is not None:
        wanted["lookalike"] = lookalike
    return wanted


class Audiences:
    """The lists of one advertiser."""

    def __init__(self, transport: GoogleTransport, options: GoogleOptions, lookalikes: Lookalikes) -> None:
        self._transport = transport
        self._options = options
        self._types = CustomerTypes(transport)
        self._lookalikes = lookalikes
        self._parent = f"accountTypes/GOOGLE_ADS/accounts/{transport.customer_id}"

    def all(self) -> list[Any]:
        """Every list of the account, all pages, as raw protobuf."""
        from google.ads.datamanager_v1.types.user_list_service import ListUserListsRequest

        found: list[Any] = []
        request = ListUserListsRequest.pb()(parent=self._parent)
        while True:
            page = self._transport.list_page(request)
            found.extend(page.user_lists)
            if not page.next_page_token:
                return found
            request = ListUserListsRequest.pb()(parent=self._parent, page_token=page.next_page_token)

    def observed(self, markers: Mapping[str, str]) -> list[RemoteObject]:
        """Our lists among all, as the planner compares them. Raises DestinationError."""
        every = self.all()
        lists = [(key, found) for found in every if (key := markers.get(marker_in(found.display_name) or ""))]
        lists += self._adopted(every, {key: str(found.id) for key, found in lists})
        types = self._types.by_list() if self._options.customer_types else {}
        alike = self._lookalikes.there()
        return [
            RemoteObject(
                "audience",
                key,
                str(found.id),
                found.display_name,
                enum_name(found, "membership_status"),
                self._shown(key.removeprefix("audience/"), found, types.get(str(found.id), frozenset()), alike),
            )
            for key, found in lists
        ]

    def _adopted(self, every: list[Any], marked: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        """Lists the project file names by id and that do not carry our marker yet: the first update gives it to them.

        marked: spec key -> id of those that do.
        """
        by_id = {str(found.id): found for found in every}
        for tier, number in self._options.adopt_audiences.items():
            key = f"audience/{tier}"
            if marked.get(key, number) != number:
                raise PermanentRefusalError(
                    f"tier {tier} has a list of ours ({marked[key]}) and is to adopt {number} as well",
                    "Remove one of them: adopt_audiences in the project file, or the list in Google Ads.",
                )
            if key not in marked:
                if number not in by_id or not _holds_contacts(by_id[number]):
                    raise PermanentRefusalError(
                        f"list {number} is no list of customers' contacts that this account may change",
                        "Correct adopt_audiences in the destination's options.",
                    )
                yield key, by_id[number]

    def _shown(self, tier: str, found: Any, types: frozenset[str], alike: frozenset[str]) -> dict[str, GroupField]:
        duration = found.membership_duration.seconds if found.HasField("membership_duration") else None
        # user_list.py (0.9.4): a list without a duration has the longest.
        days = MEMBERSHIP_DAYS_MAX if duration is None else duration // _SECONDS_PER_DAY
        shown: dict[str, GroupField] = {
            "name": found.display_name,
            "description": found.description,
            "membership_days": days,
        }
        if (wanted := self._options.customer_types.get(tier)) is not None:
            named = {name.lower() for name in types}
            shown["customer_types"] = tuple(sorted(set(wanted) if named.issuperset(wanted) else named))
        if (lookalike := self._lookalikes.shown(tier, found, alike)) is not None:
            shown["lookalike"] = lookalike
        return shown

    def of_contacts(self) -> list[str]:
        """Ids of every list of the account that holds customers' contacts and that the account may change."""
        return [str(found.id) for found in self.all() if _holds_contacts(found)]

    def create(self, spec: AudienceSpec) -> Any:
        """The list of this spec: a new one, or the one that already has its name (which carries our marker)."""
        made = self._created(spec)
        self._types.give(str(made.id), self._options.customer_types.get(spec.tier, ()))
        return made

    def _created(self, spec: AudienceSpec) -> Any:
        try:
            return self._transport.change_list("create_user_list", self._creation(spec))
        except PermanentRefusalError as error:
            if error.fault.code not in DUPLICATE_NAMES:
                raise
            existing = [found for found in self.all() if found.display_name == spec.name]
            if len(existing) != 1:
                raise
            return existing[0]

    def rehearse_create(self) -> None:
        """Let Google check the making of a list without making it. Raises DestinationError."""
        name = "activator: may a list be made?"
        request = self._creation(AudienceSpec("audience/rehearsal", name, name, "rehearsal", suppress=False))
        request.validate_only = True
        self._transport.change_list("create_user_list", request)

    def _creation(self, spec: AudienceSpec) -> Any:
        from google.ads.datamanager_v1.types.user_list_service import CreateUserListRequest

        return CreateUserListRequest.pb()(
            parent=self._parent,
            user_list={
                "ingested_user_list_info": {
                    "upload_key_types": [_CONTACTS],
                    "contact_id_info": {"data_source_type": "DATA_SOURCE_TYPE_FIRST_PARTY"},
                },
                **_written(wanted_list(spec, self._options)),
            },
        )

    def update(self, spec: AudienceSpec, list_id: str, now: Mapping[str, GroupField]) -> None:
        """Name, description, membership, kind of customers, lookalike: those that differ from what was observed."""
        from google.ads.datamanager_v1.types.user_list_service import UpdateUserListRequest

        wanted = wanted_list(spec, self._options)
        different = {field: value for field, value in wanted.items() if now.get(field) != value}
        if different.pop("customer_types", None) is not None:
            held = now.get("customer_types")
            known = held if isinstance(held, tuple) else ()
            self._types.give(list_id, [kind for kind in self._options.customer_types[spec.tier] if kind not in known])
        if different.pop("lookalike", None) is not None:
            self._lookalikes.create(spec, list_id)
        if not different:
            return
        written = _written(different)
        request = UpdateUserListRequest.pb()(
            user_list={"name": f"{self._parent}/userLists/{int(list_id)}", **written},
            update_mask={"paths": list(written)},
        )
        self._transport.change_list("update_user_list", request)


def _written(fields: Mapping[str, GroupField]) -> dict[str, Any]:
    """Comparable settings as fields of a UserList."""
    written: dict[str, Any] = {}
    if "name" in fields:
        written["display_name"] = fields["name"]
    if "description" in fields:
        written["description"] = fields["description"]
    if isinstance(days := fields.get("membership_days"), int):
        written["membership_duration"] = {"seconds": days * _SECONDS_PER_DAY}
    return written


def _holds_contacts(found: Any) -> bool:
    kinds = found.ingested_user_list_info.upload_key_types
    number = found.ingested_user_list_info.DESCRIPTOR.fields_by_name["upload_key_types"].enum_type
    ours = enum_name(found, "access_reason") in ("OWNED", "ACCESS_REASON_UNSPECIFIED")
    return number.values_by_name[_CONTACTS].number in kinds and ours and not found.read_only
