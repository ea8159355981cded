"""Meta's side of a fuzzed conversation: every call is answered with the next piece of the input."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from activator.model.ads import RemoteObject
from activator.model.delivery import Operation
from connectors.meta.destination import MetaDestination
from tests.unit.meta_account import AD, AUDIENCE, BATCH, CAMPAIGN, GROUP, IDS, HandClock, members, opened

DAY = date(2026, 11, 24)
STATUSES = (200, 200, 200, 400, 403, 500)


def _remote(kind: str, key: str) -> RemoteObject:
    return RemoteObject(kind, key, IDS[key], key, "PAUSED", {})


# What a caller may ask of the connector; the first byte of an input chooses.
QUESTIONS: tuple[Callable[[MetaDestination], object], ...] = (
    lambda meta: meta.observe(),
    lambda meta: list(meta.performance(DAY, DAY)),
    lambda meta: meta.create(AUDIENCE, IDS),
    lambda meta: meta.create(CAMPAIGN, IDS),
    lambda meta: meta.create(GROUP, IDS),
    lambda meta: meta.create(AD, IDS),
    lambda meta: meta.update(GROUP, _remote("group", "group/gold"), IDS),
    lambda meta: meta.update(AD, _remote("ad", "ad/gold/warm"), IDS),
    lambda meta: meta.pause(_remote("ad", "ad/gold/warm")),
    lambda meta: meta.send(Operation.ADD, "501", members(), BATCH),
    lambda meta: meta.send(Operation.REMOVE, "501", members(), BATCH),
    lambda meta: list(meta.check()),
)


class _Pieces(BaseAdapter):
    """Answers with the pieces in turn, and with the last one for ever."""

    def __init__(self, status: int, pieces: list[bytes]) -> None:
        super().__init__()
        self._status, self._pieces, self._asked = status, pieces, 0

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code = self._status
        answer.headers = CaseInsensitiveDict({"Content-Type": "application/json"})
        content = self._pieces[min(self._asked, len(self._pieces) - 1)]
        answer.raw = HTTPResponse(BytesIO(content), headers={}, status=self._status, preload_content=False)
        answer.request, answer.url = request, str(request.url)
        self._asked += 1
        return answer

    def close(self) -> None:
        """Nothing is open."""


class Answers:
    """One connector, asked again and again."""

    def ask(self, data: bytes, folder: Path) -> None:
        """First byte: the question; second: the HTTP status; the rest: answers, parted by NUL."""
        if len(data) < 2:
            return
        meta = opened(folder, HandClock())
        session = meta._api._session.requests
        session.mount("https://", _Pieces(STATUSES[data[1] % len(STATUSES)], data[2:].split(b"\0")))
        QUESTIONS[data[0] % len(QUESTIONS)](meta)
