"""Custom Audiences as objects: creating lists, and reading how they are.

DOC/marketing-api/audiences/guides/custom-audiences and .../reference/custom-audience, checked 2026-11-22.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from activator.errors import AuthenticationRequiredError, ConfigurationError, PermanentRefusalError
from activator.model.ads import AudienceSpec, GroupField, RemoteObject
from connectors.meta.errors import TERMS_FIX
from connectors.meta.listing import Found, Listing
from connectors.meta.lookalikes import KIND as LOOKALIKE
from connectors.meta.lookalikes import Lookalikes
from connectors.meta.options import MetaOptions
from connectors.meta.transport import GraphApi
from connectors.meta.version import FLAGGED_WORDS, OPERATION_FLAGGED

_FIELDS = ("id", "name", "description", "audience_labels", "operation_status", "delivery_status", "is_value_based")
VALUE_BASED = "yes"
READY = "ready"


class Audiences:
    """The customer lists of one destination, and the lookalikes grown from them."""

    def __init__(self, api: GraphApi, account: str, options: MetaOptions, lookalikes: Lookalikes) -> None:
        self._api = api
        self._account = account
        self._options = options
        self._lookalikes = lookalikes
        self._terms: Any = None
        self._seen: dict[str, tuple[str, bool]] = {}  # spec key -> id, and whether its members have values

    def fields(self, spec: AudienceSpec) -> dict[str, GroupField]:
        """What of a list is compared; a label and a lookalike only where the options want one for the tier."""
        wanted = {
            "label": self._options.audience_labels.get(spec.tier),
            "lookalike": self._lookalikes.wanted(spec.tier),
        }
        shown = {name: value for name, value in wanted.items() if value is not None}
        valued = {"value_based": VALUE_BASED} if spec.value_based else {}
        return {"name": spec.name, "description": spec.description, **shown, **valued}

    def check_kind(self, spec: AudienceSpec) -> None:
        """Refuse values for a list that was made without them, and the other way about.

        Raises:
            ConfigurationError: the list that is there is of the other kind, which Meta does not change.
        """
        audience_id, has_values = self._seen.get(spec.key, ("", spec.value_based))
        if has_values == spec.value_based:
            return
        made, wanted = (
            ("with", "Write `value_based: true` for") if has_values else ("without", "Take `value_based` from")
        )
        raise ConfigurationError(
            f"tier {spec.tier}: list {audience_id} was made {made} values of its members, which Meta never changes",
            f"{wanted} the tier; or delete the list at Meta, and let the next plan make and fill another.",
        )

    def create(self, spec: AudienceSpec) -> str:
        """Create an empty customer list and return its id. Its lookalike has to wait until it is filled.

        Raises:
            PermanentRefusalError: the name would get the audience flagged.
            AuthenticationRequiredError: the terms are not accepted, so nobody could be put into it.
        """
        refuse_flagged_words(spec.name)
        refuse_flagged_words(spec.description)
        self._require_terms("custom_audience_tos")
        if spec.value_based:
            self._require_terms("value_based_custom_audience_tos")
        params: dict[str, Any] = {
            "name": spec.name,
            "description": spec.description,
            "subtype": "CUSTOM",
            "customer_file_source": self._options.customer_file_source,
            **self._label(spec),
            **({"is_value_based": True} if spec.value_based else {}),
        }
        if self._options.retention_days is not None:
            params["retention_days"] = self._options.retention_days
        return self._api.create((self._account, "customaudiences"), params)

    def update(self, spec: AudienceSpec, remote: RemoteObject) -> None:
        """Send what differs, and grow the lookalike that is missing."""
        wanted = self.fields(spec)
        changed = {name for name in wanted if wanted[name] != remote.fields.get(name)}
        params: dict[str, Any] = {name: wanted[name] for name in ("name", "description") if name in changed}
        for text in params.values():
            refuse_flagged_words(text)
        if "label" in changed:
            params |= self._label(spec)
        if params:
            self._api.set(remote.platform_id, **params)
        if "lookalike" in changed:
            self._lookalikes.create(spec, remote.platform_id)

    def read(self, listing: Listing) -> Iterator[RemoteObject]:
        """Our lists. Sizes are left out: below 1,000 Meta does not tell them apart."""
        found = list(listing.ours(("audience", LOOKALIKE), "customaudiences", _FIELDS))
        found += self._adopted({one.key: one.platform_id for one in found})
        self._seen = {one.key: (one.platform_id, bool(one.row.get("is_value_based"))) for one in found}
        grown = {one.key for one in found if one.key.startswith(f"{LOOKALIKE}/")}
        for one in found:
            if one.key not in grown:
                status = _status(one.row)
                fields = self._fields_of(one, status, grown)
                yield RemoteObject("audience", one.key, one.platform_id, one.name, status, fields)

    def _adopted(self, marked: Mapping[str, str]) -> Iterator[Found]:
        """Lists the project file names by id and that do not carry our marker yet: the first update gives it to them.

        marked: spec key -> id of those that do.
        """
        for tier, audience_id in self._options.adopt_audiences.items():
            key = f"audience/{tier}"
            if marked.get(key, audience_id) != audience_id:
                raise PermanentRefusalError(
                    f"tier {tier} has a list of ours ({marked[key]}) and is to adopt {audience_id} as well",
                    "Remove one of them: adopt_audiences in the project file, or the list at Meta.",
                )
            if key not in marked:
                row = self._api.get((audience_id,), fields=",".join((*_FIELDS, "account_id", "subtype")))
                self._refuse_to_adopt(audience_id, row)
                yield Found(key, row)

    def _refuse_to_adopt(self, audience_id: str, row: Mapping[str, Any]) -> None:
        account = self._account.removeprefix("act_")
        owner, subtype = str(row.get("account_id", account)), str(row.get("subtype", "CUSTOM"))
        if owner != account or subtype != "CUSTOM" or not row.get("name"):
            raise PermanentRefusalError(
                f"audience {audience_id} is no customer list of this account ({subtype} of {owner})",
                "Correct adopt_audiences in the destination's options.",
            )

    def _fields_of(self, one: Found, status: str, grown: set[str]) -> dict[str, GroupField]:
        tier = one.key.partition("/")[2]
        label, lookalike = self._options.audience_labels.get(tier), self._lookalikes.wanted(tier)
        fields: dict[str, GroupField] = {"name": one.name, "description": str(one.row.get("description") or "")}
        if one.row.get("is_value_based"):
            fields["value_based"] = VALUE_BASED
        if label is not None:
            labels = one.row.get("audience_labels")
            fields["label"] = label if labels is None or label in labels else ", ".join(map(str, labels))
        if lookalike is not None:
            # A list that is not ready cannot seed one yet, so nothing is missing.
            is_settled = status != READY or self._lookalikes.key(tier) in grown
            fields["lookalike"] = lookalike if is_settled else ""
        return fields

    def _label(self, spec: AudienceSpec) -> dict[str, list[str]]:
        label = self._options.audience_labels.get(spec.tier)
        return {} if label is None else {"audience_labels": [label]}

    def _require_terms(self, name: str) -> None:
        """Read once a run, before the first list is made; an account that does not show its terms is believed."""
        if self._terms is None:
            self._terms = self._api.get((self._account,), fields="tos_accepted").get("tos_accepted", "not shown")
        accepted = self._terms
        if isinstance(accepted, dict) and str(accepted.get(name, "0")) != "1":
            self._terms = None  # a human accepts them meanwhile: look again
            what = "value-based " if name.startswith("value") else ""
            raise AuthenticationRequiredError(f"Meta: the {what}Custom Audience terms are not accepted", TERMS_FIX)


def refuse_flagged_words(text: str) -> None:
    """Meta flags audiences whose name suggests income, credit or health; a flagged one takes no members."""
    found = FLAGGED_WORDS.search(text)
    if found:
        raise PermanentRefusalError(
            f"Meta flags audiences that say `{found.group(0)}`: it suggests health or financial status",
            "Rename the tier (or the project) in activator.yaml to something neutral, and plan again.",
        )


def _status(row: Mapping[str, Any]) -> str:
    """One of flagged, unusable, too_small, ready, unknown."""
    operation, delivery = (code_of(row.get(key)) for key in ("operation_status", "delivery_status"))
    if operation == OPERATION_FLAGGED:
        return "flagged"
    if delivery >= 400 or operation >= 500:
        return "unusable"
    return {200: READY, 300: "too_small"}.get(delivery, "unknown")


def code_of(status: Any) -> int:
    """The code of an operation_status or delivery_status; 0 where there is none."""
    code = status.get("code") if isinstance(status, dict) else None
    return code if isinstance(code, int) else 0
