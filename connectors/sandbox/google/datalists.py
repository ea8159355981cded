"""Data Manager UserListService: the same lists as in Google Ads, under the other API's names."""

import re
from collections.abc import Callable
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import PLATFORM, Account
from connectors.sandbox.google.calls import Call, Gate
from connectors.sandbox.google.ingestion import invalid
from connectors.sandbox.google.kinds import KIND
from connectors.sandbox.google.listfilter import parse_filter
from connectors.sandbox.google.refusal import DataFault, Status, Violation
from connectors.sandbox.google.rows import fill_sizes
from connectors.sandbox.google.wire import data_class, enum_number, enum_word, resource_class
from connectors.sandbox.state import PlatformState

_PARENT = re.compile(r"accountTypes/GOOGLE_ADS/accounts/([0-9]{10})")
_NAME = re.compile(r"accountTypes/GOOGLE_ADS/accounts/([0-9]{10})/userLists/([0-9]+)")
_DAY_SECONDS = 86_400
_KEY_TYPE = {"CONTACT_ID": "CONTACT_INFO", "MOBILE_ID": "MOBILE_ADVERTISING_ID", "USER_ID": "CRM_ID"}
_KEY_TYPE_BACK = {ads: data for data, ads in _KEY_TYPE.items()}
# dm types/user_list.py: everything marked "Immutable"; the rest of the sub-messages is output only.
_IMMUTABLE = frozenset({"ingested_user_list_info", "id", "name", "read_only", "access_reason", "size_info"})
_MUTABLE = ("display_name", "description", "membership_status", "integration_code", "membership_duration")
_MISSING = "Required field is missing."


class DataLists:
    """Create, get, list, update and delete."""

    def __init__(self, state: PlatformState, gate: Gate) -> None:
        self._state = state
        self._gate = gate

    def create(self, call: Call, request: Any) -> Any:
        """CreateUserList."""
        with self._state.transaction():
            account = self._account(call, request.parent, _PARENT, "parent")
            wanted = request.user_list
            self._refuse(_check_new(wanted), account, wanted, "")
            number = self._state.new_id()
            user_list = resource_class("user_list")(
                resource_name=f"{account.name}/{KIND['user_list'].collection}/{number}", id=int(number)
            )
            _fill_new(user_list, wanted)
            account.put("user_list", user_list)
            if not request.validate_only:
                account.commit()
            return self._shown(account, user_list)

    def get(self, call: Call, request: Any) -> Any:
        """GetUserList."""
        account = self._account(call, request.name, _NAME, "name")
        return self._shown(account, _known(account, request.name))

    def page(self, call: Call, request: Any) -> Any:
        """ListUserLists, by pages, filtered."""
        account = self._account(call, request.parent, _PARENT, "parent")
        call.detail["filter"] = bool(request.filter)
        accepts = parse_filter(request.filter)
        uploaded = [item for item in account.live("user_list") if item.WhichOneof("user_list") == "crm_based_user_list"]
        lists = [shown for item in uploaded if accepts(shown := self._shown(account, item))]
        if request.page_token and not request.page_token.isdigit():
            raise invalid(Violation("page_token", "INVALID_PAGE_TOKEN", "The page token is invalid."))
        if request.page_size < 0:
            raise invalid(Violation("page_size", "INVALID_NUMBER_FORMAT", "Invalid number format."))
        start = int(request.page_token or 0)
        size = min(request.page_size or rules.LIST_PAGE_DEFAULT, rules.LIST_PAGE_MAX)
        response = data_class("ListUserListsResponse")(user_lists=lists[start : start + size])
        if start + size < len(lists):
            response.next_page_token = str(start + size)
        return response

    def update(self, call: Call, request: Any) -> Any:
        """UpdateUserList. Without a mask, every field that is set."""
        wanted = request.user_list
        with self._state.transaction():
            account = self._account(call, wanted.name, _NAME, "user_list.name")
            before = _known(account, wanted.name)
            paths = list(request.update_mask.paths) or [name for name in _MUTABLE if wanted.HasField(name)]
            for path in paths:
                _check_path(path)
            user_list = resource_class("user_list")()
            user_list.CopyFrom(before)
            self._refuse(_check_fields(wanted, paths), account, wanted, before.resource_name)
            for path in paths:
                _SETTERS[path](user_list, wanted)
            account.put("user_list", user_list)
            if not request.validate_only:
                account.commit()
            return self._shown(account, user_list)

    def delete(self, call: Call, request: Any) -> Any:
        """DeleteUserList."""
        from google.protobuf import empty_pb2

        with self._state.transaction():
            account = self._account(call, request.name, _NAME, "name")
            user_list = _known(account, request.name)
            if not request.validate_only:
                account.drop("user_list", user_list.resource_name)
                account.commit()
        return empty_pb2.Empty()

    def _account(self, call: Call, name: str, pattern: re.Pattern[str], field: str) -> Account:
        found = pattern.fullmatch(name)
        if found is None:
            raise invalid(Violation(field, "INVALID_RESOURCE_NAME", "The resource name is invalid."))
        customer_id = found.group(1)
        call.detail["customer_id"] = customer_id
        login = call.header("login-account")
        login_id = login.rpartition("/")[2]
        if login and not _PARENT.fullmatch(login):
            raise invalid(Violation("login-account", "INVALID_RESOURCE_NAME", "The resource name is invalid."))
        if not self._gate.may_use(customer_id) or (login_id and not self._gate.may_use(login_id)):
            raise DataFault(Status.PERMISSION_DENIED, "PERMISSION_DENIED", "The caller does not have permission.")
        return Account(self._state, customer_id)

    def _refuse(self, violations: list[Violation], account: Account, wanted: Any, own_name: str) -> None:
        """Also refuses a display name that another list of the account has."""
        for other in account.live("user_list"):
            if other.resource_name != own_name and other.name == wanted.display_name:
                text = "The display name is already being used for another user list for the account."
                violations.append(Violation("user_list.display_name", "DISPLAY_NAME_ALREADY_USED", text))
        if violations:
            raise invalid(*violations)

    def _shown(self, account: Account, user_list: Any) -> Any:
        fill_sizes(account, user_list)
        count = self._state.member_count(PLATFORM, str(user_list.id))
        shown = data_class("UserList")(
            name=f"accountTypes/GOOGLE_ADS/accounts/{account.customer_id}/userLists/{user_list.id}",
            id=user_list.id,
            display_name=user_list.name,
            description=user_list.description,
            membership_status=enum_word(user_list, "membership_status"),
            access_reason="OWNED",
            account_access_status="ENABLED",
        )
        if user_list.integration_code:
            shown.integration_code = user_list.integration_code
        shown.membership_duration.seconds = user_list.membership_life_span * _DAY_SECONDS
        _show_upload(shown, user_list, count)
        return shown


