"""Telling what is due, at least once: an attempt is written down before it is made, and success after the answer.

A sender that dies in between tells the same event again, under the same id; a receiver that keeps the ids it has seen
acts once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from activator.config.outbox import WEBHOOK_PREFIX, WebhookSettings
from activator.config.settings import load_settings
from activator.config.workspace import Workspace
from activator.errors import OutcomeUnknownError, PermanentRefusalError, RateLimitedError, RetryableError
from activator.ledger import lease, outbox
from activator.ledger.lease import Lease
from activator.ledger.store import Ledger
from activator.model.outbox import OutboxEvent
from activator.ports import Clock
from activator.tags.receiver import Receiver

LEASE_NAME = "outbox"
PASSING = (RetryableError, OutcomeUnknownError, RateLimitedError)
TRIES = 3  # at once; then later
WAIT_SECONDS_MAX = 60.0  # at once; a receiver that wants more is asked again later
LATER_MINUTES_MAX = 360
FAILURES_MAX = 3  # in a row: the receiver is down, and the others would fare no better
READ = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the events that were due. problem: why telling stopped early, if it did."""

    delivered: int
    refused: int
    postponed: int
    problem: str = ""


def tell_due(workspace: Workspace, clock: Clock, actor: str, should_stop: Callable[[], bool] = lambda: False) -> Told:
    """Tell every event that is due, oldest first.

    Raises:
        ConfigurationError: the webhook's settings are missing or wrong. AuthenticationRequiredError: it takes nothing.
        LedgerError: another sender is at work.
    """
    settings = load_settings(WebhookSettings, workspace.folder, WEBHOOK_PREFIX)
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        with ledger.writing() as connection:
            held = lease.take(connection, clock, LEASE_NAME, actor)
        try:
            with Receiver(settings) as receiver:
                return _Pass(ledger, clock, held, receiver).run(should_stop)
        finally:
            with ledger.writing() as connection:
                lease.release(connection, clock, held)
    finally:
        ledger.close()


def next_due_at(workspace: Workspace, clock: Clock) -> datetime | None:
    """When the next event wants telling."""
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        with ledger.reading() as connection:
            return outbox.next_due_at(connection)
    finally:
        ledger.close()


class _Pass:
    """One pass over what is due."""

    def __init__(self, ledger: Ledger, clock: Clock, held: Lease, receiver: Receiver) -> None:
        self.ledger, self.clock, self.held, self.receiver = ledger, clock, held, receiver
        self.delivered = self.refused = self.postponed = self.failures = 0
        self.problem = ""

    def run(self, should_stop: Callable[[], bool]) -> Told:
        while not self.problem and not should_stop():
            with self.ledger.reading() as connection:
                events = outbox.due(connection, self.clock.now(), READ)
            if not events:
                break
            for event in events:
                if self.problem or should_stop():
                    break
                self._one(event)
        return Told(self.delivered, self.refused, self.postponed, self.problem)

    def _one(self, event: OutboxEvent) -> None:
        with self.ledger.writing() as connection:
            lease.renew(connection, self.clock, self.held)
            if not outbox.about_to_tell(connection, event.event_id):
                return  # withdrawn since it was read
        try:
            _retrying(self.clock)(lambda: self.receiver.tell(event, self.clock.now()))
        except PASSING as error:
            self._later(event, error)
        except PermanentRefusalError as error:
            self.refused += 1
            self.failures = 0
            with self.ledger.writing() as connection:
                outbox.refused(connection, event.event_id, error.message)
        else:
            self.delivered += 1
            self.failures = 0
            with self.ledger.writing() as connection:
                outbox.told(connection, event.event_id, self.clock.now())

    def _later(self, event: OutboxEvent, error: RetryableError | OutcomeUnknownError | RateLimitedError) -> None:
        minutes = min(2**event.attempts, LATER_MINUTES_MAX)
        wait = timedelta(minutes=minutes)
        if isinstance(error, RateLimitedError):
            wait = max(wait, timedelta(seconds=error.retry_after_seconds))
        with self.ledger.writing() as connection:
            outbox.postpone(connection, event.event_id, self.clock.now() + wait, error.message)
        self.postponed += 1
        self.failures += 1
        if self.failures >= FAILURES_MAX or isinstance(error, RateLimitedError):
            self.problem = error.message


def _retrying(clock: Clock) -> Retrying:
    exponential = wait_exponential(multiplier=1, max=WAIT_SECONDS_MAX)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return error.retry_after_seconds if isinstance(error, RateLimitedError) else exponential(state)

    def patient(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        long = isinstance(error, RateLimitedError) and error.retry_after_seconds > WAIT_SECONDS_MAX
        return long or stop_after_attempt(TRIES)(state)

    return Retrying(stop=patient, wait=wait, retry=retry_if_exception_type(PASSING), sleep=clock.sleep, reraise=True)
