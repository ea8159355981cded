"""Requests under way at once, on one thread: the seed says when each arrives, and when its answer is taken up."""

from collections.abc import Callable, Iterator
from random import Random

from activator.apply.flights import Flights
from activator.apply.members import Upload
from activator.errors import DestinationError
from activator.model.delivery import Receipt

Call = Callable[[], Receipt]
Answer = Receipt | DestinationError


class SeededFlights(Flights[Upload]):
    """A request arrives as soon as it is sent, or not before its answer is taken up."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self._rng = rng
        self._under_way: list[tuple[Upload, Call | Answer]] = []

    def __len__(self) -> int:
        return len(self._under_way)

    def start(self, sent: Upload, call: Call) -> None:
        self._under_way.append((sent, _answered(call) if self._rng.random() < 0.5 else call))

    def land(self, patience_seconds: float) -> tuple[Upload, Answer]:
        sent, said = self._under_way.pop(self._rng.randrange(len(self._under_way)))
        return sent, _answered(said) if callable(said) else said

    def rest(self) -> Iterator[tuple[Upload, Answer]]:
        while self._under_way:
            yield self.land(0)


def _answered(call: Call) -> Answer:
    try:
        return call()
    except DestinationError as error:
        return error
