"""A saved plan and a world that is no longer the one it was made from: refused, every time, before anything is sent.

WORLDS=5000 runs as many as docs/explanation/trust.md tells of; otherwise a sample of them, evenly over kinds.
"""

import csv
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from activator.apply.result import ApplyResult, ChangeState
from activator.config.workspace import open_workspace
from activator.errors import ActivatorError
from activator.ledger import plans, terms
from activator.ledger.store import Ledger
from activator.model.approval import Covered
from activator.model.bidding import TierVerdict
from activator.model.plan import (
    Bindings,
    Change,
    ChangeMembers,
    CreateObject,
    PauseObject,
    Plan,
    ReplaceMembers,
    StartTest,
    UpdateObject,
    object_key,
)
from activator.plan.approval import covered_by
from activator.plan.files import content_id, load_plan, save_plan
from activator.plan.objects import fingerprint
from activator.sync import Runner, apply_plan, make_plan, sync
from tests.clocks import ManualClock
from tests.integration.memory_connector import ACCOUNTS, memory_account
from tests.platform import MemoryDestination
from tests.projects import PROJECT

ACCOUNT = "1234567890123456"
WORLDS = int(os.environ.get("WORLDS", "400"))


@dataclass
class World:
    """A copy of the pristine project, a saved plan in it, and the platform. Mutations change one thing."""

    folder: Path
    clock: ManualClock
    platform: MemoryDestination
    plan_id: str
    rng: random.Random

    @property
    def runner(self) -> Runner:
        return Runner(open_workspace(self.folder), self.clock, actor="test:1")

    @property
    def saved(self) -> Path:
        return self.folder / ".activator" / "plans" / self.plan_id

    def ledger(self) -> Ledger:
        return Ledger(self.folder / ".activator", self.clock)

    def apply(self) -> ApplyResult:
        plan, folder = load_plan(self.saved)
        return apply_plan(self.runner, plan, folder)

    def edit_bytes(self, path: Path) -> None:
        """One byte changed, taken out or put in."""
        content = bytearray(path.read_bytes())
        at = self.rng.randrange(len(content))
        match self.rng.randrange(3):
            case 0:
                content[at] ^= 1 << self.rng.randrange(8)
            case 1:
                del content[at]
            case _:
                content.insert(at, self.rng.randrange(256))
        path.write_bytes(content)

    def edit_rows(self, path: Path) -> None:
        """Rows dropped, doubled, swapped or cut off."""
        head, *rows = path.read_text().splitlines()
        at, other = self.rng.sample(range(len(rows)), 2)
        match self.rng.randrange(4):
            case 0:
                del rows[at]
            case 1:
                rows.append(rows[at])
            case 2:
                rows[at], rows[other] = rows[other], rows[at]
            case _:
                del rows[at:]
        path.write_text("\n".join([head, *rows]) + "\n")

    def edit_project(self, change: Callable[[dict[str, object]], None]) -> None:
        path = self.folder / "activator.yaml"
        document = yaml.safe_load(path.read_text())
        change(document)
        path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def edit_plan(self, change: Callable[[Plan], Plan]) -> None:
        """A plan that somebody, or another version, made and sealed like this."""
        plan = change(load_plan(self.saved)[0])
        save_plan(replace(plan, plan_id=content_id(plan)), self.saved)


Mutation = Callable[[World], None]
MUTATIONS: dict[str, Mutation] = {}


def mutation(change: Mutation) -> Mutation:
    MUTATIONS[change.__name__] = change
    return change


@mutation
def a_byte_of_an_export(world: World) -> None:
    world.edit_bytes(world.folder / world.rng.choice(["contacts.csv", "orders.csv", "never.csv"]))


@mutation
def rows_of_an_export(world: World) -> None:
    world.edit_rows(world.folder / world.rng.choice(["contacts.csv", "orders.csv"]))


@mutation
def an_export_is_gone(world: World) -> None:
    (world.folder / world.rng.choice(["contacts.csv", "orders.csv", "never.csv"])).unlink()


