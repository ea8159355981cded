"""When the next call may be made: Meta reports usage in headers, and calling while told to wait extends the wait.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting, checked 2026-11-22.
"""

import hashlib
import json
import math
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from activator.config.clock import SystemClock
from activator.errors import RateLimitedError
from activator.ports import Allowances, Clock
from connectors.meta.version import (
    BUDGET_EDITS_MAX,
    BUDGET_EDITS_SECONDS,
    PAUSE_SECONDS,
    SCORE_STOP_PERCENT,
    USAGE_FULL_PERCENT,
    USAGE_STOP_PERCENT,
    USAGE_WINDOW_SECONDS,
)

# What we sit out within one call. Anything longer is the caller's to decide: it can stop, and resume later.
WAIT_TOTAL_MAX_SECONDS = 900.0
# The least time between two calls at the limit.
SLOT_SECONDS_MIN = 0.1
# Of waits, those another process could meet.
REMEMBERED_SECONDS_MIN = 5.0

ADS = "ads_management"
AUDIENCES = "custom_audience"
INSIGHTS = "ads_insights"
USE_CASES = (ADS, AUDIENCES, INSIGHTS)
AUDIENCE_EDGES = frozenset({"customaudiences", "users", "usersreplace", "usersofanyaudience", "sessions"})

# Codes that throttle the app, user or page as a whole, not one use case.
_GENERAL_CODES = frozenset({"4", "17", "32", "341"})
# Budget changes of one ad set, and new ads: everything else may go on.
_LIMITS_OF_ONE_OBJECT = frozenset({"1487632", "1487225"})


def use_case(path: Iterable[str]) -> str:
    """Which of Meta's quotas a call counts against."""
    edge = tuple(path)[-1]
    if edge == "insights":
        return INSIGHTS
    return AUDIENCES if edge in AUDIENCE_EDGES else ADS


class Pacer:
    """Remembers per account and use case until when Meta asked us to be quiet. Shared by threads and destinations.

    Meta counts calls of a rolling hour, so at the limit the next one waits for the oldest of ours to leave it. Just
    below, where others who use the account may make room, we look again every minute.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._quiet_until: dict[tuple[str, str], datetime] = {}
        self._called_at: dict[tuple[str, str], deque[datetime]] = {}

    def before_call(self, account: str, case: str) -> None:
        """Sit out a told wait. Raises RateLimitedError, without a call, if it is too long to sit out."""
        seconds = self._left_seconds(account, case)
        if seconds > WAIT_TOTAL_MAX_SECONDS:
            raise RateLimitedError(
                f"Meta asked to wait another {math.ceil(seconds / 60)} minutes",
                "Run the command again then; it resumes where it stopped.",
                retry_after_seconds=seconds,
            )
        while seconds > 0:
            self._clock.sleep(seconds)
            seconds = self._left_seconds(account, case)
        with self._lock:
            self._quiet_until.pop((account, case), None)
            _keep_recent(self._called_at.setdefault((account, case), deque()), self._clock.now(), USAGE_WINDOW_SECONDS)

    def after_call(self, account: str, headers: Mapping[str, str]) -> dict[str, float]:
        """Learn from the usage headers of any answer; returns the seconds to wait by use case, where there are any."""
        told = told_wait_seconds(headers)
        learnt = {}
        for case, seconds in _waits(headers):
            known = told if seconds is None else seconds
            learnt[case] = self._next_slot_seconds(account, case) if known is None else known
            self.hold(account, case, learnt[case])
        return learnt

    def after_limit(self, account: str, case: str, error: RateLimitedError) -> dict[str, float]:
        """A call met a limit: the next one of its kind waits as well, whoever makes it. Returns as after_call."""
        if error.fault.subcode in _LIMITS_OF_ONE_OBJECT:
            return {}
        learnt = dict.fromkeys(USE_CASES if error.fault.code in _GENERAL_CODES else (case,), error.retry_after_seconds)
        for held, seconds in learnt.items():
            self.hold(account, held, seconds)
        return learnt

    def _left_seconds(self, account: str, case: str) -> float:
        with self._lock:
            until = self._quiet_until.get((account, case))
        return 0.0 if until is None else (until - self._clock.now()).total_seconds()

    def _next_slot_seconds(self, account: str, case: str) -> float:
        """How long until the oldest call of ours is an hour old."""
        with self._lock:
            calls = self._called_at.get((account, case))
            oldest = calls[0] if calls else self._clock.now()
        left = USAGE_WINDOW_SECONDS - (self._clock.now() - oldest).total_seconds()
        return max(left, SLOT_SECONDS_MIN)

    def hold(self, account: str, case: str, seconds: float) -> None:
        """Nobody calls before. What was asked before is never shortened."""
        until = self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            self._quiet_until[account, case] = max(until, self._quiet_until.get((account, case), until))


class AccountPace:
    """The pace of one account: what it shares with all of the process, and what outlives that."""

    def __init__(self, pacer: Pacer, account: str, graph_url: str, allowances: Allowances, clock: Clock) -> None:
        self._pacer = pacer
        self._account = account
        self._allowances = allowances
        self._clock = clock
        place = hashlib.sha256(graph_url.encode()).hexdigest()[:12]  # a stand-in's waits are not Meta's
        self._quota = f"meta {place} {account}"
        known, now = allowances.waits(), clock.now()
        for case in USE_CASES:
            if (until := known.get(f"{self._quota} {case}")) is not None:
                pacer.hold(account, case, (until - now).total_seconds())

    def before_call(self, case: str) -> None:
        """See Pacer."""
        self._pacer.before_call(self._account, case)

    def after_call(self, headers: Mapping[str, str]) -> None:
        """Learn from the usage headers of any answer."""
        self._remember(self._pacer.after_call(self._account, headers))

    def after_limit(self, case: str, error: RateLimitedError) -> None:
        """A call met a limit."""
        self._remember(self._pacer.after_limit(self._account, case, error))

    def before_budget_edit(self, ad_set_id: str) -> None:
        """Meta takes four changes of an ad set's budget an hour. Raises RateLimitedError instead of trying a fifth."""
        within = timedelta(seconds=BUDGET_EDITS_SECONDS)
        room = self._allowances.use(f"{self._quota} budget of {ad_set_id}", 1, BUDGET_EDITS_MAX, within)
        if room is None:
            return
        seconds = (room - self._clock.now()).total_seconds()
        raise RateLimitedError(
            f"the budget of ad set {ad_set_id} was changed {BUDGET_EDITS_MAX} times within an hour, as often as Meta"
            f" takes; the next change is possible in {math.ceil(seconds / 60)} minutes",
            "Run the command again then; it resumes where it stopped.",
            retry_after_seconds=seconds,
        )

    def _remember(self, learnt: Mapping[str, float]) -> None:
        for case, seconds in learnt.items():
            if seconds >= REMEMBERED_SECONDS_MIN:
                self._allowances.wait(f"{self._quota} {case}", self._clock.now() + timedelta(seconds=seconds))


