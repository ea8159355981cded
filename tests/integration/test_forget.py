"""Forgetting a person: out of every audience, for good, whatever is lost, refused, restored or exported again."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from activator.cli.forget import exit_code
from activator.cli.main import app
from activator.config.workspace import open_workspace
from activator.errors import ConfigurationError, StalePlanError
from activator.ledger import erasures
from activator.ledger.store import Ledger
from activator.model.erasure import ACCOUNT, Erasure, PlaceState
from activator.privacy.carry import export_erasures, merge_erasures
from activator.privacy.forget import begin, look
from activator.privacy.receipts import verified
from activator.privacy.removal import Remover
from activator.sync import Runner, apply_plan, make_plan, sync
from connectors.sandbox.meta.context import MetaOptions
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.e2e.shop import Shop, twenty_people

ANNA = 3  # one of the four who spent least
BY_MAIL = [" Person3@Example.com"]
ALL_OF_THEM = {"high": 4, "mid": 6, "low": 6, "rest": 4}
WITHOUT_HER = {"high": 4, "mid": 6, "low": 6, "rest": 3}


class World:
    """A shop that has been synced once, on a clock the test moves."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.shop = Shop(folder / "shop", "shop-forget", sandbox, twenty_people())
        self.shop.open(google=False)
        self.clock = ManualClock()
        self.sandbox = sandbox

    def runner(self) -> Runner:
        return Runner(open_workspace(self.shop.folder), self.clock)

    def sync(self) -> None:
        assert sync(self.runner())[1].exit_code == 0

    def forget(self, texts: list[str]) -> Erasure:
        runner = self.runner()
        begin(runner.workspace, self.clock, "test", look(runner.workspace, self.clock, texts))
        return self.go_on()

    def go_on(self) -> Erasure:
        (erasure,) = Remover(self.runner().workspace, self.clock, "test:1").advance()
        return erasure

    def erasures(self) -> tuple[Erasure, ...]:
        ledger = Ledger(self.state, self.clock)
        try:
            with ledger.reading() as connection:
                return erasures.every(connection)
        finally:
            ledger.close()

    @property
    def state(self) -> Path:
        return self.shop.folder / ".activator"

    def members(self) -> dict[str, int]:
        return self.shop.members("meta")

    def removals(self) -> int:
        return sum("users" in call.method and "DELETE" in call.method for call in self.sandbox.calls("meta"))