@mutation
def a_byte_of_a_mapping(world: World) -> None:
    path = world.folder / "mappings" / "shop.yaml"
    text = path.read_text()
    renamed = text.replace("customer_number", f"customer_number_{world.rng.randrange(10**9)}")
    path.write_text(world.rng.choice([renamed, text.replace("email: mail", f"email: mail{world.rng.random()}")]))


@mutation
def the_tiers(world: World) -> None:
    share = round(world.rng.uniform(0.01, 0.19), 6)
    world.edit_project(lambda document: document["tiers"][0].update(top_share=share))  # type: ignore[index]


@mutation
def a_budget(world: World) -> None:
    tier, amount = (
        world.rng.choice(["high", "mid", "low"]),
        f"{world.rng.randrange(1, 99)}.{world.rng.randrange(1, 9)}5",
    )

    def change(document: dict[str, object]) -> None:
        document["destinations"]["meta"]["tiers"][tier]["daily_budget"] = amount  # type: ignore[index]

    world.edit_project(change)


@mutation
def the_copy(world: World) -> None:
    said = f"Made to last {world.rng.randrange(10**9)}"
    world.edit_project(lambda document: document["copy"][0]["headlines"].append(said))  # type: ignore[index]


@mutation
def the_rules_for_identifiers(world: World) -> None:
    country = world.rng.choice(["AT", "CH", "FR", "NL", "US", "GB"])
    world.edit_project(lambda document: document["identity"].update(default_country=country))  # type: ignore[attr-defined]


@mutation
def a_guard_loosened(world: World) -> None:
    share = round(world.rng.uniform(0.31, 0.99), 6)
    world.edit_project(lambda document: document["guards"].update(removal_share_max=share))  # type: ignore[attr-defined]


@mutation
def another_plan_was_begun(world: World) -> None:
    with closing(world.ledger()) as ledger, ledger.writing() as connection:
        for _ in range(world.rng.randrange(1, 4)):
            serial = plans.serial(connection)
            plans.begin(connection, world.clock, f"other{serial}-{world.rng.randrange(10**9)}", serial, "")


@mutation
def a_verdict_was_recorded(world: World) -> None:
    with closing(world.ledger()) as ledger, ledger.writing() as connection:
        terms.record_verdict(connection, "me", TierVerdict("high", "confirmed", world.clock.now(), ""))


@mutation
def the_ledger_is_new(world: World) -> None:
    for file in (world.folder / ".activator").glob("ledger.sqlite*"):
        file.unlink()


@mutation
def the_ledger_is_damaged(world: World) -> None:
    path = world.folder / ".activator" / "ledger.sqlite"
    with path.open("r+b") as stream:
        stream.write(world.rng.randbytes(64))


@mutation
def too_late(world: World) -> None:
    world.clock.advance(hours=24, seconds=world.rng.randrange(1, 10**7))


@mutation
def the_clock_was_put_back(world: World) -> None:
    world.clock.advance(seconds=-world.rng.randrange(301, 10**7))


@mutation
def an_object_was_renamed(world: World) -> None:
    key = world.rng.choice(sorted(world.platform.objects))
    remote = world.platform.objects[key]
    world.platform.objects[key] = replace(remote, name=f"{remote.name} {world.rng.randrange(10**9)}")


@mutation
def a_budget_on_the_platform(world: World) -> None:
    key = world.rng.choice([key for key in sorted(world.platform.objects) if key.startswith("group/")])
    remote = world.platform.objects[key]
    world.platform.objects[key] = replace(remote, fields={"daily_budget_minor": world.rng.randrange(100_000, 10**6)})


@mutation
def an_object_is_gone(world: World) -> None:
    del world.platform.objects[world.rng.choice(sorted(world.platform.objects))]


@mutation
def an_object_has_a_twin(world: World) -> None:
    key = world.rng.choice(sorted(world.platform.objects))
    world.platform.objects[f"{key}'"] = replace(world.platform.objects[key], platform_id="999")


@mutation
def the_account_cannot_be_read_completely(world: World) -> None:
    world.platform.complete = False


@mutation
def a_byte_of_the_plan(world: World) -> None:
    world.edit_bytes(world.saved / "plan.json")


