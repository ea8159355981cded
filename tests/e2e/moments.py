"""When a command is killed: by the clock, at one of its own writes, or while a platform has its request."""

import ctypes
import os
import random
import select
import signal
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from connectors.sandbox.faults import FaultKind, Faults
from connectors.sandbox.server import Sandbox

_MODIFIED, _ARRIVED, _MADE, _GONE, _FOLDER = 0x2, 0x80, 0x100, 0x200, 0x40000000
_EVENT = struct.Struct("iIII")
UPLOADS = ("users", "AudienceMembers")


class Writes:
    """What happens to the files below a folder, as it happens (inotify: Linux)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        self._folders: dict[int, Path] = {}
        root.mkdir(exist_ok=True, mode=0o700)
        for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
            self._watch(folder)

    def _watch(self, folder: Path) -> None:
        mask = _MODIFIED | _ARRIVED | _MADE | _GONE
        number = self._libc.inotify_add_watch(self.descriptor, os.fsencode(folder), mask)
        if number >= 0:  # else it is gone again
            self._folders[number] = folder

    def read(self) -> list[str]:
        """Where something was written since the last time: the first part of each path below the root."""
        try:
            content = os.read(self.descriptor, 65536)
        except BlockingIOError:
            return []
        found, at = [], 0
        while at < len(content):
            number, mask, _, length = _EVENT.unpack_from(content, at)
            name = content[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0").decode()
            at += _EVENT.size + length
            if number not in self._folders:
                continue
            path = self._folders[number] / name
            if mask & _FOLDER and mask & (_MADE | _ARRIVED):
                self._watch(path)
            found.append(path.relative_to(self._root).parts[0].partition(".")[0])
        return found

    def close(self) -> None:
        os.close(self.descriptor)


def _nothing() -> None:
    """Nobody is to be struck."""


class Trap(Faults):
    """Counts what platforms are asked, and strikes at one request: before its effect, instead of it, or after."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.calls = self.uploads = 0
        self._left, self._when, self._strike = 0, "", _nothing
        self._counting = threading.Lock()
        record = sandbox.state.record_call

        def recorded(platform: str, method: str, detail: dict[str, object] | None = None) -> None:
            record(platform, method, detail)
            self.uploads += any(word in method for word in UPLOADS)
            if self._when == "answered":
                self._count()

        sandbox.state.record_call = recorded  # type: ignore[method-assign]
        sandbox.state.faults = self

    def set(self, calls: int, when: str, strike: Callable[[], None]) -> None:
        """Strike at so many calls from now. when: asked | lost | answered."""
        with self._counting:
            self._left, self._when, self._strike = calls, when, strike

    def take(self, platform: str, method: str) -> FaultKind | None:
        self.calls += 1
        if self._when in ("asked", "lost"):
            lost = self._when == "lost"
            if self._count() and lost:
                return FaultKind.RESET
        return super().take(platform, method)

    def _count(self) -> bool:
        with self._counting:
            self._left -= 1
            now = self._left == 0
            if now:
                self._when = ""
                self._strike()
        return now


@dataclass
class Usual:
    """What an undisturbed command of one kind takes and does: the span that moments are chosen from."""

    seconds: float = 8.0
    writes: int = 100
    calls: int = 20

    def part(self, share: float) -> "Usual":
        """The span of a command that goes on with what another has begun."""
        return Usual(self.seconds, max(1, round(share * self.writes)), max(1, round(share * self.calls)))

    def learn(self, seconds: float, writes: int, calls: int) -> None:
        """Some of the old and some of the new, as the machine's load changes."""
        self.seconds = 0.6 * self.seconds + 0.4 * seconds
        self.writes = max(1, round(0.6 * self.writes + 0.4 * writes))
        self.calls = max(1, round(0.6 * self.calls + 0.4 * calls))


@dataclass
class Moments:
    """Chooses, waits, kills. struck: kind of moment -> how often."""

    rng: random.Random
    struck: Counter[str] = field(default_factory=Counter)

    def kill(self, process: ForkServerProcess, usual: Usual, writes: Writes, trap: Trap) -> bool:
        """Kill a command at a moment chosen evenly from its usual span. False: it was over before."""
        kind = self.rng.choice(("clock", "write", "call", "call"))
        if kind == "clock":
            process.join(self.rng.uniform(0, usual.seconds))
            said = "any moment"
        elif kind == "write":
            said = self._after_writes(process, self.rng.randint(1, usual.writes), writes)
        else:
            when = self.rng.choice(("asked", "lost", "answered"))
            trap.set(self.rng.randint(1, usual.calls), when, process.kill)
            process.join(300)
            trap.set(0, "", _nothing)
            said = f"request {when}"
        if process.is_alive():
            process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            return False
        self.struck[said] += 1
        return True

    def _after_writes(self, process: ForkServerProcess, count: int, writes: Writes) -> str:
        began = time.monotonic()
        while process.is_alive() and time.monotonic() - began < 300:
            select.select([writes.descriptor, process.sentinel], [], [], 10)
            for where in writes.read():
                count -= 1
                if count == 0:
                    process.kill()
                    return f"write of {where}"
        return "any moment"
