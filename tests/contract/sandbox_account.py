"""One advertiser talking plain HTTP to a running sandbox: the shortest way to say what is sent and read the answer."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

from connectors.sandbox import accounts
from connectors.sandbox.server import Sandbox

ACCOUNT = f"act_{accounts.META_ACCOUNT_ID}"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Advertiser:
    """A caller with a good token."""

    sandbox: Sandbox
    http: requests.Session
    version: str = "v26.0"

    @classmethod
    def of(cls, sandbox: Sandbox) -> "Advertiser":
        http = requests.Session()
        http.trust_env = False
        settings = sandbox.settings()
        http.headers["Authorization"] = f"Bearer {settings['ACTIVATOR_META__ACCESS_TOKEN']}"
        http.verify = settings.get("ACTIVATOR_META__CA_FILE", True)
        return cls(sandbox, http)

    def url(self, path: str) -> str:
        return f"{self.sandbox.settings()['ACTIVATOR_META__GRAPH_URL']}/{self.version}/{path}"

    def send(self, verb: str, path: str, /, **params: Any) -> requests.Response:
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        if verb == "POST":
            return self.http.post(self.url(path), data=form, timeout=20)
        return self.http.request(verb, self.url(path), params=form, timeout=20)

    def get(self, path: str, /, **params: Any) -> dict[str, Any]:
        return self._good(self.send("GET", path, **params))

    def post(self, path: str, /, **params: Any) -> dict[str, Any]:
        return self._good(self.send("POST", path, **params))

    def delete(self, path: str, /, **params: Any) -> dict[str, Any]:
        return self._good(self.send("DELETE", path, **params))

    def refusal(self, verb: str, path: str, /, **params: Any) -> tuple[int, int | None]:
        """Code and subcode of the error the call gets."""
        error = self.send(verb, path, **params).json()["error"]
        return error["code"], error.get("error_subcode")

    def _good(self, response: requests.Response) -> dict[str, Any]:
        answer: dict[str, Any] = response.json()
        assert response.status_code == 200, answer
        return answer

    # What most tests start from

    def audience(self, name: str = "Best customers", **more: Any) -> str:
        params = {"name": name, "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY", **more}
        return str(self.post(f"{ACCOUNT}/customaudiences", **params)["id"])

    def campaign(self, **more: Any) -> str:
        return str(self.post(f"{ACCOUNT}/campaigns", **{**CAMPAIGN, **more})["id"])

    def adset(self, campaign_id: str, **more: Any) -> str:
        return str(self.post(f"{ACCOUNT}/adsets", **{**ADSET, "campaign_id": campaign_id, **more})["id"])

    def ad(self, adset_id: str, name: str) -> str:
        creative_id = self.post(f"{ACCOUNT}/adcreatives", **CREATIVE)["id"]
        params = {"name": name, "adset_id": adset_id, "creative": {"creative_id": creative_id}, "status": "PAUSED"}
        return str(self.post(f"{ACCOUNT}/ads", **params)["id"])

    def upload(self, audience_id: str, people: Sequence[str], *, remove: bool = False, **more: Any) -> dict[str, Any]:
        """Send people by e-mail, hashed."""
        payload = {"schema": ["EMAIL"], "data": [[sha256(person)] for person in people]}
        override = {"method": "DELETE"} if remove else {}
        return self.post(f"{audience_id}/users", payload=payload, **override, **more)

    def members(self, audience_id: str) -> set[frozenset[str]]:
        return self.sandbox.state.members("meta", audience_id)


CAMPAIGN: Mapping[str, Any] = {
    "name": "Winter",
    "objective": "OUTCOME_SALES",
    "special_ad_categories": [],
    "is_adset_budget_sharing_enabled": False,
    "status": "PAUSED",
}
ADSET: Mapping[str, Any] = {
    "name": "High",
    "billing_event": "IMPRESSIONS",
    "optimization_goal": "OFFSITE_CONVERSIONS",
    "promoted_object": {"pixel_id": accounts.META_PIXEL_ID, "custom_event_type": "PURCHASE"},
    "daily_budget": 4000,
    "dsa_beneficiary": "Lindgren GmbH",
    "dsa_payor": "Lindgren GmbH",
    "targeting": {"geo_locations": {"countries": ["DE"]}, "targeting_automation": {"advantage_audience": 0}},
    "status": "PAUSED",
}
CREATIVE: Mapping[str, Any] = {
    "name": "Quality",
    "object_story_spec": {
        "page_id": accounts.META_PAGE_ID,
        "link_data": {"link": "https://shop.example/", "message": "Roasted this morning", "name": "Fresh coffee"},
    },
    "url_tags": "utm_source=meta",
}


def official_client(sandbox: Sandbox) -> FacebookAdsApi:
    """Meta's own client, pointed at the sandbox by its documented attribute."""
    settings = sandbox.settings()
    session = FacebookSession(
        settings["ACTIVATOR_META__APP_ID"],
        settings["ACTIVATOR_META__APP_SECRET"],
        settings["ACTIVATOR_META__ACCESS_TOKEN"],
        timeout=20,
    )
    session.GRAPH = settings["ACTIVATOR_META__GRAPH_URL"]
    session.requests.trust_env = False
    session.requests.verify = settings.get("ACTIVATOR_META__CA_FILE", True)
    return FacebookAdsApi(session)
