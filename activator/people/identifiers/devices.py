"""Ids that are sent in plain text: the advertiser's own, an application's or page's, and a device's. Meta only.

https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash (2026-11): EXTERN_ID, APPUID,
PAGEUID and MADID are not hashed; MADID in lower case with its hyphens.
"""

import ibis.expr.types as ir

from activator.people.identifiers import headers
from activator.people.identifiers.hashing import EMPTY_DIGESTS
from activator.people.identifiers.text import AN_ADDRESS, clean, extracted, known, without_decimal_zero

# An address used as an id would reach the platform unhashed.
NO_ID = (*headers.spelt(headers.ID), AN_ADDRESS, *sorted(EMPTY_DIGESTS))
NO_DEVICE = "[0-]+"  # what a device answers whose owner has opted out of tracking


def external_id(value: ir.StringValue) -> ir.StringValue:
    """As written, trimmed. `4711.0` is 4711 that went through a data frame, as it is for consolidation."""
    return without_decimal_zero(known(clean(value), *NO_ID))


def advertising_id(value: ir.StringValue) -> ir.StringValue:
    """IDFA or Android advertising id: a UUID in lower case, hyphens kept, braces dropped."""
    text = known(clean(value).lower().re_replace(r"^\{|\}$", ""), NO_DEVICE)
    return extracted(text, r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
