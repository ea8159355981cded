"""Value rules: Meta's own bid adjustment for people of a labelled audience, one rule set per tier.

DOC/marketing-api/bidding/value-rules, checked 2026-11-29. The page's table says `criteria`, its examples `criterias`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from activator.errors import ConfigurationError
from activator.model.ads import GroupSpec
from activator.model.naming import marked_name, marker
from connectors.meta.transport import GraphApi
from connectors.meta.version import VALUE_RULE_BP_MAX, VALUE_RULE_BP_MIN

FIELDS = ("value_rule_set_id", "value_rules_applied")
_ONE_BP, _PERCENT_BP = 10_000, 100


class ValueRules:
    """The rule sets of one destination. labels: tier -> label of its audience; tiers without one have no rule."""

    def __init__(
        self, api: GraphApi, account: str, project_id: str, destination: str, labels: Mapping[str, str]
    ) -> None:
        self._api = api
        self._account = account
        self._named = (project_id, destination)
        self._labels = labels
        self._sets: dict[str, Mapping[str, Any]] | None = None

    def speak_of(self, tier: str) -> bool:
        """Whether a tier's rule is compared at all."""
        return tier in self._labels

    def text(self, spec: GroupSpec) -> str:
        """E.g. "HIGH_VALUE +30 %"; "" without a rule.

        Raises:
            ConfigurationError: the tier's list has no label, or Meta has no such adjustment.
        """
        value_bp = spec.bid.value_bp
        if value_bp is None or value_bp == _ONE_BP:
            return ""
        if not self.speak_of(spec.tier):
            raise ConfigurationError(
                f"tier {spec.tier}: a `value_rule` on Meta speaks of people by their list's label",
                "Give the tier one in the destination's options, `audience_labels`.",
            )
        if not VALUE_RULE_BP_MIN <= value_bp <= VALUE_RULE_BP_MAX or value_bp % _PERCENT_BP:
            raise ConfigurationError(
                f"tier {spec.tier}: Meta's value rules go from 0.1 to 11 times, in whole percents", "Correct it."
            )
        return f"{_criterion(self._labels[spec.tier])} {(value_bp - _ONE_BP) // _PERCENT_BP:+d} %"

    def params(self, spec: GroupSpec) -> dict[str, Any]:
        """What an ad set says for its tier's rule; the rule set is made, or brought in line, before."""
        if not self.speak_of(spec.tier):
            return {}
        if not self.text(spec):
            return {"value_rules_applied": False}
        return {"value_rule_set_id": self._set_for(spec), "value_rules_applied": True}

    def text_of(self, row: Mapping[str, Any]) -> str:
        """The rule an ad set has, read back."""
        set_id = str(row.get("value_rule_set_id") or "")
        if not set_id or row.get("value_rules_applied") is False:
            return ""
        found = self._known().get(set_id)
        return f"set {set_id}" if found is None else _text(found)

    def look_again(self) -> None:
        """Forget what was read: the next question reads it anew."""
        self._sets = None

    def _set_for(self, spec: GroupSpec) -> str:
        mark = marker(*self._named, f"value_rules/{spec.tier}")
        found = next((row for row in self._known().values() if mark in str(row.get("name"))), None)
        if found is not None and _text(found) == self.text(spec):
            return str(found["id"])
        params = {
            "name": marked_name(f"{spec.tier} by value", *self._named, f"value_rules/{spec.tier}"),
            "rules": [_rule(self._labels[spec.tier], spec.bid.value_bp or _ONE_BP)],
        }
        self.look_again()  # whatever comes of the call, what is known is no longer right
        if found is None:
            return self._api.create((self._account, "value_rule_set"), params)
        self._api.set(str(found["id"]), **params)
        return str(found["id"])

    def _known(self) -> dict[str, Mapping[str, Any]]:
        if self._sets is None:
            rows = self._api.rows((self._account, "value_rule_set"), ("id", "name", "rules"))
            self._sets = {str(row["id"]): row for row in rows}
        return self._sets


def _criterion(label: str) -> str:
    """The criterion's word for an audience's label. Nowhere spelled out: it is the label without CUSTOMERS."""
    return label.removesuffix("_CUSTOMERS")


def _rule(label: str, value_bp: int) -> dict[str, Any]:
    percent = (value_bp - _ONE_BP) // _PERCENT_BP
    criterion = {
        "criteria_type": "AUDIENCE_LABEL",
        "operator": "CONTAINS",
        "criteria_values": [_criterion(label)],
        "criteria_value_types": ["NONE"],
    }
    return {
        "name": _criterion(label),
        "adjust_sign": "INCREASE" if percent > 0 else "DECREASE",
        "adjust_value": abs(percent),
        "criterias": [criterion],
    }


def _text(rule_set: Mapping[str, Any]) -> str:
    """The rules of a set in words, in their order: the first that fits counts."""
    return ", ".join(_rule_texts(rule_set.get("rules")))


def _rule_texts(rules: Any) -> Iterator[str]:
    for rule in rules.get("data", ()) if isinstance(rules, dict) else rules or ():
        sign = "-" if rule.get("adjust_sign") == "DECREASE" else "+"
        criteria = rule.get("criterias") or rule.get("criteria") or ()
        values = [str(value) for criterion in criteria for value in criterion.get("criteria_values") or ()]
        yield f"{' and '.join(values)} {sign}{rule.get('adjust_value')} %"
