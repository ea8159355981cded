"""Message classes of the installed official packages, by API version, and translation between versions.

The sandbox thinks in the newest version; requests of older ones are translated on the way in and answers on the way
out, field by field by name, so that renumbered or dropped fields cannot be confused.
"""

from functools import cache
from importlib import import_module
from typing import Any

from google.protobuf import json_format

NEWEST = "v26"  # google-ads 34.0.0, `client.py` _VALID_API_VERSIONS
VERSIONS = (NEWEST, "v25", "v24", "v23")


# The answer of a call that goes on after it: google.longrunning.Operation, the same in every version.
LONG_RUNNING = "google.longrunning.Operation"


@cache
def ads_class(version: str, module: str, name: str) -> Any:
    """The protobuf class of one Google Ads message, e.g. ("v26", "errors.types.errors", "GoogleAdsFailure")."""
    if name == LONG_RUNNING:
        from google.longrunning import operations_pb2

        return operations_pb2.Operation
    types = import_module(f"google.ads.googleads.{version}.{module}")
    return getattr(types, name).pb()


@cache
def data_class(name: str) -> Any:
    """The protobuf class of one Data Manager message."""
    return getattr(import_module("google.ads.datamanager_v1"), name).pb()


def row_class() -> Any:
    """GoogleAdsRow: the one message that holds every resource, and so the catalogue of them all."""
    return ads_class(NEWEST, "services.types.google_ads_service", "GoogleAdsRow")


@cache
def resource_class(kind: str) -> Any:
    """The protobuf class of one resource by its GAQL name, e.g. "ad_group_ad"."""
    return type(getattr(row_class()(), kind))


def translated(message: Any, wanted: Any) -> Any:
    """The same content as another class; fields it does not know are left out."""
    if isinstance(message, wanted):
        return message
    content = json_format.MessageToDict(message, preserving_proto_field_name=True, use_integers_for_enums=True)
    return json_format.ParseDict(content, wanted(), ignore_unknown_fields=True)


def to_document(message: Any) -> dict[str, Any]:
    """A resource as it is stored: proto names, enums as words."""
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def from_document(kind: str, document: dict[str, Any]) -> Any:
    """A stored resource as a message."""
    return json_format.ParseDict(document, resource_class(kind)(), ignore_unknown_fields=True)


def enum_number(message: Any, field: str, word: str) -> int:
    """The number of one enum value, by the field that holds it."""
    return int(message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_name[word].number)


def enum_word(message: Any, field: str) -> str:
    """The word of the enum value a field holds."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    number = getattr(message, field)
    return str(values[number].name) if number in values else "UNKNOWN"


def set_default(message: Any, field: str, word: str) -> None:
    """Set an enum field that was left unspecified."""
    if getattr(message, field) == 0:
        setattr(message, field, enum_number(message, field, word))
