"""What campaigns, ad sets and ads have in common: statuses, changes, deletion, labels."""

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.book import close, has_issues, log_status
from connectors.sandbox.meta.context import AD, ADSET, CAMPAIGN, LABEL, Context
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document

_HIDDEN = ("DELETED", "ARCHIVED")
_STATUSES = ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED")


def new_document(context: Context, account_id: str, name: str, parameters: Parameters) -> Document:
    """The part every delivering object starts with, in the status asked for (ACTIVE unless said otherwise)."""
    document: Document = {
        "id": context.state.new_id(),
        "account_id": account_id,
        "name": checked_name(name),
        "created_time": context.timestamp(),
        "updated_time": context.timestamp(),
        "adlabels": labels(context, account_id, parameters),
    }
    log_status(context, document, parameters.one_of("status", ("ACTIVE", "PAUSED"), "ACTIVE"))
    return document


def checked_name(name: str) -> str:
    """A name of at most 400 characters."""
    if len(name) > rules.NAME_CHARACTERS_MAX:
        raise invalid("name", f"Param name must be at most {rules.NAME_CHARACTERS_MAX} characters long")
    return name


def validate_only(parameters: Parameters) -> bool:
    """True for a dry run: checked and answered, nothing kept."""
    return "validate_only" in (parameters.sequence("execution_options") or [])


def begin_change(context: Context, document: Document, campaign: Document, parameters: Parameters) -> None:
    """What comes first in every update: the past is entered, deleted objects refuse, name and status are taken."""
    if document["status"] == "DELETED" and set(parameters.values) - {"name", "access_token", "appsecret_proof"}:
        raise rules.DELETED_EDIT.error()
    close(context, campaign)
    if "name" in parameters:
        document["name"] = checked_name(parameters.required("name"))
    if "adlabels" in parameters:
        document["adlabels"] = labels(context, document["account_id"], parameters)
    if "status" in parameters:
        log_status(context, document, parameters.one_of("status", _STATUSES))
    document["updated_time"] = context.timestamp()


def delete(context: Context, kind: str, document: Document) -> Document:
    """Deleted objects stay, for their figures; they can no longer deliver."""
    campaign = document if kind == CAMPAIGN else context.get(CAMPAIGN, document["campaign_id"])
    assert campaign is not None, "ad sets and ads belong to a campaign"
    close(context, campaign)
    fresh = context.get(kind, document["id"])
    assert fresh is not None, "the caller has just found it"
    log_status(context, fresh, "DELETED")
    fresh["updated_time"] = context.timestamp()
    context.put(kind, fresh)
    return {"success": True}


def effective_status(context: Context, kind: str, document: Document) -> str:
    """The status that counts, given those of the objects above."""
    own: str = document["status"]
    if own in _HIDDEN:
        return own
    campaign = document if kind == CAMPAIGN else context.get(CAMPAIGN, document["campaign_id"])
    adset = context.get(ADSET, document["adset_id"]) if kind == AD else document if kind == ADSET else None
    above = [("CAMPAIGN", campaign), ("ADSET", adset)] if kind == AD else [("CAMPAIGN", campaign)]
    for _, parent in above:
        if parent is not None and parent["status"] in _HIDDEN:
            return str(parent["status"])
    if own == "PAUSED":
        return own
    for prefix, parent in above:
        if kind != CAMPAIGN and parent is not None and parent["status"] == "PAUSED":
            return f"{prefix}_PAUSED"
    return "WITH_ISSUES" if adset is not None and has_issues(context, adset) else own


def shown(context: Context, kind: str, document: Document) -> Document:
    """What can be read of a delivering object."""
    result = {name: value for name, value in document.items() if name not in _PRIVATE}
    result["configured_status"] = document["status"]
    result["effective_status"] = effective_status(context, kind, document)
    for name in ("daily_budget", "lifetime_budget", "spend_cap"):
        if result.get(name) is not None:
            result[name] = str(result[name])  # money is read back as text
    return result


_PRIVATE = frozenset({"status_log", "closed_until", "budget_changes"})


def labels(context: Context, account_id: str, parameters: Parameters) -> list[Document] | None:
    """Labels given by id or by name; a new name makes a new label."""
    given = parameters.sequence("adlabels")
    if given is None:
        return None
    chosen = []
    for entry in given:
        if not isinstance(entry, dict) or not ("id" in entry or "name" in entry):
            raise invalid("adlabels", "Each ad label needs an id or a name")
        if "id" in entry:
            label = context.get(LABEL, str(entry["id"]))
            if label is None:
                raise invalid("adlabels", "The ad label does not exist")
        else:
            label = label_named(context, account_id, str(entry["name"]))
        chosen.append({"id": label["id"], "name": label["name"]})
    return chosen


def label_named(context: Context, account_id: str, name: str) -> Document:
    """The label of an account by name, made when there is none."""
    for label in context.list(LABEL):
        if label["account_id"] == account_id and label["name"] == name:
            return label
    label = {"id": context.state.new_id(), "account_id": account_id, "name": name, "created_time": context.timestamp()}
    context.put(LABEL, label)
    return label
