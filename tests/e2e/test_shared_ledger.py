"""Several hosts, one ledger on PostgreSQL: any goes on where another stopped, and two never do the same twice."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from activator.plan.destinations import open_destinations
from activator.sync import make_plan
from connectors.sandbox.server import Sandbox
from tests.e2e.commands import ACTIVATOR, activator, environment
from tests.e2e.shop import Shop
from tests.postgres_server import postgres_server

EVERYBODY = {"high": 4, "mid": 6, "low": 6, "rest": 4}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def hosts(shop: Shop, server: str) -> tuple[Shop, Shop]:
    """Two hosts with the same project and exports, and nothing in common but the ledger's server."""
    shop.open(google=False)
    with (shop.folder / ".env").open("a") as env:
        env.write(f"ACTIVATOR_LEDGER_URL={server}\n")
    other = shop.folder.with_name("other-host")
    shutil.copytree(shop.folder, other)
    return shop, Shop(other, shop.project_id, shop.sandbox, dict(shop.people))


def leave(shop: Shop, number: int) -> None:
    del shop.people[number]
    shop.export()


def additions(sandbox: Sandbox) -> int:
    return sum(call.method == "POST users" for call in sandbox.calls("meta"))


def test_another_host_knows_what_the_first_has_done(hosts: tuple[Shop, Shop]) -> None:
    one, other = hosts
    assert activator("sync", folder=one.folder).code == 0
    assert make_plan(other.runner())[0].changes == ()
    leave(other, 20)
    answer = activator("sync", folder=other.folder)
    assert answer.code == 0, answer.said
    assert sum(other.members("meta").values()) == 19
    assert not (other.folder / ".activator" / "ledger.sqlite").exists()


def test_of_two_syncs_at_once_one_does_the_work(hosts: tuple[Shop, Shop], sandbox: Sandbox) -> None:
    before = additions(sandbox)
    running = [
        subprocess.Popen(
            [str(ACTIVATOR), "sync"], cwd=host.folder, env=environment(), stdout=-3, stderr=subprocess.PIPE
        )
        for host in hosts
    ]
    said = [process.communicate(timeout=300)[1].decode() for process in running]
    codes = sorted(process.returncode for process in running)
    assert codes[0] == 0, said
    assert codes[1] in (0, 2, 5), said
    assert hosts[0].members("meta") == EVERYBODY
    assert additions(sandbox) - before == len(EVERYBODY), "one batch per audience, whoever sent it"
    observed = open_destinations(hosts[0].runner().workspace, hosts[0].runner().clock, None)["meta"].observe().objects
    assert max(Counter(remote.key for remote in observed).values()) == 1


def test_a_host_takes_over_from_one_that_was_killed(hosts: tuple[Shop, Shop], sandbox: Sandbox) -> None:
    one, other = hosts
    before = additions(sandbox)
    process = subprocess.Popen([str(ACTIVATOR), "sync"], cwd=one.folder, env=environment(), stdout=-3, stderr=-3)
    while additions(sandbox) < before + 2 and process.poll() is None:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL, "it was over before the blow"
    for _ in range(3):
        answer = activator("sync", folder=other.folder)
        if answer.code == 0:
            break
    assert answer.code == 0, answer.said
    assert other.members("meta") == EVERYBODY


def test_whoever_is_forgotten_on_one_host_stays_out_on_the_other(hosts: tuple[Shop, Shop]) -> None:
    one, other = hosts
    for host in hosts:
        with (host.folder / ".env").open("a") as env:
            env.write("ACTIVATOR_ERASURE_KEY=known-to-every-host-of-this-project\n")
    assert activator("sync", folder=one.folder).code == 0
    (one.folder / "whom.txt").write_text("person20@example.com\n")
    done = activator("forget", "--file", "whom.txt", "--yes", folder=one.folder)
    assert done.code in (0, 7), done.said
    assert other.members("meta") == EVERYBODY | {"high": 3}
    assert activator("sync", folder=other.folder).code in (0, 7)
    assert other.members("meta") == EVERYBODY | {"high": 3}, "the export on that host still names the person"


def test_a_wrong_password_is_one_clear_error_that_does_not_repeat_it(hosts: tuple[Shop, Shop], server: str) -> None:
    secret = secrets.token_hex(8)
    wrong = server.replace("only-here", secret)
    answer = activator("plan", folder=hosts[0].folder, extra={"ACTIVATOR_LEDGER_URL": wrong})
    assert answer.code == 2
    assert "password authentication failed" in answer.err
    assert "ACTIVATOR_LEDGER_URL" in answer.err
    assert secret not in answer.said
