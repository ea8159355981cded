"""Mutate: creates, updates and removals of every kind, all at once or each for itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.google import ads, audiences, campaigns, criteria, experiments, goals
from connectors.sandbox.google.account import Account, is_removed
from connectors.sandbox.google.change import Change
from connectors.sandbox.google.fieldmask import apply_mask
from connectors.sandbox.google.kinds import AD, Kind
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import enum_number, enum_word

CHECKS: dict[str, Callable[[Change], None]] = {
    "campaign_budget": campaigns.check_budget,
    "campaign": campaigns.check_campaign,
    "ad_group": campaigns.check_ad_group,
    "ad_group_ad": ads.check_ad,
    "ad_group_criterion": criteria.check_group_criterion,
    "campaign_criterion": criteria.check_campaign_criterion,
    "label": audiences.check_label,
    "campaign_label": audiences.check_attached_label,
    "ad_group_label": audiences.check_attached_label,
    "ad_group_ad_label": audiences.check_attached_label,
    "user_list": audiences.check_user_list,
    "user_list_customer_type": audiences.check_customer_type,
    "conversion_action": audiences.check_conversion_action,
    "conversion_value_rule": audiences.check_value_rule,
    "conversion_value_rule_set": audiences.check_value_rule_set,
    "goal": goals.check_goal,
    "campaign_goal_config": goals.check_link,
    "experiment": experiments.check_experiment,
    "experiment_arm": experiments.check_arm,
}
REMOVAL_CHECKS: dict[str, Callable[[Change], None]] = {
    "campaign_budget": audiences.refuse_used_budget,
    "conversion_value_rule": audiences.refuse_used_rule,
}


# Created under no temporary name: github.com/Opteo/google-ads-api/issues/182 (v5; nothing newer, 2026-11-29).
_UNNAMED = frozenset({"label"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a request. path: where it stands, e.g. ``mutate_operations[3].campaign_operation``."""

    kind: Kind
    message: Any
    path: str


