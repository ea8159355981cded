"""Value rule sets: how much more or less some people are worth, and which ad sets go by it."""

from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import ACCOUNT, VALUE_RULES, Context, Routes
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.shapes import refuse_unknown_keys, sequence_in, whole_in
from connectors.sandbox.state import Document

_RULE_KEYS = ("name", "adjust_sign", "adjust_value", "criterias")
_CRITERION_KEYS = ("criteria_type", "operator", "criteria_values", "criteria_value_types")


def create(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/value_rule_set."""
    there = [row for row in context.list(VALUE_RULES) if row["account_id"] == account["account_id"]]
    if len(there) >= rules.VALUE_RULE_SETS_MAX:
        raise invalid("rules", f"An ad account has at most {rules.VALUE_RULE_SETS_MAX} value rule sets")
    document = {"id": context.state.new_id(), "account_id": account["account_id"], **_read(parameters)}
    context.put(VALUE_RULES, document)
    return {"id": document["id"]}


def update(context: Context, rule_set: Document, parameters: Parameters) -> Document:
    """POST /{value_rule_set}: the whole set is replaced."""
    context.put(VALUE_RULES, {**rule_set, **_read(parameters)})
    return {"success": True}


def read_attachment(context: Context, account: Document, parameters: Parameters) -> Document:
    """What an ad set says about value rules."""
    chosen: Document = {}
    set_id = parameters.text("value_rule_set_id")
    if set_id is not None:
        found = context.get(VALUE_RULES, set_id)
        if found is None or found["account_id"] != account["account_id"]:
            raise invalid("value_rule_set_id", "The value rule set does not exist")
        chosen["value_rule_set_id"] = set_id
    applied = parameters.flag("value_rules_applied")
    return chosen if applied is None else {**chosen, "value_rules_applied": applied}


def _read(parameters: Parameters) -> Document:
    given = parameters.sequence("rules")
    if not given or len(given) > rules.VALUE_RULES_MAX:
        raise invalid("rules", f"A value rule set has 1 to {rules.VALUE_RULES_MAX} rules")
    for rule in given:
        _check_rule(rule)
    return {"name": parameters.required("name"), "rules": given}


def _check_rule(rule: Any) -> None:
    if not isinstance(rule, dict) or not rule.get("name"):
        raise invalid("rules", "Each value rule needs a name")
    refuse_unknown_keys(rule, _RULE_KEYS, "rules")
    most = rules.VALUE_PERCENT_MAX.get(str(rule.get("adjust_sign")))
    if most is None:
        raise invalid("rules", "adjust_sign must be INCREASE or DECREASE")
    if not 1 <= whole_in(rule, "adjust_value", "rules") <= most:
        raise invalid("rules", f"adjust_value must be between 1 and {most}")
    criteria = sequence_in(rule, "criterias", "rules")
    if not 1 <= len(criteria) <= rules.VALUE_CRITERIA_MAX:
        raise invalid("rules", f"A value rule has 1 to {rules.VALUE_CRITERIA_MAX} criteria")
    for criterion in criteria:
        _check_criterion(criterion)


def _check_criterion(criterion: Any) -> None:
    if not isinstance(criterion, dict):
        raise invalid("rules", "Each criterion must be a JSON object")
    refuse_unknown_keys(criterion, _CRITERION_KEYS, "criterias")
    if criterion.get("criteria_type") not in rules.VALUE_CRITERIA or criterion.get("operator") != "CONTAINS":
        raise invalid("rules", "Unknown criteria_type or operator")
    values = sequence_in(criterion, "criteria_values", "criterias")
    if not values or not sequence_in(criterion, "criteria_value_types", "criterias"):
        raise invalid("rules", "A criterion needs criteria_values and criteria_value_types")
    if criterion["criteria_type"] == "AUDIENCE_LABEL" and not rules.VALUE_LABELS.issuperset(map(str, values)):
        raise invalid("rules", "Unknown audience label")


ROUTES: Routes = {
    (ACCOUNT, "value_rule_set", "POST"): create,
    (VALUE_RULES, "", "POST"): update,
}