@mutation
def the_seal_of_the_plan(world: World) -> None:
    seal = world.saved / "plan.sha256"
    if world.rng.random() < 0.2:
        seal.unlink()
    else:
        seal.write_text(f"{world.rng.getrandbits(256):064x}")


@mutation
def a_byte_of_a_batch(world: World) -> None:
    world.edit_bytes(world.rng.choice(sorted(world.saved.glob("*.parquet"))))


@mutation
def a_batch_is_gone(world: World) -> None:
    world.rng.choice(sorted(world.saved.glob("*.parquet"))).unlink()


@mutation
def another_version_made_it(world: World) -> None:
    version = f"0.0.{world.rng.randrange(10**6)}"
    world.edit_plan(lambda plan: replace(plan, bindings=replace(plan.bindings, code_version=version)))


@mutation
def other_rules_made_it(world: World) -> None:
    version = f"{world.rng.randrange(100, 10**6)}"
    world.edit_plan(lambda plan: replace(plan, bindings=replace(plan.bindings, normaliser_version=version)))


@mutation
def a_binding_is_missing(world: World) -> None:
    emptied: list[Callable[[Bindings], Bindings]] = [
        lambda made: replace(made, source_digest=""),
        lambda made: replace(made, project_digest=""),
        lambda made: replace(made, ledger_lineage=""),
        lambda made: replace(made, code_version=""),
        lambda made: replace(made, normaliser_version=""),
    ]
    empty = world.rng.choice(emptied)
    world.edit_plan(lambda plan: replace(plan, bindings=empty(plan.bindings)))


@mutation
def a_fingerprint_is_missing(world: World) -> None:
    def change(plan: Plan) -> Plan:
        kept = dict(plan.bindings.remote_fingerprints)
        touched = sorted({f"{part.destination}/{object_key(part)}" for part in plan.changes})
        del kept[world.rng.choice(touched)]
        return replace(plan, bindings=replace(plan.bindings, remote_fingerprints=kept))

    world.edit_plan(change)


MAPPING = """\
extends: generic_contacts
name: shop
rename: {customer_id: customer_number, email: mail}
columns:
  consent_ad_user_data: {from: consent, values: {granted: granted}}
  consent_ad_personalization: {from: consent, values: {granted: granted}}
"""


SECOND_TEXT = """\
  - name: plain_b
    motivation: generic
    headlines: [Out again, Built for rain, Look around]
    descriptions: [Gear for every season., Free returns for 60 days.]
    message: Rain is coming.
"""


def write_exports(folder: Path, people: dict[int, int]) -> None:
    with (folder / "contacts.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [("customer_number", "mail", "consent"), *((n, f"person{n}@example.com", "granted") for n in people)]
        )
    with (folder / "orders.csv").open("w", newline="") as stream:
        head = ("order_id", "customer_id", "ordered_at", "amount", "currency")
        rows = ((f"o{n}", n, "2026-11-01", f"{spent}.00", "EUR") for n, spent in people.items())
        csv.writer(stream).writerows([head, *rows])


@dataclass
class Pristine:
    """The project as it was when the plan was made."""

    folder: Path
    platform: MemoryDestination
    clock: ManualClock
    plan: Plan

    def world(self, folder: Path, seed: int) -> World:
        shutil.copytree(self.folder, folder)
        platform = replace(
            self.platform,
            objects=dict(self.platform.objects),
            rows={key: list(rows) for key, rows in self.platform.rows.items()},
            calls=[],
        )
        ACCOUNTS[ACCOUNT] = platform
        return World(folder, ManualClock(self.clock.now()), platform, self.plan.plan_id, random.Random(seed))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pristine]:
    """A month in: members are there, some come and go, a budget and a text change."""
    base = tmp_path_factory.mktemp("pristine")
    folder, clock = base / "project", ManualClock()
    (folder / "mappings").mkdir(parents=True)
    (folder / "mappings" / "shop.yaml").write_text(MAPPING)
    (folder / "never.csv").write_text("email\nsomebody@example.com\nperson3@example.com\n")
    text = PROJECT.replace("connector: meta", "connector: memory").replace("generic_contacts", "mappings/shop.yaml")
    text = text.replace("    options: {page_id", "    # options: {page_id")
    text = text.replace("identity:", "suppressions: [{name: never, path: never.csv}]\nidentity:", 1)
    (folder / "activator.yaml").write_text(text)
    with memory_account(base, ACCOUNT) as platform:
        write_exports(folder, {number: 100 * number for number in range(1, 41)})
        runner = Runner(open_workspace(folder), clock, actor="test:1")
        assert sync(runner)[1].complete
        later = text.replace('"30.00"', '"35.00"').replace("destinations:", SECOND_TEXT + "destinations:", 1)
        (folder / "activator.yaml").write_text(later)
        write_exports(folder, {number: 100 * (number if number != 12 else 99) for number in range(4, 44)})
        clock.advance(hours=20)
        plan, _ = make_plan(Runner(open_workspace(folder), clock, actor="test:1"), {"removal-share": "few people"})
        kinds = {type(change).__name__ for change in plan.changes}
        assert kinds == {"ChangeMembers", "CreateObject", "UpdateObject"}
        assert not plan.refused, plan.guards
        yield Pristine(folder, platform, clock, plan)