@contextmanager
def opened(folder: Path, **options: bool) -> Iterator[World]:
    """The world in a folder, with its platform running."""
    wishes = MetaOptions(**options)
    with Sandbox(folder / "sandbox", tls=False, platforms=("meta",), meta_options=wishes) as running:
        yield World(folder, running)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shop and platform after the first sync, both stopped: each test has a copy."""
    folder = tmp_path_factory.mktemp("synced")
    with opened(folder) as world:
        world.sync()
    return folder


@pytest.fixture
def world(synced: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(synced, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as found:
        yield found


def states(erasure: Erasure) -> set[PlaceState]:
    return {place.state for place in erasure.places}


def test_a_person_is_taken_out_at_once_and_again_when_nothing_can_land_late(world: World) -> None:
    assert world.members() == ALL_OF_THEM
    erasure = world.forget(BY_MAIL)
    assert world.members() == WITHOUT_HER
    assert {place.audience_key for place in erasure.places} == {ACCOUNT, *(f"audience/{tier}" for tier in ALL_OF_THEM)}
    assert {(place.audience_key, place.state) for place in erasure.places} == {
        (ACCOUNT, PlaceState.WAITING),  # somebody was added to one of its audiences a moment ago
        ("audience/rest", PlaceState.WAITING),
        ("audience/high", PlaceState.DONE),
        ("audience/mid", PlaceState.DONE),
        ("audience/low", PlaceState.DONE),
    }
    assert (erasure.completed_at, exit_code([erasure])) == (None, 7)

    before = world.removals()
    world.clock.advance(hours=23)
    assert world.go_on().completed_at is None
    assert world.removals() == before, "not yet"
    world.clock.advance(hours=2)
    erasure = world.go_on()
    assert world.removals() == before + 2
    assert (erasure.completed_at, states(erasure), exit_code([erasure])) == (
        world.clock.now(), {PlaceState.DONE}, 0,
    )  # fmt: skip


def test_the_next_export_brings_nobody_back_and_every_sync_goes_on(world: World) -> None:
    world.forget(BY_MAIL)
    world.sync()
    assert world.members() == WITHOUT_HER
    assert make_plan(world.runner())[0].changes == ()
    world.clock.advance(hours=25)
    world.sync()
    assert world.erasures()[0].completed_at is not None
    assert world.members() == WITHOUT_HER


def test_a_full_refresh_that_was_interrupted_brings_nobody_back(world: World) -> None:
    plan, folder = make_plan(world.runner(), {"full-refresh": "a small shop"}, refresh=["rest"])
    stopped = apply_plan(replace(world.runner(), should_stop=lambda: True), plan, folder)
    assert stopped.exit_code == 7
    world.forget(BY_MAIL)
    with pytest.raises(StalePlanError):
        apply_plan(world.runner(), plan, folder)
    world.clock.advance(hours=25)
    world.sync()
    assert world.members() == WITHOUT_HER


@pytest.mark.parametrize("texts", [BY_MAIL, [str(ANNA)]])
def test_somebody_who_has_left_the_export_is_found_by_what_was_sent(world: World, texts: list[str]) -> None:
    if texts != BY_MAIL:  # the export that knew the id is what joins it with the address
        assert look(world.runner().workspace, world.clock, texts).members == 1
    person = world.shop.people.pop(ANNA)
    world.shop.export()
    found = look(world.runner().workspace, world.clock, texts)
    assert (found.people, found.members, found.audiences) == (0, 1, {"meta": 1})
    world.forget(texts)
    assert world.members() == WITHOUT_HER
    world.shop.people[ANNA] = person
    world.shop.export()
    world.sync()
    assert world.members() == WITHOUT_HER, "by the id and by the address"


def test_whoever_was_never_sent_is_kept_out_and_no_platform_hears_of_them(world: World) -> None:
    before = world.removals()
    erasure = world.forget(["somebody.new@example.com", "+49 171 2345678"])
    assert world.removals() == before
    assert (erasure.found, erasure.places, erasure.completed_at) == (False, (), world.clock.now())
    body = verified((world.state / "receipts" / f"{erasure.erasure_id}-meta.json").read_bytes())
    assert (body["ever_sent"], body["kept_out_from_now_on"], body["complete"]) == (False, True, True)

    world.shop.people[99] = (5000, "granted")
    contacts = world.shop.folder / "contacts.csv"
    world.shop.export()
    contacts.write_text(contacts.read_text().replace("person99@example.com", "Somebody.New@example.com"))
    world.sync()
    assert sum(world.members().values()) == 20


def test_exports_that_cannot_be_read_stop_nobody_from_being_forgotten(world: World) -> None:
    (world.shop.folder / "orders.csv").unlink()
    found = look(world.runner().workspace, world.clock, BY_MAIL)
    assert (found.members, "orders.csv" in found.problem) == (1, True)
    world.forget(BY_MAIL)
    assert world.members() == WITHOUT_HER


def test_when_it_is_complete_nothing_here_knows_who_it_was(world: World) -> None:
    digest = hashlib.sha256(b"person3@example.com").hexdigest()

    def known() -> list[str]:
        files = world.state.rglob("*.parquet")
        return [path.name for path in files if digest in str(pq.read_table(path).to_pylist())]

    assert known()
    world.forget(BY_MAIL)
    world.clock.advance(hours=25)
    assert world.go_on().completed_at is not None
    world.clock.advance(hours=2)
    world.sync()
    assert known() == []
    assert world.members() == WITHOUT_HER
    assert make_plan(world.runner())[0].changes == (), "the others are believed in as before"


def test_a_lost_answer_is_asked_for_again(world: World) -> None:
    with (world.shop.folder / ".env").open("a", encoding="utf-8") as env:
        env.write("ACTIVATOR_META__READ_TIMEOUT_SECONDS=2\n")
    for _ in range(3):
        world.sandbox.fault("timeout_before_effect", "meta", 1, "POST users")
    runner = world.runner()
    begin(runner.workspace, world.clock, "test", look(runner.workspace, world.clock, BY_MAIL))
    first = world.go_on()
    assert first.completed_at is None
    world.clock.advance(hours=49)
    for _ in range(3):
        last = world.go_on()
        if last.completed_at is not None:
            break
        world.clock.advance(hours=25)
    assert states(last) == {PlaceState.DONE}
    assert world.members() == WITHOUT_HER


def test_a_refusal_asks_for_a_human_until_it_is_over(synced: Path, tmp_path: Path) -> None:
    shutil.copytree(synced, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path, refuse_small_removals=True) as world:
        erasure = world.forget(BY_MAIL)
        refused = {place.audience_key for place in erasure.places if place.needs_human}
        assert refused == {f"audience/{tier}" for tier in ALL_OF_THEM}
        assert exit_code([erasure]) == 6
        assert next(place for place in erasure.places if place.needs_human).detail
        body = verified((world.state / "receipts" / f"{erasure.erasure_id}-meta.json").read_bytes())
        assert body["complete"] is False
    with opened(tmp_path) as world:
        world.clock.advance(hours=25)
        assert world.go_on().completed_at is not None


def test_a_destination_that_left_the_project_is_not_forgotten(world: World) -> None:
    path = world.shop.folder / "activator.yaml"
    path.write_text(path.read_text().replace("  meta:\n    connector: meta", "  other:\n    connector: meta"))
    erasure = world.forget(BY_MAIL)
    gone = [place for place in erasure.places if place.destination == "meta"]
    assert [place.state for place in gone] == [PlaceState.UNREACHABLE]
    assert exit_code([erasure]) == 6


def test_a_restored_ledger_learns_again_who_was_forgotten(world: World, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(world.state, backup)
    world.forget(BY_MAIL)
    workspace = world.runner().workspace
    assert export_erasures(workspace, world.clock, tmp_path / "erasures.json") == 1
    exported = (tmp_path / "erasures.json").read_text()
    assert "person3" not in exported.lower()

    key = (world.state / "erasure.key").read_bytes()
    shutil.rmtree(world.state)
    shutil.copytree(backup, world.state)
    with pytest.raises(ConfigurationError, match="missing"):
        merge_erasures(workspace, world.clock, "test", tmp_path / "erasures.json")
    (world.state / "erasure.key").write_bytes(b"x" * 64)
    (world.state / "erasure.key").chmod(0o600)
    with pytest.raises(ConfigurationError, match="another secret"):
        merge_erasures(workspace, world.clock, "test", tmp_path / "erasures.json")
    (world.state / "erasure.key").write_bytes(key)
    assert merge_erasures(workspace, world.clock, "test", tmp_path / "erasures.json") == 1
    assert merge_erasures(workspace, world.clock, "test", tmp_path / "erasures.json") == 0
    before = world.removals()
    world.clock.advance(days=2)
    world.sync()
    assert world.removals() > before, "the restored ledger believed she is in"
    assert world.members() == WITHOUT_HER
    assert world.erasures()[0].completed_at is not None


def test_nobody_is_planned_with_another_secret_or_none(world: World) -> None:
    world.forget(BY_MAIL)
    key = world.state / "erasure.key"
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(ConfigurationError, match="missing"):
        make_plan(world.runner())
    key.write_bytes(b"z" * 64)
    key.chmod(0o600)
    with pytest.raises(ConfigurationError, match="not the one"):
        make_plan(world.runner())
    key.write_bytes(kept)
    key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="read by others"):
        make_plan(world.runner())


@pytest.mark.parametrize(
    ("texts", "words"),
    [([], "no identifier"), (["", "  "], "no identifier"), ([f"p{n}@example.com" for n in range(51)], "more than one")],
)
def test_it_must_be_said_who_is_meant(world: World, texts: list[str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        look(world.runner().workspace, world.clock, texts)


def test_an_identifier_of_many_people_does_not_say_who_is_meant(world: World) -> None:
    contacts = world.shop.folder / "contacts.csv"
    lines = contacts.read_text().splitlines()
    shared = [line.replace(f"person{n}@example.com", "info@shop.example") for n, line in enumerate(lines)]
    contacts.write_text("\n".join(shared) + "\n")
    with pytest.raises(ConfigurationError, match="several people"):
        look(world.runner().workspace, world.clock, ["info@shop.example"])


def give_phone(world: World, number: int) -> None:
    """The one phone of the export is this person's from now on."""
    lines = [line.split(",")[:4] for line in (world.shop.folder / "contacts.csv").read_text().splitlines()]
    rows = [[*lines[0], "phone"], *([*line, "+49 171 2345678" if line[0] == str(number) else ""] for line in lines[1:])]
    (world.shop.folder / "contacts.csv").write_text("".join(",".join(row) + "\n" for row in rows))


