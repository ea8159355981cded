"""Members as Data Manager messages, straight from Arrow columns: one pass, no object of ours per person."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from activator.model.delivery import Operation
from connectors.google.version import IDENTIFIERS_MAX

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("emails", "phones", "given_name", "family_name", "region_code", "postal_code")


def to_members(members: "pa.Table") -> tuple[list[Any], list[int]]:
    """Raw AudienceMember messages in row order, and the positions of rows without any identifier, which have none."""
    from google.ads.datamanager_v1.types.audience import AudienceMember

    make = AudienceMember.pb()
    columns = [members.column(name).to_pylist() for name in COLUMNS]
    messages: list[Any] = []
    empty: list[int] = []
    for position, row in enumerate(zip(*columns, strict=True)):
        message = make()
        if _fill(message.user_data.user_identifiers, *row):
            messages.append(message)
        else:
            empty.append(position)
    return messages, empty


def _fill(
    identifiers: Any,
    emails: Sequence[str] | None,
    phones: Sequence[str] | None,
    given_name: str,
    family_name: str,
    region_code: str,
    postal_code: str,
) -> int:
    """Add a row's identifiers and say how many. An address counts as one and goes first: it is all four parts."""
    if given_name and family_name and region_code and postal_code:
        address = identifiers.add().address
        address.given_name, address.family_name = given_name, family_name
        address.region_code, address.postal_code = region_code, postal_code
    for email in (emails or ())[: IDENTIFIERS_MAX - len(identifiers)]:
        identifiers.add().email_address = email
    for phone in (phones or ())[: IDENTIFIERS_MAX - len(identifiers)]:
        identifiers.add().phone_number = phone
    return len(identifiers)


def to_request(operation: Operation, destination: Any, members: Sequence[Any], *, terms_accepted: bool) -> Any:
    """A raw ingest or remove request. Consent is GRANTED for all: nobody else ever reaches a connector.

    Removals carry neither consent nor terms (types/ingestion_service.py, 0.9.4).
    """
    from google.ads.datamanager_v1.types import ingestion_service as types

    if operation is Operation.REMOVE:
        removal = types.RemoveAudienceMembersRequest.pb()(destinations=[destination], encoding="HEX")
        removal.audience_members.extend(members)
        return removal
    request = types.IngestAudienceMembersRequest.pb()(
        destinations=[destination],
        encoding="HEX",
        consent={"ad_user_data": "CONSENT_GRANTED", "ad_personalization": "CONSENT_GRANTED"},
    )
    if terms_accepted:
        request.terms_of_service.customer_match_terms_of_service_status = 1  # ACCEPTED
    request.audience_members.extend(members)
    return request
