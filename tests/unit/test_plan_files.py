"""A saved plan is taken back exactly as it was made, or not at all."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activator.errors import StalePlanError
from activator.model.ads import AudienceSpec, RemoteObject
from activator.model.delivery import Operation
from activator.model.plan import (
    AudienceState,
    Bindings,
    ChangeMembers,
    CreateObject,
    GuardFinding,
    PauseObject,
    Plan,
    PlannedBatch,
)
from activator.plan.files import PLAN_FILE, content_id, load_plan, save_plan

BATCH = b"members of one batch"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def a_plan() -> Plan:
    batch = PlannedBatch(0, "meta/batch-0.parquet", hashlib.sha256(BATCH).hexdigest(), 3)
    audience = AudienceSpec("audience/high", "High [act:0123456789ab]", "", "high", False)
    plan = Plan(
        plan_id="",
        created_at=NOW,
        project_id="nordlicht-1",
        bindings=Bindings("lineage", 3, "sources", "project", "0.1.0", "1", {"meta": "seen"}, NOW + timedelta(days=1)),
        changes=(
            CreateObject("meta", audience),
            ChangeMembers("meta", "audience/high", Operation.ADD, False, 3, (batch,)),
            PauseObject("meta", RemoteObject("ad", "ad/high/old", "77", "old", "ACTIVE", {"tags": ("a", "b")})),
        ),
        audiences=(AudienceState("meta", "audience/high", "high", 0, 3, 3, 0, 0),),
        movements=(),
        guards=(GuardFinding("daily-budget", "all destinations", "too much", "spend less", None),),
        sources=(),
        tiers=(),
        motivations=(),
    )
    return replace(plan, plan_id=content_id(plan))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/batch-0.parquet").write_bytes(BATCH)
    save_plan(a_plan(), tmp_path)
    return tmp_path


def test_it_comes_back_as_it_was_saved(folder: Path) -> None:
    assert load_plan(folder) == (a_plan(), folder)
    assert load_plan(folder / PLAN_FILE) == (a_plan(), folder)


def test_only_its_owner_may_read_it(folder: Path) -> None:
    assert (folder / PLAN_FILE).stat().st_mode & 0o077 == 0


def test_the_id_says_what_is_done_not_when_it_was_thought_of() -> None:
    plan = a_plan()
    later = replace(plan, created_at=NOW + timedelta(hours=5))
    assert content_id(later) == plan.plan_id
    assert content_id(replace(plan, project_id="other-1")) != plan.plan_id


def edited(old: bytes, new: bytes) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        content = (folder / PLAN_FILE).read_bytes()
        assert old in content
        (folder / PLAN_FILE).write_bytes(content.replace(old, new, 1))

    return edit


def cut(folder: Path) -> None:
    content = (folder / PLAN_FILE).read_bytes()
    (folder / PLAN_FILE).write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (edited(b'"accepted": null', b'"accepted": "yes"'), "edited"),
        (edited(b'"rows": 3', b'"rows": 4'), "edited"),
        (edited(b'"removes": 0', b'"removes": 1'), "edited"),
        (edited(b"nordlicht-1", b"nordlicht-2"), "edited"),
        (edited(b'"project_id"', b'"projekt_id"'), "not a plan of this version"),
        (cut, "not a plan of this version"),
        (edited(b'"expires_at": "2026-11-26', b'"expires_at": "2036-11-26'), "edited"),
        (edited(b"{", b"{ "), "edited"),
        (lambda folder: (folder / PLAN_FILE).unlink(), "cannot be read"),
        (lambda folder: (folder / "meta/batch-0.parquet").unlink(), "missing"),
        (lambda folder: (folder / "meta/batch-0.parquet").write_bytes(BATCH[:-1] + b"H"), "was changed"),
    ],
    ids=[
        "accepted",
        "rows",
        "removes",
        "project",
        "field",
        "cut",
        "expiry",
        "blank",
        "gone",
        "batch gone",
        "batch changed",
    ],
)
def test_whatever_was_touched_it_is_refused(folder: Path, spoil: Callable[[Path], object], says: str) -> None:
    spoil(folder)
    with pytest.raises(StalePlanError, match=says) as refused:
        load_plan(folder)
    assert refused.value.exit_code == 5
    assert "activator plan" in refused.value.next_step
