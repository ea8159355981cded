"""Custom Audiences as objects: creating lists, and reading how they are.

DOC/marketing-api/audiences/guides/custom-audiences and .../reference/custom-audience, checked 2026-11-22.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from activator.errors import PermanentRefusalError
from activator.model.ads import AudienceSpec, RemoteObject
from connectors.meta.listing import Listing
from connectors.meta.options import MetaOptions
from connectors.meta.transport import GraphApi
from connectors.meta.version import FLAGGED_WORDS, OPERATION_FLAGGED

_FIELDS = ("id", "name", "operation_status", "delivery_status")


def create_audience(api: GraphApi, account: str, options: MetaOptions, spec: AudienceSpec) -> str:
    """Create an empty customer list and return its id.

    Raises:
        PermanentRefusalError: the name would get the audience flagged.
    """
    refuse_flagged_words(spec.name)
    refuse_flagged_words(spec.description)
    params: dict[str, Any] = {
        "name": spec.name,
        "description": spec.description,
        "subtype": "CUSTOM",
        "customer_file_source": options.customer_file_source,
    }
    if options.retention_days is not None:
        params["retention_days"] = options.retention_days
    return api.create((account, "customaudiences"), params)


def refuse_flagged_words(text: str) -> None:
    """Meta flags audiences whose name suggests income, credit or health; a flagged one takes no members."""
    found = FLAGGED_WORDS.search(text)
    if found:
        raise PermanentRefusalError(
            f"Meta flags audiences that say `{found.group(0)}`: it suggests health or financial status",
            "Rename the tier (or the project) in activator.yaml to something neutral, and plan again.",
        )


def read_audiences(listing: Listing) -> Iterator[RemoteObject]:
    """Our audiences. Sizes are left out: below 1,000 Meta does not tell them apart."""
    for found in listing.ours("audience", "customaudiences", _FIELDS):
        yield RemoteObject("audience", found.key, found.platform_id, found.name, _status(found.row))


def _status(row: Mapping[str, Any]) -> str:
    """One of flagged, unusable, too_small, ready, unknown."""
    operation, delivery = (code_of(row.get(key)) for key in ("operation_status", "delivery_status"))
    if operation == OPERATION_FLAGGED:
        return "flagged"
    if delivery >= 400 or operation >= 500:
        return "unusable"
    return {200: "ready", 300: "too_small"}.get(delivery, "unknown")


def code_of(status: Any) -> int:
    """The code of an operation_status or delivery_status; 0 where there is none."""
    code = status.get("code") if isinstance(status, dict) else None
    return code if isinstance(code, int) else 0
