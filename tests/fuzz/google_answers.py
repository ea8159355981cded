"""Google's side of a fuzzed conversation: rows, lists and refusals made of the input's bytes.

What is no message of the right kind is refused by gRPC itself, below everything tested here.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from activator.model.naming import marker
from connectors.google.errors import translate
from connectors.google.observation import observe
from connectors.google.performance import read_performance
from connectors.google.settings import GoogleSettings

VERSION = str(GoogleSettings.model_fields["api_version"].default)
KEYS = ("campaign", "audience/gold", "group/gold", "ad/gold/warm")
MARKERS = {marker("brand-eu", "google", key): key for key in KEYS}
DAY = date(2026, 11, 24)
FAILURE_KEY = f"google.ads.googleads.{VERSION}.errors.googleadsfailure-bin"


class _Refusal(grpc.RpcError, grpc.Call):
    """A failed call with trailing metadata of our choice."""

    def __init__(self, status: grpc.StatusCode, trailing: tuple[tuple[str, Any], ...], details: str) -> None:
        super().__init__()
        self._status, self._trailing, self._details = status, trailing, details

    def code(self) -> grpc.StatusCode:
        return self._status

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> Any:
        return self._trailing

    def initial_metadata(self) -> Any:
        return ()

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False

    def cancel(self) -> bool:
        return False

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> Any:
        return None


class _Rows:
    """The part of the transport that reading needs: every query is answered with the same rows."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def search(self, _query: str) -> list[Any]:
        return self._rows


@cache
def _kinds() -> tuple[Any, Any]:
    rows = import_module(f"google.ads.googleads.{VERSION}.services.types.google_ads_service").GoogleAdsRow
    lists = import_module("google.ads.datamanager_v1.types.user_list").UserList
    return rows.pb(), lists.pb()


def _parsed(kind: Any, pieces: list[bytes]) -> Iterator[Any]:
    for piece in pieces:
        try:
            yield kind.FromString(piece)
        except DecodeError:
            continue


def ask(data: bytes) -> None:
    """First byte: what the rest is; pieces of the rest are parted by four NULs."""
    pieces = data[1:].split(b"\0\0\0\0")
    rows, lists = _kinds()
    match data[:1]:
        case b"r":
            observe(_Rows(list(_parsed(rows, pieces))), [], MARKERS)  # type: ignore[arg-type]
        case b"l":
            observe(_Rows([]), list(_parsed(lists, pieces)), MARKERS)  # type: ignore[arg-type]
        case b"p":
            list(read_performance(_Rows(list(_parsed(rows, pieces))), "google", MARKERS, DAY, DAY))  # type: ignore[arg-type]
        case _:
            status = list(grpc.StatusCode)[len(data) % len(grpc.StatusCode)]
            trailing = (
                (FAILURE_KEY, pieces[0]),
                ("grpc-status-details-bin", pieces[-1]),
                ("request-id", pieces[-1].decode(errors="replace")),
            )
            error = _Refusal(status, trailing, pieces[0].decode(errors="replace"))
            for writes in (False, True):
                assert translate(error, VERSION, writes=writes).message
