"""SIGKILL at any moment: the same plan, applied again, ends where an undisturbed one would have."""

import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from activator.plan.destinations import open_destinations
from activator.sync import Runner, make_plan
from connectors.sandbox.server import Sandbox
from tests.e2e.commands import activator, kill, start
from tests.e2e.kills import play
from tests.e2e.shop import Shop

FEW_KILLS = 4  # `make kills` does as many as you like
EVERYBODY = {"high": 4, "mid": 6, "low": 6, "rest": 4}
# How many changing calls of each platform the sandbox has seen when the blow falls
MOMENTS = (("meta", 1), ("meta", 4), ("meta", 7), ("meta", 12), ("google", 1), ("google", 4))


def changing_calls(sandbox: Sandbox, platform: str) -> int:
    reads = ("GET", "Search", "Retrieve", "List")
    return sum(not any(word in call.method for word in reads) for call in sandbox.calls(platform))


def keys(runner: Runner, name: str) -> Counter[str]:
    return Counter(
        remote.key for remote in open_destinations(runner.workspace, runner.clock, None)[name].observe().objects
    )


@pytest.mark.parametrize(("platform", "count"), MOMENTS)
def test_apply_goes_on_after_a_kill(shop: Shop, sandbox: Sandbox, platform: str, count: int) -> None:
    runner = shop.open()
    plan, _ = make_plan(runner)
    wanted = {
        name: {change.spec.key for change in plan.changes if change.destination == name and hasattr(change, "spec")}
        for name in ("meta", "google")
    }
    before = changing_calls(sandbox, platform)
    process = start(shop.folder, "apply", plan.plan_id)
    while changing_calls(sandbox, platform) < before + count and process.exitcode is None:
        time.sleep(0.005)
    assert kill(process) == -signal.SIGKILL, "it was over before the blow"

    for _ in range(3):
        answer = activator("apply", plan.plan_id, folder=shop.folder)
        if answer.code == 0:
            break
        assert answer.code == 7, answer.said
    assert answer.code == 0, answer.said
    for name in ("meta", "google"):
        assert shop.members(name) == EVERYBODY
        assert keys(runner, name) == Counter(wanted[name]), "each object once"
    assert make_plan(shop.runner())[0].changes == ()


def test_a_killed_plan_leaves_nothing_to_apply_and_its_scratch_is_swept(shop: Shop) -> None:
    shop.open(google=False)
    state = shop.folder / ".activator"
    process = start(shop.folder, "plan")
    while not list(state.glob("scratch/engine-*")) and process.exitcode is None:
        time.sleep(0.005)
    assert kill(process) == -signal.SIGKILL
    assert list(state.glob("scratch/engine-*"))

    answer = activator("apply", folder=shop.folder)
    assert answer.code == 2
    assert "there is no saved plan" in answer.err

    plan, folder = make_plan(shop.runner())
    assert list(state.glob("scratch/engine-*")) == []
    assert [path.name for path in (state / "plans").iterdir()] == [folder.name], "half plans are swept too"
    assert plan.changes


def test_mornings_with_kills_at_random_end_as_if_there_had_been_none(tmp_path: Path) -> None:
    total = play(FEW_KILLS, seed=0, folder=tmp_path)
    assert total.kills >= FEW_KILLS
