"""Checks a Data Manager upload and turns its members into identifier sets (sources: rules.py)."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.refusal import Violation

_HEX = re.compile(r"[0-9a-fA-F]+")
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")
_MOBILE_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ADDRESS_PARTS = ("given_name", "family_name", "region_code", "postal_code")
VIOLATIONS_MAX = 20  # keeps the answer below gRPC's limit of 8 KB of metadata
HEX, BASE64 = 1, 2  # dm types/ingestion_service.py, Encoding


class Identifiers:
    """Reads the members of one request. violations: what is wrong with it, by path; one is enough to refuse it all."""

    def __init__(self, request: Any) -> None:
        self._encoding = int(request.encoding)
        self.violations: list[Violation] = []
        self.data = ""
        members = request.audience_members
        if not members:
            self._refuse("audience_members", "REQUIRED_FIELD_MISSING", "Required field is missing.")
        elif len(members) > rules.MEMBERS_MAX:
            text = "Maximum number of audience members allowed per request is 10,000."
            self._refuse("audience_members", "TOO_MANY_AUDIENCE_MEMBERS", text)
        else:
            self.data = members[0].WhichOneof("data") or ""

    def read(self, members: Any) -> list[list[str]]:
        """The identifier strings of every member, canonical: lower-case hex, kind in front."""
        if self.violations:
            return []
        if self.data in {"user_data", "composite_data"} and self._encoding not in {HEX, BASE64}:
            self._refuse("encoding", "REQUIRED_FIELD_MISSING", "Required field is missing.")
            return []
        found = []
        for position, member in enumerate(members):
            found.append(list(self._member(member, f"audience_members[{position}]")))
            if len(self.violations) >= VIOLATIONS_MAX:
                break
        return found

    def _refuse(self, path: str, reason: str, text: str) -> None:
        self.violations.append(Violation(path, reason, text))

    def _member(self, member: Any, path: str) -> Iterator[str]:
        data = member.WhichOneof("data") or ""
        if data != self.data:
            text = "Multiple data types are not allowed to be ingested in a single request."
            self._refuse(path, "MULTIPLE_DATA_TYPES_NOT_ALLOWED", text)
        elif data == "user_data":
            yield from self._user_data(member.user_data, f"{path}.user_data")
        elif data == "mobile_data":
            yield from self._mobile(member.mobile_data.mobile_ids, f"{path}.mobile_data.mobile_ids")
        elif data == "user_id_data" and member.user_id_data.user_id:
            yield f"user_id:{member.user_id_data.user_id}"
        else:
            self._refuse(path, "INVALID_AUDIENCE_MEMBER", "This audience member is not valid.")

    def _user_data(self, user_data: Any, path: str) -> Iterator[str]:
        identifiers = user_data.user_identifiers
        here = f"{path}.user_identifiers"
        if not identifiers:
            self._refuse(here, "REQUIRED_FIELD_MISSING", "Required field is missing.")
        if len(identifiers) > rules.IDENTIFIERS_MAX:
            text = "Maximum number of user identifiers allowed per audience member is 10."
            self._refuse(here, "TOO_MANY_USER_IDENTIFIERS", text)
        for position, identifier in enumerate(identifiers):
            which = identifier.WhichOneof("identifier")
            if which is None:
                self._refuse(f"{here}[{position}]", "REQUIRED_FIELD_MISSING", "Required field is missing.")
            elif which == "address":
                address = self._address(identifier.address, f"{here}[{position}].address")
                if address:
                    yield address
            else:
                digest = self._digest(getattr(identifier, which), f"{here}[{position}].{which}")
                yield f"{which}:{digest}"

    def _digest(self, value: str, path: str) -> str:
        """The SHA-256 as lower-case hex. Anything unhashed is refused, and not repeated in the answer."""
        if self._encoding == BASE64:
            try:
                raw = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                self._refuse(path, "INVALID_BASE64_ENCODING", "The base64 encoded value is malformed.")
                return ""
            if len(raw) != 32:
                self._refuse(path, "INVALID_SHA256_FORMAT", "The SHA256 encoded value is malformed.")
            return raw.hex()
        if _SHA256_HEX.fullmatch(value):
            return value.lower()
        if _HEX.fullmatch(value):
            self._refuse(path, "INVALID_SHA256_FORMAT", "The SHA256 encoded value is malformed.")
        else:
            self._refuse(path, "INVALID_HEX_ENCODING", "The HEX encoded value is malformed.")
        return ""

    def _address(self, address: Any, path: str) -> str:
        """Dm types/user_data.py: all four parts are required; the names hashed, the places plain."""
        missing = [part for part in _ADDRESS_PARTS if not getattr(address, part)]
        for part in missing:
            self._refuse(f"{path}.{part}", "REQUIRED_FIELD_MISSING", "Required field is missing.")
        if missing:
            return ""
        names = [self._digest(getattr(address, part), f"{path}.{part}") for part in _ADDRESS_PARTS[:2]]
        if not rules.REGION_CODE.fullmatch(address.region_code):
            self._refuse(f"{path}.region_code", "INVALID_REGION_CODE", "The region code is not valid.")
        if not rules.POSTAL_CODE.fullmatch(address.postal_code):
            self._refuse(f"{path}.postal_code", "INVALID_POSTAL_CODE", "Postal code is not valid.")
        return "|".join((f"address:{names[0]}", names[1], address.region_code, address.postal_code))

    def _mobile(self, mobile_ids: Any, path: str) -> Iterator[str]:
        if not mobile_ids:
            self._refuse(path, "REQUIRED_FIELD_MISSING", "Required field is missing.")
        if len(mobile_ids) > rules.IDENTIFIERS_MAX:
            self._refuse(path, "TOO_MANY_ELEMENTS", "Too many elements in a list in the request.")
        for position, mobile_id in enumerate(mobile_ids):
            if not _MOBILE_ID.fullmatch(mobile_id):
                self._refuse(f"{path}[{position}]", "INVALID_MOBILE_ID_FORMAT", "Mobile ID format is not valid.")
            yield f"mobile:{mobile_id.lower()}"


def consent_problem(member: Any, request: Any) -> str:
    """Why a member is not processed, as ProcessingErrorReason without its prefix; '' when consent is given.

    Both consents must be GRANTED (DM/concepts/consent, 2026-11-22); a member's own consent overrides the request's.
    """
    consent = member.consent if member.HasField("consent") else request.consent
    both = (consent.ad_user_data, consent.ad_personalization)
    if both == (1, 1):
        return ""
    if 2 in both:
        return "DENIED_CONSENT"
    return "NO_CONSENT" if both == (0, 0) else "UNKNOWN_CONSENT"
