"""Whatever is wrong with the input or the surroundings: one clear error, the right exit code, and nothing lost."""

import json
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from activator.config.clock import SystemClock
from activator.ledger.store import LedgerReader
from activator.sync import apply_plan, make_plan
from connectors.sandbox.server import Sandbox
from tests.e2e.commands import Answer, activator
from tests.e2e.shop import Shop, twenty_people

CANARY = "canary.person@example.com"
TOKEN = "EAAcanarytoken0123456789"


@pytest.fixture(scope="module")
def applied(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose first sync is done: what must not be lost."""
    shop = Shop(tmp_path_factory.mktemp("bad") / "shop", "shop-bad-input", sandbox, twenty_people())
    runner = shop.open(google=False)
    assert apply_plan(runner, *make_plan(runner)).complete
    return shop


@pytest.fixture
def spoilt(applied: Shop, tmp_path: Path) -> Path:
    """A copy of that shop's folder, to spoil."""
    return shutil.copytree(applied.folder, tmp_path / "shop")


def lines(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / name
        path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")

    return spoil


def replaced(name: str, pattern: str, by: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / name
        text, count = re.subn(pattern, by, path.read_text(), count=1, flags=re.MULTILINE)
        assert count, f"nothing to spoil in {name}"
        path.write_text(text)

    return spoil


def without_amounts(rows: list[str]) -> list[str]:
    return [",".join((*row.split(",")[:3], row.split(",")[4])) for row in rows]


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass(frozen=True)
class Case:
    """spoil: what goes wrong; code: how the command ends; says: what the error has to name."""

    name: str
    spoil: Callable[[Path], object]
    code: int
    says: tuple[str, ...]


BROKEN_QUOTE = f'77,"{CANARY},granted,granted'
RAGGED = f"77,{CANARY},granted,granted,too,many"

CASES = (
    Case("missing column", lines("orders.csv", without_amounts), 2, ("orders.csv", "amount")),
    Case("wrong column name", replaced("contacts.csv", "email", "e_post"), 2, ("contacts.csv", "'email'")),
    Case("unclosed quote", lines("contacts.csv", lambda rows: [*rows, BROKEN_QUOTE]), 2, ("contacts.csv", "line 22")),
    Case("ragged row", lines("contacts.csv", lambda rows: [*rows, RAGGED]), 2, ("contacts.csv", "line 22")),
    Case("empty file", lambda folder: (folder / "contacts.csv").write_text(""), 2, ("contacts.csv", "empty")),
    Case("missing file", lambda folder: (folder / "orders.csv").unlink(), 2, ("orders.csv",)),
    Case("unknown key", replaced("activator.yaml", "^currency:", "curency:"), 2, ("activator.yaml", "line", "curency")),
    Case("no credentials", lambda folder: (folder / ".env").unlink(), 2, ("ACTIVATOR_META__ACCESS_TOKEN", ".env")),
    Case("wrong token", replaced(".env", "ACCESS_TOKEN=.*", f"ACCESS_TOKEN={TOKEN}"), 6, ("token", "code 190")),
    Case(
        "unreachable platform",
        replaced(".env", "GRAPH_URL=.*", f"GRAPH_URL=https://127.0.0.1:{closed_port()}"),
        7,
        ("ACTIVATOR_META__GRAPH_URL",),
    ),
)


def kept(folder: Path) -> object:
    """What the ledger knows."""
    ledger = LedgerReader(folder / ".activator", SystemClock())
    try:
        return ledger.lineage, ledger.serial(), ledger.owned("meta"), ledger.open_batches(), ledger.evidence()
    finally:
        ledger.close()


def assert_discreet(answer: Answer, folder: Path) -> None:
    assert "Traceback" not in answer.said
    written = b"".join(path.read_bytes() for path in (folder / ".activator").rglob("*") if path.is_file())
    for secret in (CANARY, TOKEN, "canary"):
        assert secret not in answer.said
        assert secret.encode() not in written


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_clear_error_and_nothing_lost(case: Case, spoilt: Path, applied: Shop) -> None:
    before = kept(spoilt)
    saved = sorted(path.name for path in (spoilt / ".activator/plans").iterdir())
    case.spoil(spoilt)
    answer = activator("plan", folder=spoilt)
    print(answer.said)  # noqa: T201 - what a user would read, when a test fails
    assert answer.code == case.code, answer.said
    assert answer.out == ""
    assert len(re.findall(r"^error: ", answer.err, re.MULTILINE)) == 1
    assert "  what to do: " in answer.err
    for word in case.says:
        assert word in answer.err
    assert_discreet(answer, spoilt)
    assert kept(spoilt) == before
    assert sorted(path.name for path in (spoilt / ".activator/plans").iterdir()) == saved, "no half plan is left"
    assert applied.members("meta") == {"high": 4, "mid": 6, "low": 6, "rest": 4}


def test_as_json_the_error_is_one_document(spoilt: Path) -> None:
    lines("contacts.csv", lambda rows: [*rows, RAGGED])(spoilt)
    answer = activator("plan", "--json", folder=spoilt)
    error = json.loads(answer.out)["error"]
    assert (answer.code, error["exit_code"], error["type"]) == (2, 2, "SourceError")
    assert "line 22" in error["message"]
    assert error["next_step"]
    assert_discreet(answer, spoilt)