def _show_upload(shown: Any, user_list: Any, count: int) -> None:
    """Key types, sizes and where the list may be used."""
    info = shown.ingested_user_list_info
    word = _KEY_TYPE_BACK[enum_word(user_list.crm_based_user_list, "upload_key_type")]
    info.upload_key_types.append(enum_number(info, "upload_key_types", word))
    if word == "CONTACT_ID":
        info.contact_id_info.data_source_type = 1
        if count >= rules.MEMBERS_TO_SERVE:
            info.contact_id_info.match_rate_percentage = 100  # everybody is known to the sandbox
    elif word == "MOBILE_ID":
        info.mobile_id_info.app_id = user_list.crm_based_user_list.app_id
    sizes = shown.size_info
    sizes.search_network_members_count = user_list.size_for_search
    sizes.display_network_members_count = user_list.size_for_display
    shown.target_network_info.eligible_for_search = user_list.eligible_for_search
    shown.target_network_info.eligible_for_display = user_list.eligible_for_display


def _known(account: Account, name: str) -> Any:
    number = name.rpartition("/")[2]
    user_list = account.find("user_list", f"{account.name}/userLists/{number}")
    if user_list is None:
        raise DataFault(Status.NOT_FOUND, "NOT_FOUND", "Resource not found.")
    return user_list


