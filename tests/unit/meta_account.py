"""A Meta destination opened for a test: settings from a `.env`, a clock moved by hand, specs of one small project."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import requests
import responses

from activator.errors import ActivatorError
from activator.model.ads import AdSpec, AudienceSpec, Bid, BidStrategy, CampaignSpec, CopyVariant, GroupSpec
from activator.model.naming import marked_name, marker
from activator.ports import DestinationContext
from connectors.meta.destination import MetaDestination, connector

TOKEN = "EAABcanaryTOKEN0123456789abcdef"
SECRET = "0123456789canarysecret0123456789"
GRAPH = "https://graph.facebook.com/v26.0"
ACCOUNT = f"{GRAPH}/act_1234567890"
NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
KEYS = ("campaign", "audience/gold", "audience/silver", "audience/lost", "group/gold", "ad/gold/warm")


@dataclass
class HandClock:
    """Time passes only by sleeping; every sleep is remembered."""

    instant: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.instant += timedelta(seconds=seconds)


def context(
    folder: Path,
    clock: HandClock,
    options: dict[str, Any] | None = None,
    env: str = "",
    currency: str = "EUR",
    countries: tuple[str, ...] = (),
) -> DestinationContext:
    (folder / ".env").write_text(f"ACTIVATOR_META__ACCESS_TOKEN={TOKEN}\n{env}", encoding="utf-8")
    return DestinationContext(
        name="meta",
        project_id="brand-eu",
        account_id="act_1234567890",
        currency=currency,
        time_zone="Europe/Berlin",
        project_dir=folder,
        options={"page_id": "111", "pixel_id": 222, **(options or {})},
        clock=clock,
        countries=countries,
        markers={marker("brand-eu", "meta", key): key for key in KEYS},
    )


def opened(folder: Path, clock: HandClock | None = None, **given: Any) -> MetaDestination:
    return connector.open(context(folder, clock or HandClock(), **given))


def named(label: str, key: str) -> str:
    return marked_name(label, "brand-eu", "meta", key)


AUDIENCE = AudienceSpec("audience/gold", named("Brand gold", "audience/gold"), "Best customers", "gold", suppress=False)
CAMPAIGN = CampaignSpec("campaign", named("Brand", "campaign"), None, BidStrategy.MIN_ROAS)
GROUP = GroupSpec(
    key="group/gold",
    name=named("Brand gold", "group/gold"),
    campaign_key="campaign",
    tier="gold",
    audience_key="audience/gold",
    excluded_audience_keys=("audience/silver", "audience/lost"),
    daily_budget_minor=2500,
    bid=Bid(BidStrategy.MIN_ROAS, roas_bp=20_000),
    countries=("DE", "AT"),
)
AD = AdSpec(
    key="ad/gold/warm",
    name=named("Brand gold warm", "ad/gold/warm"),
    group_key="group/gold",
    variant=CopyVariant("warm", "comfort", ("Stay warm", "Other"), ("Wool for years",), "Made for winter."),
    landing_url="https://shop.example/winter",
    url_tags="utm_source=meta&utm_content=warm",
)
IDS = {
    "campaign": "900",
    "audience/gold": "501",
    "audience/silver": "502",
    "audience/lost": "503",
    "group/gold": "700",
    "ad/gold/warm": "800",
}


def digest(seed: int) -> str:
    return f"{seed:064x}"


def members(rows: int = 3) -> pa.Table:
    return pa.table(
        {
            "EMAIL": [digest(number) for number in range(1, rows + 1)],
            "PHONE": ["" if number % 2 else digest(1000 + number) for number in range(1, rows + 1)],
            "FN": [""] * rows,
            "person_key": [f"{number:032x}" for number in range(rows)],
            "member_key": [f"{number:032x}" for number in range(rows)],
        }
    )


BATCH = "ffee" + "0" * 12 + "00000000deadbeef"


def request(calls: Any, position: int = -1) -> requests.PreparedRequest:
    sent = list(calls)[position].request
    assert isinstance(sent, requests.PreparedRequest)
    return sent


def body(sent: requests.PreparedRequest) -> dict[str, Any]:
    """The form of a POST, JSON values decoded."""
    text = sent.body.decode() if isinstance(sent.body, bytes) else str(sent.body)
    return _decoded(text)


def query(sent: requests.PreparedRequest) -> dict[str, Any]:
    return _decoded(urlsplit(str(sent.url)).query)


def _decoded(text: str) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for name, (value,) in parse_qs(text, keep_blank_values=True, strict_parsing=bool(text)).items():
        try:
            form[name] = json.loads(value) if value[:1] in '{["tf' else value
        except ValueError:
            form[name] = value
    return form


def graph_error(code: int, subcode: int | None = None, message: str = "It broke", **more: Any) -> dict[str, Any]:
    error: dict[str, Any] = {
        "message": message,
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AbC123_x",
        **more,
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return {"error": error}


def everything_said(error: BaseException) -> str:
    """All text an exception could bring to a screen or a log, through every chained exception."""
    said: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        said += [str(seen), repr(seen), repr(seen.args), repr(vars(seen))]
        if isinstance(seen, ActivatorError):
            said += [seen.message, seen.next_step]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(said)


def page(*rows: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    paging: dict[str, Any] = {"cursors": {"before": "b", "after": after or "end"}}
    if after:
        paging["next"] = f"{ACCOUNT}/ads?access_token=leak&after={after}"
    return {"data": list(rows), "paging": paging}


def script(mock: responses.RequestsMock, method: str, url: str, *answers: Any) -> None:
    """Answers to one URL, in order: JSON bodies, or (status, JSON body), or keyword dicts of responses.add."""
    for answer in answers:
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        mock.add(method, url, json=content, status=status)