def test_whoever_now_has_what_was_sent_about_the_person_is_told_of_before_anything_is_done(world: World) -> None:
    give_phone(world, ANNA)
    assert sync(world.runner(), {"layout-changed": "phones are exported now"})[1].exit_code == 0
    assert look(world.runner().workspace, world.clock, BY_MAIL).others == 0
    give_phone(world, 17)
    found = look(world.runner().workspace, world.clock, BY_MAIL)
    assert (found.people, found.others) == (1, 1)
    arguments = ["forget", "--project", str(world.shop.folder), "--file", "-", "--yes"]
    answer = CliRunner().invoke(app, arguments, input=BY_MAIL[0])
    assert "In the exports 1 other person has an identifier that was sent about this person" in answer.output
    assert isinstance(answer.exception, ConfigurationError)
    assert "of 2 people" in str(answer.exception)
    assert world.erasures() == (), "whoever asked must look at it first"


def test_looking_leaves_nothing_behind(world: World) -> None:
    before = {path: path.read_bytes() for path in world.state.rglob("*.parquet")}
    look(world.runner().workspace, world.clock, BY_MAIL)
    assert world.erasures() == ()
    assert not (world.state / "erasure.key").exists()
    assert {path: path.read_bytes() for path in world.state.rglob("*.parquet")} == before


def test_a_receipt_is_refused_when_a_letter_of_it_changed_or_another_project_signed_it(world: World) -> None:
    erasure = world.forget(BY_MAIL)
    content = (world.state / "receipts" / f"{erasure.erasure_id}-meta.json").read_bytes()
    assert verified(content, (world.state / "erasure.key").read_bytes())["erasure"] == erasure.erasure_id
    changed = json.loads(content)
    changed["receipt"]["complete"] = True
    for spoilt in (json.dumps(changed).encode(), b"{}", b"[]", b"not json"):
        with pytest.raises(ConfigurationError):
            verified(spoilt)
    with pytest.raises(ConfigurationError, match="another project"):
        verified(content, b"another secret")


def test_the_month_is_counted_from_the_request(world: World) -> None:
    erasure = world.forget(BY_MAIL)
    assert erasure.due_at - erasure.requested_at in (timedelta(days=30), timedelta(days=31))
    assert erasure.due_at.day == erasure.requested_at.day