def pacer_for(clock: Clock, graph_url: str, token: str) -> Pacer:
    """The one pacer of this process for a token: whatever works with it, in any thread and any run, waits together."""
    time = "machine" if isinstance(clock, SystemClock) else str(id(clock))
    key = (time, graph_url, hashlib.sha256(token.encode()).hexdigest())
    with _PACERS_LOCK:
        return _PACERS.setdefault(key, Pacer(clock))


# Kept while the process lives: the next run of a daemon must keep a wait told to the one before. A pacer holds its
# clock, so the clock's id is nobody else's.
_PACERS: dict[tuple[str, str, str], Pacer] = {}
_PACERS_LOCK = threading.Lock()


def _keep_recent(times: deque[datetime], now: datetime, seconds: float) -> None:
    """Add now, and drop what is older than that many seconds."""
    while times and (now - times[0]).total_seconds() >= seconds:
        times.popleft()
    times.append(now)


def told_wait_seconds(headers: Mapping[str, str]) -> float | None:
    """The longest wait the headers of a refused call ask for, or None if they name none."""
    waits = [minutes * 60 for _, entry in _business_usage(headers) if (minutes := _regain_minutes(entry)) > 0]
    account = _object(headers.get("X-Ad-Account-Usage"))
    if _percent(account, "acc_id_util_pct") >= SCORE_STOP_PERCENT:
        waits.append(_number(account.get("reset_time_duration")))
    waits.append(_number(headers.get("Retry-After")))
    longest = max(waits)
    return longest if longest > 0 else None


def access_tier(headers: Mapping[str, str]) -> str:
    """E.g. `development_access` (limited) or `standard_access`; "" where no header says."""
    entries = [entry for _, entry in _business_usage(headers)] + [_object(headers.get("X-Ad-Account-Usage"))]
    return next((str(entry["ads_api_access_tier"]) for entry in entries if entry.get("ads_api_access_tier")), "")


def _waits(headers: Mapping[str, str]) -> Iterator[tuple[str, float | None]]:
    """Use case and seconds; None where the hour's calls are used up, and no answer says for how long."""
    for case, entry in _business_usage(headers):
        minutes = _regain_minutes(entry)
        if case in USE_CASES and minutes > 0:
            yield case, minutes * 60
        elif case in USE_CASES:
            yield from _by_usage((case,), _used(entry))
    yield from _by_usage(USE_CASES, _used(_object(headers.get("X-App-Usage"))))
    account = _object(headers.get("X-Ad-Account-Usage"))
    if _percent(account, "acc_id_util_pct") >= SCORE_STOP_PERCENT:
        seconds = _number(account.get("reset_time_duration")) or PAUSE_SECONDS
        yield from ((case, seconds) for case in (ADS, INSIGHTS))
    insights = _object(headers.get("X-FB-Ads-Insights-Throttle"))
    yield from _by_usage((INSIGHTS,), max(_percent(insights, name) for name in ("acc_id_util_pct", "app_id_util_pct")))


def _by_usage(cases: Iterable[str], percent: float) -> Iterator[tuple[str, float | None]]:
    if percent >= USAGE_STOP_PERCENT:
        yield from ((case, None if percent >= USAGE_FULL_PERCENT else PAUSE_SECONDS) for case in cases)


def _business_usage(headers: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entries in _object(headers.get("X-Business-Use-Case-Usage")).values():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield str(entry.get("type")), entry


def _used(entry: Mapping[str, Any]) -> float:
    return max(_percent(entry, key) for key in ("call_count", "total_cputime", "total_time"))


def _percent(entry: Mapping[str, Any], key: str) -> float:
    return _number(entry.get(key))


def _regain_minutes(entry: Mapping[str, Any]) -> float:
    return _number(entry.get("estimated_time_to_regain_access"))


def _number(value: Any) -> float:
    """A header's number; 0 for anything else, since a garbled header must not stop a sync."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0


def _object(text: str | None) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