def _check_new(wanted: Any) -> list[Violation]:
    violations = _check_fields(wanted, ["display_name", "description", "membership_duration"])
    info = wanted.ingested_user_list_info
    path = "user_list.ingested_user_list_info"
    words = [info.DESCRIPTOR.fields_by_name["upload_key_types"].enum_type.values_by_number[number].name
             for number in info.upload_key_types]  # fmt: skip
    if not words:
        violations.append(Violation(f"{path}.upload_key_types", "REQUIRED_FIELD_MISSING", _MISSING))
    elif len(words) > 1 or words[0] not in _KEY_TYPE:
        text = "The user list upload key types are not supported."
        violations.append(Violation(f"{path}.upload_key_types", "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES", text))
    elif words[0] == "MOBILE_ID" and not info.mobile_id_info.app_id:
        violations.append(Violation(f"{path}.mobile_id_info.app_id", "REQUIRED_FIELD_MISSING", _MISSING))
    return violations


def _check_fields(wanted: Any, paths: list[str]) -> list[Violation]:
    """DM/audiences/google-ads/customer-match/upgrade/field-mappings calls the description required too."""
    violations = []
    if "display_name" in paths and not wanted.display_name.strip():
        violations.append(Violation("user_list.display_name", "REQUIRED_FIELD_MISSING", _MISSING))
    elif "display_name" in paths and len(wanted.display_name) > rules.LIST_NAME_CHARACTERS_MAX:
        text = "The display name is not valid."
        violations.append(Violation("user_list.display_name", "INVALID_DISPLAY_NAME", text))
    if "description" in paths and not wanted.description.strip():
        violations.append(Violation("user_list.description", "REQUIRED_FIELD_MISSING", _MISSING))
    duration = wanted.membership_duration
    if "membership_duration" in paths and wanted.HasField("membership_duration"):
        path = "user_list.membership_duration"
        if duration.seconds % _DAY_SECONDS or duration.nanos or duration.seconds < 0:
            violations.append(Violation(path, "INVALID_FORMAT", "The duration must be a multiple of 24 hours."))
        elif duration.seconds > rules.MEMBERSHIP_DAYS_MAX * _DAY_SECONDS:
            text = "The user list membership duration is too long."
            violations.append(Violation(path, "MEMBERSHIP_DURATION_TOO_LONG", text))
    return violations


def _check_path(path: str) -> None:
    if path.split(".", maxsplit=1)[0] in _IMMUTABLE:
        text = "Attempted to set an immutable field for an update request."
        raise invalid(Violation(path, "IMMUTABLE_FIELD_FOR_UPDATE", text))
    if path not in _SETTERS:
        raise invalid(Violation("update_mask", "INVALID_UPDATE_MASK", "The update mask is invalid."))


def _fill_new(user_list: Any, wanted: Any) -> None:
    for path in _MUTABLE:
        _SETTERS[path](user_list, wanted)
    info = wanted.ingested_user_list_info
    crm = user_list.crm_based_user_list
    words = info.DESCRIPTOR.fields_by_name["upload_key_types"].enum_type.values_by_number
    crm.upload_key_type = enum_number(crm, "upload_key_type", _KEY_TYPE[words[info.upload_key_types[0]].name])
    crm.data_source_type = enum_number(crm, "data_source_type", "FIRST_PARTY")
    crm.app_id = info.mobile_id_info.app_id
    user_list.type_ = enum_number(user_list, "type_", "CRM_BASED")
    user_list.access_reason = enum_number(user_list, "access_reason", "OWNED")
    user_list.account_user_list_status = enum_number(user_list, "account_user_list_status", "ENABLED")
    user_list.eligible_for_search = user_list.eligible_for_display = True


def _set_status(user_list: Any, wanted: Any) -> None:
    word = enum_word(wanted, "membership_status")
    word = word if word in {"OPEN", "CLOSED"} else "OPEN"
    user_list.membership_status = enum_number(user_list, "membership_status", word)


def _set_duration(user_list: Any, wanted: Any) -> None:
    days = wanted.membership_duration.seconds // _DAY_SECONDS
    user_list.membership_life_span = days if wanted.HasField("membership_duration") else rules.MEMBERSHIP_DAYS_MAX


def _set_text(ads_field: str, data_field: str) -> Callable[[Any, Any], None]:
    def setter(user_list: Any, wanted: Any) -> None:
        setattr(user_list, ads_field, getattr(wanted, data_field))

    return setter


_SETTERS: dict[str, Callable[[Any, Any], None]] = {
    "display_name": _set_text("name", "display_name"),
    "description": _set_text("description", "description"),
    "integration_code": _set_text("integration_code", "integration_code"),
    "membership_status": _set_status,
    "membership_duration": _set_duration,
}
