"""Insights reports: at once where Meta answers at once, else as a run that is started, waited for and read.

DOC/marketing-api/insights/best-practices and .../insights/error-codes, checked 2026-11-22.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activator.errors import DestinationError, PlatformFault, RetryableError
from activator.ports import Clock
from connectors.meta.transport import GraphApi
from connectors.meta.version import INSIGHTS_PAGE_ROWS

# Too much for one answer, in Meta's several ways of saying so.
TOO_MUCH = frozenset({"1487534", "1504018", "1504038", "1504045"})
_RUN_FIELDS = "async_status,async_percent_completion,error_code,error_subcode"
COMPLETED, FAILED = "Job Completed", frozenset({"Job Failed", "Job Skipped"})
# A run that failed or was skipped is to be started again; what fails three times will fail a fourth time.
RUNS_MAX = 3
POLL_FIRST_SECONDS, POLL_GROWTH, POLL_MAX_SECONDS = 2.0, 1.5, 60.0
RUN_SECONDS_MAX = 1800.0


class TooMuchError(Exception):
    """Neither way gives an answer about so many days at once. error: what Meta said last."""

    def __init__(self, error: DestinationError) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of one account."""

    api: GraphApi
    account: str
    clock: Clock

    def rows(self, fields: tuple[str, ...], params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All rows of one report. Raises TooMuchError where fewer days must be asked for, or a DestinationError."""
        try:
            return list(self.api.rows((self.account, "insights"), fields, INSIGHTS_PAGE_ROWS, **params))
        except DestinationError as error:
            if not _is_too_much(error):
                raise
        refused: DestinationError | None = None
        try:
            run = self._completed_run(fields, params)
            return list(self.api.rows((run, "insights"), fields, INSIGHTS_PAGE_ROWS))
        except DestinationError as error:
            if not _is_too_much(error):
                raise
            refused = error
        raise TooMuchError(refused)

    def _completed_run(self, fields: tuple[str, ...], params: Mapping[str, Any]) -> str:
        """The id of a run that has ended well."""
        error: DestinationError | None = None
        for _ in range(RUNS_MAX):
            asked = {**params, "fields": ",".join(fields)}
            started = self.api.call("POST", (self.account, "insights"), asked).json()
            run = str(started.get("report_run_id") or "")
            if not run:
                raise RetryableError("Meta started a report without naming it", "Run the command again.")
            error = self._wait(run)
            if error is None:
                return run
            if _is_too_much(error):
                break
        assert error is not None, "the loop ran at least once"
        raise error

    def _wait(self, run: str) -> DestinationError | None:
        """None once the run is complete: its status says so, and not only its percentage, which is 100 earlier."""
        waited, pause = 0.0, POLL_FIRST_SECONDS
        while waited < RUN_SECONDS_MAX:
            self.clock.sleep(pause)
            waited, pause = waited + pause, min(pause * POLL_GROWTH, POLL_MAX_SECONDS)
            state = self.api.get((run,), fields=_RUN_FIELDS)
            status = str(state.get("async_status"))
            if status == COMPLETED and state.get("async_percent_completion") == 100:
                return None
            if status in FAILED:
                return _failed(status, state)
        minutes = RUN_SECONDS_MAX / 60
        return RetryableError(f"Meta's report did not end within {minutes:.0f} minutes", "Run the command again later.")


def _failed(status: str, state: Mapping[str, Any]) -> RetryableError:
    fault = PlatformFault(code=str(state.get("error_code") or ""), subcode=str(state.get("error_subcode") or ""))
    codes = "/".join(part for part in (fault.code, fault.subcode) if part) or "without a code"
    said = "was skipped" if status == "Job Skipped" else "failed"
    return RetryableError(f"Meta's report {said} [{codes}]", "Run the command again later.", fault)


def _is_too_much(error: DestinationError) -> bool:
    return error.fault.subcode in TOO_MUCH
