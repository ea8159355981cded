"""Saved plans: one JSON file beside the batches it will send, refused if a byte of it changed."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from activator.errors import StalePlanError
from activator.model.people import SourceCount, SuppressionCount
from activator.model.plan import ChangeMembers, Plan, ReplaceMembers
from activator.model.sharing import Sharing

PLAN_FILE = "plan.json"
RATION = "daily-ration"
SEAL_FILE = (
    "plan.sha256"  # of plan.json's bytes: the id leaves out the instants, and an expiry must not be edited either
)
_ADAPTER: TypeAdapter[Plan] = TypeAdapter(Plan)
_COUNTS: TypeAdapter[tuple[SourceCount, ...]] = TypeAdapter(tuple[SourceCount, ...])
_LISTS: TypeAdapter[tuple[SuppressionCount, ...]] = TypeAdapter(tuple[SuppressionCount, ...])
_NEVER = datetime.min.replace(tzinfo=UTC)


def content_id(plan: Plan) -> str:
    """The plan's id: a digest of everything in it but the id, who made it, and what passes with time.

    That is when it was made and expires, and what was left then of a day's ration.
    """
    bindings = replace(plan.bindings, expires_at=_NEVER)
    notices = tuple(notice for notice in plan.notices if notice.notice != RATION)
    timeless = replace(plan, plan_id="", created_at=_NEVER, planned_by="", bindings=bindings, notices=notices)
    return hashlib.sha256(_ADAPTER.dump_json(timeless)).hexdigest()[:24]


def save_plan(plan: Plan, folder: Path) -> Path:
    """Write the plan and its seal into its folder, for its owner only."""
    content = _ADAPTER.dump_json(plan, indent=2)
    _write(folder / SEAL_FILE, hashlib.sha256(content).hexdigest().encode())
    _write(folder / PLAN_FILE, content)
    return folder / PLAN_FILE


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def load_plan(path: Path, *, with_batches: bool = True) -> tuple[Plan, Path]:
    """Read a saved plan (its file or its folder) and check that neither it nor its batches were touched.

    with_batches: False to look at the plan only; batches are not kept as long as what a plan says.

    Raises:
        StalePlanError: missing, damaged or edited.
    """
    file = path / PLAN_FILE if path.is_dir() else path
    try:
        content = file.read_bytes()
        seal = (file.parent / SEAL_FILE).read_text(encoding="ascii", errors="replace").strip()
        plan = _ADAPTER.validate_json(content)
    except OSError as error:
        raise StalePlanError(f"the plan {path} cannot be read: {error.strerror}", "Run `activator plan`.") from None
    except ValidationError:
        raise StalePlanError(f"{file} is not a plan of this version", "Run `activator plan` again.") from None
    if hashlib.sha256(content).hexdigest() != seal or content_id(plan) != plan.plan_id:
        raise StalePlanError(f"{file} was edited after it was made", "Run `activator plan` again.")
    for change in plan.changes if with_batches else ():
        if isinstance(change, ChangeMembers | ReplaceMembers):
            for batch in (*change.batches, *(change.leaving if isinstance(change, ReplaceMembers) else ())):
                verify_batch(_inside(file.parent, batch.file), batch.digest)
    return plan, file.parent


def _inside(folder: Path, name: str) -> Path:
    """A batch of a plan lies in the plan's folder, whatever the plan says."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise StalePlanError(f"the plan names a batch outside its folder: {folder.name}", "Run `activator plan` again.")
    return path


def saved_sharing(folder: Path) -> Sharing | None:
    """What a saved plan said its sources share; None where there is no such plan, or none of this version."""
    try:
        return TypeAdapter(Sharing).validate_python(json.loads((folder / PLAN_FILE).read_bytes())["sharing"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def saved_accounts(folder: Path) -> tuple[tuple[SourceCount, ...], tuple[SuppressionCount, ...]] | None:
    """Where a saved plan said every row ended; None where there is no such plan, or none of this version."""
    try:
        said = json.loads((folder / PLAN_FILE).read_bytes())
        return _COUNTS.validate_python(said["sources"]), _LISTS.validate_python(said["suppressions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def verify_batch(path: Path, digest: str) -> None:
    """Refuse a batch file that is missing or differs from what was planned."""
    try:
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        raise StalePlanError(f"the batch {path.name} of this plan is missing", "Run `activator plan` again.") from None
    if actual != digest:
        raise StalePlanError(f"the batch {path.name} of this plan was changed", "Run `activator plan` again.")
