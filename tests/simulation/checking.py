"""Running one seed to its end, and what must hold of its history."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activator.apply.members import SENDS_MAX
from activator.model.delivery import Operation
from tests.simulation.nemesis import Aim
from tests.simulation.planning import Planner, RestatedPlanner
from tests.simulation.world import ASSERT_EVERY, AUDIENCES, REFRESH_SHARE, View, World, as_it_is

ROUNDS = 10
CALM_RUNS = 3
CALM_HOURS = 25


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one seed. wrong: '' or what did not hold; history: what every run did, to compare replays."""

    seed: int
    wrong: str
    faults: Counter[str]
    points: Counter[str]
    sends: int
    history: tuple[str, ...]


def play(
    seed: int,
    scratch: Path,
    template: Path,
    planner: Planner | None = None,
    view: View = as_it_is,
    rounds: int = ROUNDS,
    aimed: Aim | None = None,
    refresh_share: float = REFRESH_SHARE,
) -> Verdict:
    """Some bad days, then calm. aimed: what befalls a process, besides platform faults, and nothing else does."""
    folder = Path(tempfile.mkdtemp(prefix=f"seed{seed}-", dir=scratch)) / "world"
    world = World(seed, folder, planner or RestatedPlanner(), template, view, refresh_share)
    world.nemesis.aimed = aimed
    try:
        for _ in range(rounds):
            world.round()
        return judge(world)
    except Exception as error:  # noqa: BLE001 - a defect; the seed is told, and the others go on
        return _verdict(world, f"{type(error).__name__}: {error}")
    finally:
        world.close()
        folder.parent.rmdir()


def judge(world: World) -> Verdict:
    """Let faults stop, run a few times more, and check everything."""
    world.calm()
    if twins := _no_twins(world):
        return _verdict(world, twins)
    if world.drifted:
        world.clock.advance(days=ASSERT_EVERY.days)  # nobody told us: only the next assertion repairs it
    world.asserting = world.drifted  # which would hide whom a run has lost
    for _ in range(CALM_RUNS):
        world.clock.advance(hours=CALM_HOURS)
        outcome = world.run()
        if outcome == "complete" and not world.waiting and world.converged():
            break
    return _verdict(world, next((said for check in CHECKS if (said := check(world))), ""))


def _verdict(world: World, wrong: str) -> Verdict:
    sends = [f"{sent.run} {sent.operation} {sent.audience_id} {sorted(sent.rows)}" for sent in world.platform.history]
    history = (*world.trace, *sends)
    return Verdict(world.seed, wrong, world.nemesis.faults, world.nemesis.points, len(sends), history)


def _no_twins(world: World) -> str:
    counted = Counter(each["key"] for each in world.state.list("sim", "audience"))
    twins = [key for key, count in counted.items() if count > 1]
    return f"{twins} exist twice" if twins else ""


def _ends_as_desired(world: World) -> str:
    if world.converged():
        return ""
    there = {spec.tier: [sorted(row) for row in world.platform.members(spec.key)] for spec in AUDIENCES}
    return f"the end: {there} instead of {world.desired}"


def _stays_so(world: World) -> str:
    """Everything late has landed, and a further run has nothing to do."""
    world.clock.advance(hours=CALM_HOURS)
    world.asserting = False
    sends = len(world.platform.history)
    outcome = world.run()
    if outcome != "complete" or len(world.platform.history) != sends:
        return f"one more run was not empty: {outcome}"
    return "" if world.converged() else "it did not stay as it was"


def _no_undesired_add(world: World) -> str:
    """Nobody is added who was not wanted when that run began."""
    tiers = {each["id"]: each["key"].removeprefix("audience/") for each in world.state.list("sim", "audience")}
    for sent in world.platform.history:
        if sent.operation is Operation.ADD:
            wanted = world.allowed[sent.run].get(tiers[sent.audience_id], frozenset())
            if not wanted.issuperset(sent.rows):
                return f"run {sent.run} added {set(sent.rows) - wanted} to {tiers[sent.audience_id]} undesired"
    return ""


def _few_sends(world: World) -> str:
    counted = Counter((sent.run, sent.batch_id) for sent in world.platform.history)
    worst = max(counted.values(), default=0)
    return f"a batch was sent {worst} times in one run" if worst > SENDS_MAX else ""


CHECKS: tuple[Callable[[World], str], ...] = (_ends_as_desired, _no_undesired_add, _few_sends, _stays_so)
