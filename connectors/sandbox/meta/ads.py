"""Ads: one creative inside one ad set."""

import orjson

from connectors.sandbox.meta import creatives
from connectors.sandbox.meta.book import close
from connectors.sandbox.meta.context import ACCOUNT, AD, ADSET, CAMPAIGN, CREATIVE, Context, Routes
from connectors.sandbox.meta.delivery import begin_change, delete, new_document, validate_only
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document


def create(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/ads."""
    name = parameters.required("name")
    adset = context.get(ADSET, parameters.required("adset_id"))
    if adset is None or adset["account_id"] != account["account_id"] or adset["status"] == "DELETED":
        raise invalid("adset_id", "The ad set does not exist")
    if adset["is_dynamic_creative"] and any(_lives_in(ad, adset) for ad in context.list(AD)):
        raise invalid("adset_id", "An ad set with dynamic creative has only one ad")
    creative_id = _creative(context, account, parameters)
    if validate_only(parameters):
        return {"success": True}
    campaign = context.get(CAMPAIGN, adset["campaign_id"])
    assert campaign is not None, "ad sets belong to a campaign"
    document = {
        **new_document(context, account["account_id"], name, parameters),
        "campaign_id": adset["campaign_id"],
        "adset_id": adset["id"],
        "creative": {"id": creative_id},
        "tracking_specs": parameters.sequence("tracking_specs"),
        "conversion_domain": parameters.text("conversion_domain"),
    }
    # A new ad shares the ad set's budget from now on: what was earned before is entered as it was
    close(context, campaign)
    context.put(AD, document)
    return {"id": document["id"]}


def _lives_in(ad: Document, adset: Document) -> bool:
    return bool(ad["adset_id"] == adset["id"] and ad["status"] not in ("DELETED", "ARCHIVED"))


def update(context: Context, ad: Document, parameters: Parameters) -> Document:
    """POST /{ad}."""
    campaign, account = context.get(CAMPAIGN, ad["campaign_id"]), context.account(ad["account_id"])
    assert campaign is not None, "ads belong to a campaign"
    creative_id = _creative(context, account, parameters) if "creative" in parameters else ad["creative"]["id"]
    if validate_only(parameters):
        return {"success": True}
    begin_change(context, ad, campaign, parameters)
    ad["creative"] = {"id": creative_id}
    context.put(AD, ad)
    return {"success": True}


def remove(context: Context, ad: Document, parameters: Parameters) -> Document:  # noqa: ARG001 - a Handler
    """DELETE /{ad}."""
    return delete(context, AD, ad)


def _creative(context: Context, account: Document, parameters: Parameters) -> str:
    """The id of the creative that is named, or made from the specification given in its place."""
    given = parameters.mapping("creative")
    if not given:
        raise invalid("creative", "The parameter creative is required.")
    creative_id = given.get("creative_id") or given.get("id")
    if creative_id is None and validate_only(parameters):
        creatives.create(context, account, _inline(given, execution_options='["validate_only"]'))
        return ""
    if creative_id is None:
        return str(creatives.create(context, account, _inline(given))["id"])
    creative = context.get(CREATIVE, str(creative_id))
    if creative is None or creative["account_id"] != account["account_id"] or creative["status"] == "DELETED":
        raise invalid("creative", "The creative does not exist")
    return str(creative_id)


def _inline(specification: Document, **more: str) -> Parameters:
    """A creative given inside an ad, as the parameters of a call of its own."""
    texts = {
        key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in specification.items()
    }
    return Parameters({**texts, **more})


ROUTES: Routes = {
    (ACCOUNT, "ads", "POST"): create,
    (AD, "", "POST"): update,
    (AD, "", "DELETE"): remove,
}
