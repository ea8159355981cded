"""When the next call may be made: Meta reports usage in headers, and calling while told to wait extends the wait.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting, checked 2026-11-22.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from activator.errors import RateLimitedError
from activator.ports import Clock
from connectors.meta.version import PAUSE_SECONDS, USAGE_STOP_PERCENT

# What we sit out within one call. Anything longer is the caller's to decide: it can stop, and resume later.
WAIT_TOTAL_MAX_SECONDS = 900.0

ADS = "ads_management"
AUDIENCES = "custom_audience"
INSIGHTS = "ads_insights"
USE_CASES = (ADS, AUDIENCES, INSIGHTS)

# Codes that throttle the app, user or page as a whole, not one use case.
_GENERAL_CODES = frozenset({"4", "17", "32", "341"})


def use_case(path: Iterable[str]) -> str:
    """Which of Meta's quotas a call counts against."""
    edge = tuple(path)[-1]
    if edge == "insights":
        return INSIGHTS
    return AUDIENCES if edge in {"customaudiences", "users"} else ADS


class Pacer:
    """Remembers per use case until when Meta asked us to be quiet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._quiet_until: dict[str, datetime] = {}

    def before_call(self, case: str) -> None:
        """Sit out a told wait. Raises RateLimitedError, without a call, if it is too long to sit out."""
        until = self._quiet_until.get(case)
        if until is None:
            return
        seconds = (until - self._clock.now()).total_seconds()
        if seconds > WAIT_TOTAL_MAX_SECONDS:
            raise RateLimitedError(
                f"Meta asked to wait another {math.ceil(seconds / 60)} minutes",
                "Run the command again then; it resumes where it stopped.",
                retry_after_seconds=seconds,
            )
        if seconds > 0:
            self._clock.sleep(seconds)
        self._quiet_until.pop(case, None)

    def after_call(self, headers: Mapping[str, str]) -> None:
        """Learn from the usage headers of any answer."""
        for case, seconds in _waits(headers):
            self._hold(case, seconds)

    def after_limit(self, case: str, error: RateLimitedError) -> None:
        """A call gave up on a limit: the next one of its kind waits as well."""
        for held in USE_CASES if error.fault.code in _GENERAL_CODES else (case,):
            self._hold(held, error.retry_after_seconds)

    def _hold(self, case: str, seconds: float) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        self._quiet_until[case] = max(until, self._quiet_until.get(case, until))


def told_wait_seconds(headers: Mapping[str, str]) -> float | None:
    """The longest wait the headers of a refused call ask for, or None if they name none."""
    waits = [minutes * 60 for _, entry in _business_usage(headers) if (minutes := _regain_minutes(entry)) > 0]
    account = _object(headers.get("X-Ad-Account-Usage"))
    if _percent(account, "acc_id_util_pct") >= USAGE_STOP_PERCENT:
        waits.append(_number(account.get("reset_time_duration")))
    waits.append(_number(headers.get("Retry-After")))
    longest = max(waits)
    return longest if longest > 0 else None


def _waits(headers: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for case, entry in _business_usage(headers):
        minutes = _regain_minutes(entry)
        if case in USE_CASES and (minutes > 0 or _used(entry) >= USAGE_STOP_PERCENT):
            yield case, minutes * 60 or PAUSE_SECONDS
    if _used(_object(headers.get("X-App-Usage"))) >= USAGE_STOP_PERCENT:
        yield from ((case, PAUSE_SECONDS) for case in USE_CASES)
    account = _object(headers.get("X-Ad-Account-Usage"))
    if _percent(account, "acc_id_util_pct") >= USAGE_STOP_PERCENT:
        seconds = _number(account.get("reset_time_duration")) or PAUSE_SECONDS
        yield from ((case, seconds) for case in (ADS, INSIGHTS))
    insights = _object(headers.get("X-FB-Ads-Insights-Throttle"))
    if max(_percent(insights, "acc_id_util_pct"), _percent(insights, "app_id_util_pct")) >= USAGE_STOP_PERCENT:
        yield INSIGHTS, PAUSE_SECONDS


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
