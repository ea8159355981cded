"""What every handler of the Graph half works with: the model, the account, the clock, and objects by id."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.errors import GraphError
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document, PlatformState

PLATFORM = "meta"
# Kinds of objects in the state, in the order an id is looked up
ACCOUNT, AUDIENCE, CAMPAIGN, ADSET, CREATIVE, AD = "account", "audience", "campaign", "adset", "creative", "ad"
LABEL, REPORT, PAGE, PIXEL = "adlabel", "report", "page", "pixel"
VALUE_RULES, BUSINESS, STUDY = "value_rule_set", "business", "ad_study"
KINDS = (AUDIENCE, CAMPAIGN, ADSET, CREATIVE, AD, LABEL, REPORT, PAGE, PIXEL, VALUE_RULES, BUSINESS, STUDY)
DELIVERING_KINDS = (CAMPAIGN, ADSET, AD)


@dataclass(frozen=True, slots=True)
class MetaOptions:
    """Switches for behaviour a real account may or may not show.

    refuse_small_removals: 200/1870047 on removals from audiences under 100 people (seen by partners, not documented).
    insights_rows_max: reports of more rows are refused (100/1487534) unless they are run in the background.
    hourly_calls: calls of a rolling hour per use case, instead of those of full access.
    """

    refuse_small_removals: bool = False
    insights_rows_max: int | None = None
    hourly_calls: int | None = None


@dataclass(slots=True)
class Context:
    """One Graph server's working set."""

    state: PlatformState
    seed: int
    options: MetaOptions = field(default_factory=MetaOptions)

    def now(self) -> datetime:
        """The present instant in UTC."""
        return self.state.clock.now()

    def timestamp(self) -> str:
        """The present as Graph writes it."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%S+0000")

    def list(self, kind: str) -> "Objects":
        """All objects of a kind, oldest first."""
        return self.state.list(PLATFORM, kind)

    def get(self, kind: str, object_id: str) -> Document | None:
        """One object, or None."""
        return self.state.get(PLATFORM, kind, object_id)

    def put(self, kind: str, document: Document) -> None:
        """Create or replace one object by its own id."""
        self.state.put(PLATFORM, kind, document["id"], document)

    def find(self, object_id: str, method: str = "get") -> "Node":
        """The object an id names, whatever its kind. Raises GraphError 100/33."""
        if object_id.startswith("act_"):
            account = self.get(ACCOUNT, object_id.removeprefix("act_"))
            if account is not None:
                return Node(ACCOUNT, account)
        else:
            for kind in KINDS:
                document = self.get(kind, object_id)
                if document is not None:
                    return Node(kind, document)
        raise missing(object_id, method)

    def account(self, account_id: str) -> Document:
        """An account known to exist."""
        found = self.get(ACCOUNT, account_id)
        assert found is not None, "objects belong to an account"
        return found

    def zone(self, account_id: str) -> ZoneInfo:
        """The time zone all dates of an account are in."""
        return ZoneInfo(self.account(account_id)["timezone_name"])


@dataclass(frozen=True, slots=True)
class Node:
    """One object and its kind."""

    kind: str
    document: Document


Objects: TypeAlias = list[dict[str, Any]]
Handler: TypeAlias = Callable[[Context, Document, Parameters], Document]
# (kind, edge or "" for the node itself, HTTP method) -> handler
Routes: TypeAlias = dict[tuple[str, str, str], Handler]


def missing(object_id: str, method: str = "get") -> GraphError:
    """The answer for an id that does not exist or may not be seen: Graph does not say which."""
    text = rules.MISSING_OBJECT_TEXT.format(method=method.lower(), id=object_id)
    return rules.MISSING_OBJECT.error(text)
