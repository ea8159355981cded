"""What goes wrong, decided by a seed: at the platform, on the disk, and with the process itself."""

import errno
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any


class Crash(BaseException):
    """The process ends here, without a word. No `except Exception` may see it."""


class Fault(StrEnum):
    """What a platform does with one call instead of answering it."""

    REFUSED = "refused"
    THROTTLED = "throttled"
    FORBIDDEN = "forbidden"
    LOST_BEFORE = "lost before effect"
    LOST_AFTER = "lost after effect"
    LATE = "lost, landing late"
    PARTIAL = "partly taken"
    SLOW = "still processing"


SENDING = tuple(Fault)
CREATING = (Fault.REFUSED, Fault.THROTTLED, Fault.LOST_BEFORE, Fault.LOST_AFTER)
ENDING = (Fault.REFUSED, Fault.FORBIDDEN, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.LATE, Fault.SLOW)
READING = (Fault.REFUSED, Fault.THROTTLED)
FAULT_SHARE = 0.5  # of calls, while it lasts
READ_FAULT_SHARE = 0.05
POINTS_MAX = 45  # a blow falls on one of so many points of a run
DEVIATIONS = (("crash", 0.35), ("disk full", 0.1), ("pause", 0.12), ("intruder", 0.08))


@dataclass(frozen=True, slots=True)
class Aim:
    """A deviation at one passing of one named point."""

    deviation: str
    point: str
    passing: int


@dataclass
class Nemesis:
    """rng: the world's. points: how often each named point was passed; faults: what happened, by name.

    Within one run something may befall the process once: at the `countdown`-th point it passes.
    """

    rng: Random
    active: bool = True
    dead: bool = False
    died_at: str = ""
    inside: bool = False
    deviation: str | None = None
    countdown: int = 0
    aimed: Aim | None = None  # what befalls a process, once, instead of by chance
    points: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    meanwhile: Callable[[str], None] = field(default=lambda _deviation: None)

    def begin_run(self) -> None:
        """Decide what befalls the process that starts now."""
        self.dead, self.deviation, self.countdown = False, None, 0
        if not self.active or self.aimed:
            return
        drawn, until = self.rng.random(), 0.0
        for deviation, share in DEVIATIONS:
            until += share
            if drawn < until:
                self.deviation, self.countdown = deviation, self.rng.randint(1, POINTS_MAX)
                return

    def call(self, kinds: tuple[Fault, ...]) -> Fault | None:
        """The fault of one call to the platform, if any."""
        share = READ_FAULT_SHARE if kinds is READING else FAULT_SHARE
        if not self.active or self.rng.random() >= share:
            return None
        fault = self.rng.choice(kinds)
        self.faults[fault] += 1
        return fault

    def at(self, point: str, *, alone: bool = True) -> None:
        """A named point is passed. alone: no transaction is open, so others can be at work here."""
        if self.dead:
            raise Crash(point)
        if self.inside:
            return
        self.points[point] += 1
        if self.aimed:
            if (self.aimed.point, self.aimed.passing) == (point, self.points[point]):
                self.deviation = self.aimed.deviation
                self._befall(point, alone=alone)
            return
        if self.countdown == 0:
            return
        self.countdown -= 1
        if self.countdown:
            return
        self._befall(point, alone=alone)

    def _befall(self, point: str, *, alone: bool) -> None:
        deviation, self.deviation = self.deviation, None
        if deviation == "crash":
            self._die(point)
        if deviation == "disk full" and point.startswith(("disk", "commit")):
            self.faults["disk full"] += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if deviation in ("pause", "intruder") and alone:
            self.faults[deviation] += 1
            self.inside = True
            try:
                self.meanwhile(deviation)
            finally:
                self.inside = False

    def _die(self, point: str) -> None:
        self.faults["crash"] += 1
        self.dead, self.died_at = True, point
        raise Crash(point)


_watched: list[tuple[str, Nemesis]] = []
_DISK = {"open": "disk open", "os.rename": "disk replace"}


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Python tells of every file opened or renamed before it happens; what raises here stops it."""
    if not _watched or event not in _DISK or threading.current_thread() is not threading.main_thread():
        return
    folder, nemesis = _watched[-1]
    if str(arguments[0]).startswith(folder) and str(arguments[0]).endswith(".part"):
        nemesis.at(_DISK[event])


sys.addaudithook(_audit)


class watching_disk:  # noqa: N801 - reads like a function
    """While it lasts, files that become part of the membership log under folder pass named points."""

    def __init__(self, folder: Path, nemesis: Nemesis) -> None:
        self._watch = (str(folder), nemesis)

    def __enter__(self) -> None:
        _watched.append(self._watch)

    def __exit__(self, *_: object) -> None:
        _watched.remove(self._watch)