class Mutation:
    """Runs operations in order on one account's working copy; later ones may use temporary ids of earlier ones."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._aliases: dict[str, str] = {}
        self._failed: set[str] = set()

    def run(self, operations: Sequence[Operation]) -> tuple[list[str], list[Refusal]]:
        """The resource names, '' where an operation failed, and what was refused."""
        names: list[str] = []
        refusals: list[Refusal] = []
        for operation in operations:
            try:
                with self._account.attempt():
                    names.append(self._one(operation))
            except Refusal as refusal:
                refusals.append(refusal.below(operation.path))
                names.append("")
        return names, refusals

    def _one(self, operation: Operation) -> str:
        which = operation.message.WhichOneof("operation")
        if which == "create":
            return self._create(operation)
        if which == "update":
            return self._update(operation)
        if which == "remove":
            return self._remove(operation)
        # The text is the one quoted in issue 255 of github.com/Opteo/google-ads-api.
        text = "Mutate operations must have 'create', 'update', or 'remove' specified."
        raise Refusal("request_error", "OPERATION_REQUIRED", text)

    def _create(self, operation: Operation) -> str:
        kind, resource = operation.kind, _copy(operation.message.create)
        wanted = [resource.resource_name, resource.ad.resource_name if kind.name == "ad_group_ad" else ""]
        temporary = [name for name in wanted if name]
        try:
            self._check_temporary(kind, resource.resource_name)
            resource.resource_name = ""
            self._resolve(resource, "create")
            self._name(kind, resource)
            self._check(operation, resource, None, "create")
        except Refusal:
            self._failed.update(temporary)
            raise
        self._account.put(kind.name, resource)
        for name in temporary:
            ad_name = resource.ad.resource_name if "/ads/" in name else resource.resource_name
            self._aliases[name] = ad_name
        return str(resource.resource_name)

    def _check_temporary(self, kind: Kind, name: str) -> None:
        """v26 new_resource_creation_error.py: only negative ids, each once. None for labels (see _UNNAMED)."""
        if not name:
            return
        if kind.name in _UNNAMED:
            text = "Field 'resource_name' cannot be modified by 'CREATE' operation."
            raise Refusal("request_error", "IMMUTABLE_FIELD", text, "create.resource_name")
        own_id = name.rsplit("/", 1)[-1].rsplit("~", 1)[-1]
        has_own_id = kind.kept or not kind.parents
        if has_own_id and not own_id.startswith("-"):
            text = "Do not set the id field while creating new resources."
            raise Refusal("new_resource_creation_error", "CANNOT_SET_ID_FOR_CREATE", text, "create.resource_name")
        if name in self._aliases or name in self._failed:
            text = "Creating more than one resource with the same temp id is not allowed."
            raise Refusal("new_resource_creation_error", "DUPLICATE_TEMP_IDS", text, "create.resource_name")

    def _update(self, operation: Operation) -> str:
        kind, update = operation.kind, _copy(operation.message.update)
        self._resolve(update, "update")
        if kind is AD:
            return self._update_ad(operation, update)
        before = self._account.known(kind, update.resource_name, "update.resource_name")
        _refuse_removed(before, "update.resource_name")
        resource = _copy(before)
        apply_mask(resource, update, operation.message.update_mask, kind.fixed)
        self._check(operation, resource, before, "update")
        self._account.put(kind.name, resource)
        return str(resource.resource_name)

    def _update_ad(self, operation: Operation, update: Any) -> str:
        """AdService: new texts and links for an ad that keeps its id."""
        holders = [held for held in self._account.live("ad_group_ad") if held.ad.resource_name == update.resource_name]
        if not holders:
            text = "Resource was not found."
            raise Refusal("mutate_error", "RESOURCE_NOT_FOUND", text, "update.resource_name", update.resource_name)
        changed = _copy(holders[0])
        apply_mask(changed.ad, update, operation.message.update_mask, AD.fixed)
        try:
            ads.check_content(
                changed.ad, frozenset(operation.message.policy_validation_parameter.ignorable_policy_topics)
            )
        except Refusal as refusal:
            raise refusal.below("update") from None
        self._account.put("ad_group_ad", changed)
        return str(update.resource_name)

    def _remove(self, operation: Operation) -> str:
        kind, name = operation.kind, operation.message.remove
        name = self._aliases.get(name, name)
        before = self._account.known(kind, name, "remove")
        _refuse_removed(before, "remove")
        if kind.name in REMOVAL_CHECKS:
            REMOVAL_CHECKS[kind.name](Change(self._account, before, before))
        if kind.kept:
            resource = _copy(before)
            resource.status = enum_number(resource, "status", "REMOVED")
            self._account.put(kind.name, resource)
        else:
            self._account.drop(kind.name, name)
        return str(name)

    def _check(self, operation: Operation, resource: Any, before: Any | None, path: str) -> None:
        ignored: frozenset[str] = frozenset()
        if operation.kind.name == "ad_group_ad":
            ignored = frozenset(operation.message.policy_validation_parameter.ignorable_policy_topics)
        try:
            CHECKS[operation.kind.name](Change(self._account, resource, before, ignored))
        except Refusal as refusal:
            raise refusal.below(path) from None

    def _name(self, kind: Kind, resource: Any) -> None:
        """Give a new resource its id and resource name, composite ones from their parents'."""
        parts = [getattr(resource, parent).rsplit("/", 1)[-1] for parent in kind.parents]
        if kind.kept or not kind.parents:
            parts.append(self._new_id(kind, resource))
        elif kind.name == "user_list_customer_type":
            parts.append(enum_word(resource, "customer_type_category"))
        resource.resource_name = f"{self._account.name}/{kind.collection}/" + "~".join(parts)

    def _new_id(self, kind: Kind, resource: Any) -> str:
        if kind.name.endswith("_criterion"):
            is_constant = resource.WhichOneof("criterion") in {"location", "language"}
            try:
                number = criteria.constant_id(resource) if is_constant else self._account.state.new_id()
            except Refusal as refusal:
                raise refusal.below("create") from None
            resource.criterion_id = int(number)
            return number
        number = self._account.state.new_id()
        if kind.name == "ad_group_ad":
            resource.ad.id = int(number)
            resource.ad.resource_name = f"{self._account.name}/ads/{number}"
        elif kind.name in {"experiment", "goal"}:
            setattr(resource, f"{kind.name}_id", int(number))
        elif kind.name != "experiment_arm":  # which has no id of its own but in its name
            resource.id = int(number)
        return number

    def _resolve(self, message: Any, path: str) -> None:
        """Replace temporary names anywhere in a resource by the real ones."""
        for field, value in message.ListFields():
            here = f"{path}.{field.name}"
            if field.type == field.TYPE_STRING and field.is_repeated:
                for position, text in enumerate(value):
                    value[position] = self._real_name(text, f"{here}[{position}]")
            elif field.type == field.TYPE_STRING:
                setattr(message, field.name, self._real_name(value, here))
            elif field.message_type is not None:
                for part in value if field.is_repeated else (value,):
                    self._resolve(part, here)

    def _real_name(self, text: str, path: str) -> str:
        if text in self._failed:
            message = "The temp id refers to a resource that could not be created."
            raise Refusal("new_resource_creation_error", "TEMP_ID_RESOURCE_HAD_ERRORS", message, path, text)
        return self._aliases.get(text, text)


def _refuse_removed(resource: Any, path: str) -> None:
    if is_removed(resource):
        text = "The operation is not allowed for removed resources."
        raise Refusal("context_error", "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE", text, path)


def _copy(message: Any) -> Any:
    fresh = type(message)()
    fresh.CopyFrom(message)
    return fresh
