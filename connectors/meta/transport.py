"""The one way to the Graph API: Meta's SDK with what it lacks, timeouts, retries, pacing and checked answers.

facebook-business 26.0.3 puts the token into every URL, waits for ever, takes an HTML page for success and prints
whole payloads in its errors (all measured). So its session gets our HTTP session: token in a header, answers checked
before the SDK parses them, failures raised as FailedCall, which GraphApi turns into our error tree. Every error is
raised outside the `except` that saw its cause, so not even `__context__` can leak a URL or a payload.
"""

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from facebook_business.api import FacebookAdsApi, FacebookResponse
from facebook_business.exceptions import FacebookError
from facebook_business.session import FacebookSession
from tenacity import RetryCallState, Retrying, retry_if_exception

from activator.config.allowances import ProcessAllowances
from activator.errors import DestinationError, OutcomeUnknownError, RateLimitedError, RetryableError
from activator.ports import Allowances, Clock
from connectors.meta.errors import Effect, Failure, FailureKind, translate
from connectors.meta.pacing import WAIT_TOTAL_MAX_SECONDS, AccountPace, pacer_for, use_case
from connectors.meta.settings import MetaSettings
from connectors.meta.version import PAGE_ROWS, PAGE_ROWS_MIN
from connectors.meta.wire import CheckedRequests, FailedCall

ATTEMPTS_MAX = 5
LIMITED_ATTEMPTS_MAX = 8
BACKOFF_FIRST_SECONDS = 1.0
BACKOFF_MAX_SECONDS = 60.0

_log = logging.getLogger(__name__)


class GraphSession(FacebookSession):  # type: ignore[misc]
    """Meta's session on our HTTP session."""

    def __init__(self, settings: MetaSettings, learn: Callable[[Mapping[str, str]], None]) -> None:
        secret = settings.app_secret.get_secret_value() if settings.app_secret else None
        token = settings.access_token.get_secret_value()
        timeouts = (settings.connect_timeout_seconds, settings.read_timeout_seconds)
        self.requests: CheckedRequests
        super().__init__(app_id=settings.app_id, app_secret=secret, access_token=token, timeout=timeouts)
        checked = CheckedRequests(token, learn)
        checked.verify = str(settings.ca_file) if settings.ca_file else self.requests.verify
        if settings.proxy:
            proxy = settings.proxy.get_secret_value()
            checked.proxies.update({"http": proxy, "https": proxy})
        self.GRAPH = settings.graph_url
        self.requests.close()
        self.requests = checked
        self.proof: str | None = self.appsecret_proof if secret else None
        self.secrets = tuple(text for text in (token, secret, self.proof) if text)