def state_of(world: World) -> tuple[int, int]:
    with closing(world.ledger()) as ledger:
        return ledger.serial(), len(ledger.every_batch())


OF_ONE_OBJECT = {"an_object_was_renamed", "a_budget_on_the_platform", "an_object_is_gone"}


def refused_for_one_object(world: World, plan: Plan) -> None:
    """What concerns the object is refused: its members, or all that delivers. Audiences that are as they were go on."""
    prints = plan.bindings.remote_fingerprints
    differs = {key for key in prints if fingerprint(world.platform.objects.get(key.partition("/")[2])) != prints[key]}
    concerned = [
        f"meta/{object_key(change)}" in differs or covered_by(change) is Covered.ADS for change in plan.changes
    ]
    left = [words(world.platform, change) for change, mine in zip(plan.changes, concerned, strict=True) if not mine]
    result = world.apply()
    assert [row.state is ChangeState.REFUSED for row in result.results] == concerned
    assert result.exit_code == 5
    assert [call for call in world.platform.calls if call != "observe"] == left


@pytest.mark.parametrize("kind", sorted(MUTATIONS))
def test_a_plan_is_refused_when_one_thing_differs(pristine: Pristine, tmp_path: Path, kind: str) -> None:
    for seed in range(max(1, WORLDS // len(MUTATIONS))):
        folder = tmp_path / str(seed)
        world = pristine.world(folder, seed)
        MUTATIONS[kind](world)
        if kind in OF_ONE_OBJECT:
            refused_for_one_object(world, pristine.plan)
        else:
            with pytest.raises(ActivatorError):
                world.apply()
            assert set(world.platform.calls) <= {"observe"}, f"{kind}, seed {seed}"
        shutil.rmtree(folder)


def words(platform: MemoryDestination, change: Change) -> str:
    """A change as the platform's own record of calls has it."""
    match change:
        case ChangeMembers():
            return f"{change.operation} {platform.objects[change.audience_key].platform_id} {change.rows}"
        case CreateObject():
            return f"create {change.spec.key}"
        case UpdateObject():
            return f"update {change.spec.key}"
        case PauseObject():
            return f"pause {change.remote.key}"
        case StartTest():
            return f"start {change.key}"
        case ReplaceMembers():
            return f"refresh {platform.objects[change.audience_key].platform_id} {change.rows}"


def test_an_unchanged_world_is_applied_and_what_is_sent_is_what_was_shown(pristine: Pristine, tmp_path: Path) -> None:
    world = pristine.world(tmp_path / "same", 0)
    world.clock.advance(hours=23, minutes=59)
    world.apply()
    shown = [words(world.platform, change) for change in pristine.plan.changes]
    assert [call for call in world.platform.calls if call != "observe"] == shown
    assert make_plan(world.runner)[0].changes == ()


def test_the_same_world_gives_the_same_plan_to_the_byte(pristine: Pristine, tmp_path: Path) -> None:
    folders = []
    for number in range(2):
        world = pristine.world(tmp_path / str(number), 0)
        shutil.rmtree(world.saved)
        world.clock.advance(minutes=7)
        folders.append(make_plan(world.runner)[1])
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other
