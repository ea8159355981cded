"""The kinds of Google Ads resources the sandbox keeps: names, services and who may change what."""

from dataclasses import dataclass

_OUTPUT = frozenset({"id"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource kind.

    name: as in GAQL; collection: as in resource names; method: RPC of its own service; parents: fields holding the
    resource names its composite id is built from; related: other resources a row of it may show; fixed: fields that
    cannot be updated; kept: removal only marks it REMOVED; renameable: has its own update operation.
    Sources: v26 services/services/*/client.py (paths), resources/types/*.py ("Immutable", "Output only").
    """

    name: str
    collection: str
    method: str
    parents: tuple[str, ...] = ()
    related: tuple[str, ...] = ("customer",)
    fixed: frozenset[str] = _OUTPUT
    kept: bool = True
    updatable: bool = True

    @property
    def operation(self) -> str:
        """The field of MutateOperation."""
        return f"{self.name}_operation"

    @property
    def result(self) -> str:
        """The field of MutateOperationResponse."""
        return f"{self.name}_result"

    @property
    def service(self) -> str:
        """The service's name, e.g. CampaignService."""
        return "".join(word.capitalize() for word in self.name.split("_")) + "Service"


def _fixed(*names: str) -> frozenset[str]:
    return _OUTPUT | frozenset(names)


_GROUP = ("ad_group", "campaign", "customer")
KINDS = (
    Kind(
        "campaign_budget",
        "campaignBudgets",
        "MutateCampaignBudgets",
        fixed=_fixed("period", "type_", "status", "reference_count"),
    ),
    Kind(
        "campaign",
        "campaigns",
        "MutateCampaigns",
        related=("customer", "campaign_budget"),
        fixed=_fixed(
            "advertising_channel_type",
            "advertising_channel_sub_type",
            "serving_status",
            "bidding_strategy_type",
            "payment_mode",
        ),
    ),
    Kind(
        "ad_group",
        "adGroups",
        "MutateAdGroups",
        related=("campaign", "customer"),
        fixed=_fixed("campaign", "type_", "effective_cpc_bid_micros", "effective_target_roas"),
    ),
    Kind(
        "ad_group_ad",
        "adGroupAds",
        "MutateAdGroupAds",
        ("ad_group",),
        _GROUP,
        _fixed("ad_group", "ad", "policy_summary", "ad_strength"),
    ),
    Kind(
        "ad_group_criterion",
        "adGroupCriteria",
        "MutateAdGroupCriteria",
        ("ad_group",),
        (*_GROUP, "user_list"),
        _fixed("ad_group", "criterion_id", "type_", "negative", "keyword", "user_list", "audience", "user_interest"),
    ),
    Kind(
        "campaign_criterion",
        "campaignCriteria",
        "MutateCampaignCriteria",
        ("campaign",),
        ("campaign", "customer", "user_list"),
        _fixed("campaign", "criterion_id", "type_", "negative", "keyword", "user_list", "location", "language"),
    ),
    Kind("label", "labels", "MutateLabels", fixed=_fixed("status")),
    Kind(
        "campaign_label",
        "campaignLabels",
        "MutateCampaignLabels",
        ("campaign", "label"),
        ("campaign", "label", "customer"),
        kept=False,
        updatable=False,
    ),
    Kind(
        "ad_group_label",
        "adGroupLabels",
        "MutateAdGroupLabels",
        ("ad_group", "label"),
        (*_GROUP, "label"),
        kept=False,
        updatable=False,
    ),
    Kind(
        "ad_group_ad_label",
        "adGroupAdLabels",
        "MutateAdGroupAdLabels",
        ("ad_group_ad", "label"),
        ("ad_group_ad", *_GROUP, "label"),
        kept=False,
        updatable=False,
    ),
    Kind(
        "user_list",
        "userLists",
        "MutateUserLists",
        fixed=_fixed("type_", "crm_based_user_list", "size_for_search", "size_for_display", "access_reason"),
        kept=False,
    ),
    Kind(
        "conversion_action",
        "conversionActions",
        "MutateConversionActions",
        fixed=_fixed("type_", "owner_customer", "origin"),
    ),
    Kind(
        "user_list_customer_type",
        "userListCustomerTypes",
        "MutateUserListCustomerTypes",
        ("user_list",),
        ("user_list", "customer"),
        kept=False,
        updatable=False,
    ),
    Kind("conversion_value_rule", "conversionValueRules", "MutateConversionValueRules", fixed=_fixed("owner_customer")),
    Kind(
        "conversion_value_rule_set",
        "conversionValueRuleSets",
        "MutateConversionValueRuleSets",
        fixed=_fixed("owner_customer", "attachment_type", "campaign"),
    ),
    Kind(
        "goal",
        "goals",
        "MutateGoals",
        fixed=_fixed("goal_id", "goal_type", "owner_customer", "optimization_eligibility"),
        kept=False,
    ),
    Kind(
        "campaign_goal_config",
        "campaignGoalConfigs",
        "MutateCampaignGoalConfigs",
        ("campaign", "goal"),
        ("campaign", "goal", "customer"),
        _fixed("campaign", "goal", "goal_type"),
        kept=False,
    ),
    Kind("experiment", "experiments", "MutateExperiments", fixed=_fixed("experiment_id", "type_")),
    Kind("experiment_arm", "experimentArms", "MutateExperimentArms", ("experiment",), ("experiment", "customer")),
)
# Ads live inside ad group ads; AdService only changes their content (v26 services/services/ad_service).
AD = Kind("ad", "ads", "MutateAds", fixed=_fixed("name", "type_", "added_by_google_ads"))
# Uploads have a service of their own (jobs.py) and are only read like other resources.
JOB = Kind("offline_user_data_job", "offlineUserDataJobs", "", kept=False, updatable=False)
# Google's own segments are the same for everybody and only read.
INTEREST = Kind("user_interest", "userInterests", "", kept=False, updatable=False)
KIND = {kind.name: kind for kind in (*KINDS, JOB, INTEREST)}
KIND_BY_COLLECTION = {kind.collection: kind for kind in KINDS}
# Where each related resource's name stands in a row's own resource.
REFERENCE = {
    "campaign": {"campaign_budget": "campaign_budget"},
    "ad_group": {"campaign": "campaign"},
    "ad_group_ad": {"ad_group": "ad_group"},
    "ad_group_criterion": {"ad_group": "ad_group", "user_list": "user_list.user_list"},
    "campaign_criterion": {"campaign": "campaign", "user_list": "user_list.user_list"},
    "user_list_customer_type": {"user_list": "user_list"},
    "experiment_arm": {"experiment": "experiment"},
    "campaign_goal_config": {"campaign": "campaign", "goal": "goal"},
    "campaign_label": {"campaign": "campaign", "label": "label"},
    "ad_group_label": {"ad_group": "ad_group", "label": "label"},
    "ad_group_ad_label": {"ad_group_ad": "ad_group_ad", "label": "label"},
}


def collection_pattern(kind: Kind) -> str:
    """The documented form of a kind's resource name, for messages."""
    parts = [f"{{{parent}_id}}" for parent in kind.parents] if kind.parents else []
    if kind.kept or not kind.parents:
        parts.append("{criterion_id}" if kind.name.endswith("criterion") else f"{{{kind.name}_id}}")
    return f"customers/{{customer_id}}/{kind.collection}/" + "~".join(parts)