class GraphApi(FacebookAdsApi):  # type: ignore[misc]
    """Meta's API object with our retry policy. Raises errors of activator.errors and nothing else.

    account: whose quotas the calls count against, and whose waits they share with the rest of the process; allowances:
    what of them outlives it. Safe to use from threads.
    """

    def __init__(
        self,
        settings: MetaSettings,
        clock: Clock,
        account: str = "",
        seed: str = "",
        allowances: Allowances | None = None,
    ) -> None:
        pacer = pacer_for(clock, settings.graph_url, settings.access_token.get_secret_value())
        remembered = allowances or ProcessAllowances(clock)
        self.pace = AccountPace(pacer, account, settings.graph_url, remembered, clock)
        session = GraphSession(settings, self.pace.after_call)
        super().__init__(session, api_version=settings.api_version)
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - spreads retries, protects nothing
        quiet_libraries()

    def call(
        self,
        method: str,
        path: Sequence[Any],
        params: Mapping[str, Any] | None = None,
        **_sdk_options: Any,
    ) -> FacebookResponse:
        """One call with retries where they are safe. The SDK's other arguments (files, overrides) stay empty."""
        parts = [str(part) for part in path]
        case, effect = use_case(parts), effect_of(method, parts, params or {})
        retrying = Retrying(
            retry=retry_if_exception(lambda error: _repeatable(error, effect)),
            wait=self._wait_seconds,
            stop=_exhausted,
            sleep=self._clock.sleep,
            before_sleep=_announce,
            reraise=True,
        )
        return retrying(self._call_once, method, parts, dict(params or {}), case, effect)

    def get(self, path: Sequence[str], **params: Any) -> dict[str, Any]:
        """Read one object."""
        answer: dict[str, Any] = self.call("GET", path, params).json()
        return answer

    def rows(
        self, path: Sequence[str], fields: Sequence[str], page_rows: int = PAGE_ROWS, **params: Any
    ) -> Iterator[dict[str, Any]]:
        """Every row of an edge, all pages. Ends only at the last page; anything less raises.

        The SDK's own cursor takes an empty page in the middle for the end, and asks for a summary on every page.
        """
        after: str | None = None
        seen: set[str | None] = set()
        limit = page_rows
        while True:
            paging = {"limit": limit} if after is None else {"limit": limit, "after": after}
            try:
                page = self.get(path, fields=",".join(fields), **params, **paging)
            except RetryableError as error:
                if error.fault.code != "1" or limit <= PAGE_ROWS_MIN:
                    raise
                limit = max(PAGE_ROWS_MIN, limit // 4)  # code 1 also means "please reduce the amount of data"
                continue
            data = page.get("data")
            if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
                raise RetryableError("Meta's list is unreadable", "Run the command again.")
            yield from data
            seen.add(after)
            after = _next_cursor(page)
            if after is None:
                return
            if after in seen:
                raise RetryableError("Meta's list goes round in a circle", "Run the command again.")

    def create(self, path: Sequence[str], params: Mapping[str, Any]) -> str:
        """Make an object on an edge, once, and return its id. Raises OutcomeUnknownError if none is named.

        Through the SDK's call and not its typed objects: their type checker warns about right values (measured:
        bid_constraints) and lets wrong ones pass.
        """
        made = self.call("POST", path, params).json()
        if not made.get("id"):
            raise OutcomeUnknownError(
                "Meta's answer to a create names no id", "Run the command again: it looks before it creates."
            )
        return str(made["id"])

    def set(self, object_id: str, **params: Any) -> None:
        """Set values of one object. Raises OutcomeUnknownError unless Meta confirms."""
        answer = self.call("POST", (object_id,), params).json()
        if answer.get("success") is not True and str(answer.get("id", "")) != object_id:
            raise OutcomeUnknownError(
                "Meta did not confirm a change", "Run the command again: it looks before it repeats anything."
            )

    def _call_once(
        self, method: str, path: Sequence[str], params: dict[str, Any], case: str, effect: Effect
    ) -> FacebookResponse:
        self.pace.before_call(case)
        session: GraphSession = self._session
        if session.proof:
            params = {**params, "appsecret_proof": session.proof}
        try:
            return super().call(method, path, params=params)
        except FailedCall as failed:
            failure = failed.failure
        except FacebookError:  # what the SDK alone calls a failure, e.g. {"success": false}
            failure = Failure(FailureKind.NOT_GRAPH, http_status=200)
        error = translate(failure, effect, session.secrets)
        if isinstance(error, RateLimitedError):
            self.pace.after_limit(case, error)
        raise error

    def _wait_seconds(self, state: RetryCallState) -> float:
        """Exponential with jitter, but never less than the platform asks for."""
        backoff = min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2.0 ** (state.attempt_number - 1))
        backoff *= self._random.uniform(0.5, 1.0)
        error = _error_of(state)
        return error.retry_after_seconds + backoff if isinstance(error, RateLimitedError) else backoff


def effect_of(method: str, path: Sequence[str], params: Mapping[str, Any]) -> Effect:
    """Graph's shape says it: POST to an edge makes something, POST to a node sets its values.

    Removing people from all lists of an account is an edge, but twice is once; a report started twice is read once.
    """
    if method == "GET" or params.get("method") == "GET" or path[-1] == "insights":
        return Effect.READ
    return Effect.SETTING if len(path) == 1 or path[-1] == "usersofanyaudience" else Effect.ONCE


def quiet_libraries() -> None:
    """URLs may carry appsecret_proof; libraries below us do not log them."""
    for name in ("urllib3", "requests", "facebook_business", "curlify"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _repeatable(error: BaseException, effect: Effect) -> bool:
    if isinstance(error, OutcomeUnknownError):
        return effect is Effect.SETTING
    return isinstance(error, RetryableError | RateLimitedError)


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _exhausted(state: RetryCallState) -> bool:
    if isinstance(_error_of(state), RateLimitedError):
        waited = state.idle_for + state.upcoming_sleep
        return waited > WAIT_TOTAL_MAX_SECONDS or state.attempt_number >= LIMITED_ATTEMPTS_MAX
    return state.attempt_number >= ATTEMPTS_MAX


def _announce(state: RetryCallState) -> None:
    error = _error_of(state)
    said = error.message if isinstance(error, DestinationError) else "a call failed"
    _log.info("%s; trying again in %.0f s", said, state.upcoming_sleep)


def _next_cursor(page: Mapping[str, Any]) -> str | None:
    """Where the next page starts; None after the last. A next page that cannot be addressed is an error."""
    paging = page.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if not after:
        after = parse_qs(urlsplit(str(paging["next"])).query).get("after", [None])[0]
    if not isinstance(after, str):
        raise RetryableError("Meta's list names no next page", "Run the command again.")
    return after
