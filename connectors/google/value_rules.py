"""Conversion value rules: a sale to a tier counts for more, which is how smart bidding is told to bid more for it.

One set of rules for our campaign alone, one rule for each tier that has a factor. A rule in a set cannot be removed, so
a tier that loses its factor keeps a rule of 1. Rules change the value Google reports; `performance` takes that out.
developers.google.com/google-ads/api/docs/conversions/conversion-value-rules (read 2026-11-22).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connectors.google.enums import enum_name
from connectors.google.transport import GoogleTransport

Operation: TypeAlias = dict[str, Any]

NEUTRAL_BP = 10_000
_SETS = (
    "SELECT conversion_value_rule_set.resource_name, conversion_value_rule_set.campaign, "
    "conversion_value_rule_set.conversion_value_rules FROM conversion_value_rule_set "
    "WHERE conversion_value_rule_set.status = 'ENABLED' AND conversion_value_rule_set.attachment_type = 'CAMPAIGN'"
)
_RULES = (
    "SELECT conversion_value_rule.resource_name, conversion_value_rule.action.operation, "
    "conversion_value_rule.action.value, conversion_value_rule.audience_condition.user_lists "
    "FROM conversion_value_rule WHERE conversion_value_rule.status = 'ENABLED'"
)


@dataclass(frozen=True, slots=True)
class CampaignRules:
    """The set of one campaign. names: of all its rules; factors: list id -> (rule's name, factor x 10,000)."""

    set_name: str = ""
    names: tuple[str, ...] = ()
    factors: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def factor_bp(self, list_id: str) -> int:
        """What a sale to somebody of this list counts, x 10,000."""
        return self.factors.get(list_id, ("", NEUTRAL_BP))[1]


def read_rules(transport: GoogleTransport, campaigns: frozenset[str]) -> dict[str, CampaignRules]:
    """The sets of some campaigns, by the campaigns' resource names. One query, two where there are sets."""
    sets = [row.conversion_value_rule_set for row in transport.search(_SETS)]
    ours = {found.campaign: found for found in sets if found.campaign in campaigns}
    if not ours:
        return {}
    rules = {row.conversion_value_rule.resource_name: row.conversion_value_rule for row in transport.search(_RULES)}
    return {
        campaign: CampaignRules(
            found.resource_name,
            tuple(found.conversion_value_rules),
            dict(_factors(rules[name] for name in found.conversion_value_rules if name in rules)),
        )
        for campaign, found in ours.items()
    }


def rule_operations(
    customer_id: str, campaign: str, list_id: str, factor_bp: int, known: CampaignRules
) -> list[Operation]:
    """What gives one tier its factor: nothing, a change of its rule, or a new rule, in a set made if need be."""
    if known.factor_bp(list_id) == factor_bp:
        return []
    if list_id in known.factors:
        rule = {"resource_name": known.factors[list_id][0], "action": {"value": factor_bp / 10_000}}
        return [{"conversion_value_rule_operation": {"update": rule, "update_mask": {"paths": ["action.value"]}}}]
    name = f"customers/{customer_id}/conversionValueRules/-5"
    rule = {
        "resource_name": name,
        "action": {"operation": "MULTIPLY", "value": factor_bp / 10_000},
        "audience_condition": {"user_lists": [f"customers/{customer_id}/userLists/{list_id}"]},
        "status": "ENABLED",
    }
    made: list[Operation] = [{"conversion_value_rule_operation": {"create": rule}}]
    if known.set_name:
        grown = {"resource_name": known.set_name, "conversion_value_rules": [*known.names, name]}
        change = {"update": grown, "update_mask": {"paths": ["conversion_value_rules"]}}
        return [*made, {"conversion_value_rule_set_operation": change}]
    new = {
        "resource_name": f"customers/{customer_id}/conversionValueRuleSets/-6",
        "conversion_value_rules": [name],
        "dimensions": ["AUDIENCE"],
        "attachment_type": "CAMPAIGN",
        "campaign": campaign,
    }
    return [*made, {"conversion_value_rule_set_operation": {"create": new}}]


def _factors(rules: Any) -> Any:
    """Rules of the form we make: one list, multiplied."""
    for rule in rules:
        lists = rule.audience_condition.user_lists
        if len(lists) == 1 and enum_name(rule.action, "operation") == "MULTIPLY":
            yield lists[0].rsplit("/", 1)[-1], (rule.resource_name, round(rule.action.value * 10_000))
