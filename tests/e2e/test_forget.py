"""Forgetting a person as a user does, and killed at any moment: the next call, or sync, finishes it."""

import json
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from activator.config.clock import SystemClock
from activator.ledger import erasures
from activator.ledger.store import Ledger
from activator.model.erasure import PlaceState
from activator.sync import sync
from connectors.sandbox.server import Sandbox
from tests.e2e.commands import Answer, activator, kill, start
from tests.e2e.shop import Shop

ALL_OF_THEM = {"high": 4, "mid": 6, "low": 6, "rest": 4}
WITHOUT_HER = {"high": 4, "mid": 6, "low": 6, "rest": 3}
LOOSE_ENDS = (PlaceState.PENDING, PlaceState.REFUSED, PlaceState.UNREACHABLE)


def forget(shop: Shop, *arguments: str, typed: str = "Person3@Example.com\n") -> Answer:
    return activator("forget", *arguments, folder=shop.folder, typed=typed)


def test_a_person_is_previewed_removed_from_both_platforms_and_receipted(shop: Shop) -> None:
    sync(shop.open())
    assert shop.members("meta") == shop.members("google") == ALL_OF_THEM

    asked = forget(shop, "--file", "-")
    assert asked.code == 2, "nobody was there to agree"
    assert "1 person on 2 rows" in asked.out
    assert "2 sent rows" in asked.out
    assert shop.members("meta") == ALL_OF_THEM

    done = forget(shop, "--file", "-", "--yes", "--json")
    assert done.code == 7, done.said
    (erasure,) = json.loads(done.out)["erasures"]
    states = {(place["destination"], place["audience_key"]): place["state"] for place in erasure["places"]}
    assert states["meta", "audience/rest"] == states["google", "audience/rest"] == "waiting"
    assert states["meta", "audience/high"] == "done"
    assert shop.members("meta") == shop.members("google") == WITHOUT_HER
    for receipt in erasure["receipts"]:
        assert Path(receipt).stat().st_mode & 0o777 == 0o600
        assert activator("forget", "--verify", receipt, folder=shop.folder).code == 0

    status = activator("status", "--history", folder=shop.folder)
    assert "to be done by" in status.out
    assert "once more after" in status.out
    assert " forget " in status.out
    told = json.loads(activator("status", "--json", folder=shop.folder).out)["erasures"]
    assert [(it["erasure_id"], it["due_at"][:10]) for it in told] == [(erasure["erasure_id"], erasure["due_at"][:10])]
    assert "person3" not in (asked.said + done.said + status.said).lower()
    assert activator("sync", folder=shop.folder).code in (0, 7)
    assert shop.members("meta") == shop.members("google") == WITHOUT_HER


@pytest.mark.parametrize("moment", [0.6, 1.4, 2.2, 3.0])
def test_killed_at_any_moment_it_is_finished_by_the_next_call(shop: Shop, sandbox: Sandbox, moment: float) -> None:
    """The moments fall into reading, writing down, the first removals and the last ones."""
    sync(shop.open(google=False))
    named = shop.folder.parent / "named.txt"
    named.write_text("person3@example.com\n")
    running = start(shop.folder, "forget", "--file", str(named), "--yes")
    wait_for(shop, sandbox, running, moment)
    kill(running)

    again = forget(shop, "--resume") if written_down(shop) else forget(shop, "--file", "-", "--yes")
    assert again.code in (0, 7), again.said
    assert shop.members("meta") == WITHOUT_HER
    ledger = Ledger(shop.folder / ".activator", SystemClock())
    with ledger.reading() as connection:
        (erasure,) = erasures.every(connection)
    ledger.close()
    assert not [place for place in erasure.places if place.state in LOOSE_ENDS]


def wait_for(shop: Shop, sandbox: Sandbox, running: ForkServerProcess, moment: float) -> None:
    """Until the run has come as far as the whole part of the moment says; then a little longer."""
    before = removals(sandbox)

    def far_enough() -> bool:
        if moment < 2:
            return moment < 1 or written_down(shop)
        return removals(sandbox) > before + (3 if moment >= 3 else 0)

    while not far_enough() and running.exitcode is None:
        time.sleep(0.005)
    time.sleep(moment % 1 * 0.1)


def removals(sandbox: Sandbox) -> int:
    return sum("DELETE" in call.method and "users" in call.method for call in sandbox.calls("meta"))


def written_down(shop: Shop) -> bool:
    ledger = Ledger(shop.folder / ".activator", SystemClock())
    try:
        with ledger.reading() as connection:
            return bool(erasures.every(connection))
    finally:
        ledger.close()


def test_wrong_ways_are_explained(shop: Shop) -> None:
    shop.open(google=False)
    for arguments, typed, words in (
        (["--file", "-", "--yes"], "\n\n", "no identifier was given"),
        (["--file", "missing.txt", "--yes"], "", "cannot be read"),
        (["--file", "person3@example.com"], "", "not an identifier"),
        (["--verify", "activator.yaml"], "", "this is no receipt of an erasure"),
        (["--merge", "activator.yaml"], "", "is not what `activator forget --export` wrote"),
        ([], "", "there is no terminal to ask on"),
        (["person3@example.com"], "", "unexpected extra argument"),
    ):
        answer = forget(shop, *arguments, typed=typed)
        assert answer.code == 2, answer.said
        assert words in answer.said
        assert "Traceback" not in answer.said
    assert forget(shop, "--resume").out == "Nothing is open.\n"
