"""The wheel holds what it must and nothing else, is the same every time, and works where there is no checkout."""

import hashlib
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = (
    "activator/py.typed",
    "activator/briefing/templates/briefing.html.j2",
    "activator/briefing/templates/briefing.css",
    "activator/config/templates/activator.yaml.j2",
    "mappings/lexicon/de.yaml",
    "mappings/lexicon/en.yaml",
    "mappings/lexicon/en_apparel.yaml",
    "mappings/copy/generic.yaml",
    "mappings/sources/generic_contacts.yaml",
    "connectors/sandbox/server.py",
)

pytestmark = pytest.mark.packaging


def build(folder: Path) -> Path:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment: the wheel is its own, only the dependencies are borrowed."""
    home = tmp_path_factory.mktemp("environment") / "env"
    run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    python = home / "bin/python"
    uv = Path(sys.executable).parent / "uv"
    run([str(uv), "pip", "install", "--offline", "--no-deps", "--python", str(python), str(wheel)])
    (packages,) = home.glob("lib/python*/site-packages")
    # A path line only adds a folder: .pth files inside it, such as the one that leads to the checkout, stay unread
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


def run(command: list[str], folder: Path | None = None, extra: dict[str, str] | None = None) -> str:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH" and not name.startswith("ACTIVATOR_")
    }
    environment.update(extra or {})
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_only_our_packages_stand_at_its_top(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"activator", "connectors", "mappings"}
    assert len(tops) == 4


def test_everything_the_program_reads_is_inside(wheel: Path) -> None:
    inside = set(names(wheel))
    assert set(DATA) <= inside
    for package in ("activator", "connectors", "mappings"):
        tracked = {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*") if path.is_file()}
        missing = {name for name in tracked - inside if "__pycache__" not in name}
        assert missing == set()


def test_nothing_of_a_machine_is_inside(wheel: Path) -> None:
    unwanted = (".env", ".sqlite", ".pyc", ".duckdb", ".pem", ".key")
    assert [name for name in names(wheel) if name.endswith(unwanted)] == []


def test_entry_points_are_declared(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        text = archive.read(name).decode()
    for line in (
        "activator = activator.cli.main:run",
        "meta = connectors.meta.destination:connector",
        "google = connectors.google.destination:connector",
        "crm = connectors.crm.files:connector",
    ):
        assert line in text


def test_building_again_gives_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    again = build(tmp_path)
    assert again.name == wheel.name
    assert hashlib.sha256(again.read_bytes()).hexdigest() == hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_it_works_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = "import activator, connectors, mappings; print(*(m.__file__ for m in (activator, connectors, mappings)))"
    files = run([str(installed / "python"), "-c", where], tmp_path).split()
    assert all(Path(file).is_relative_to(installed.parent) for file in files), files
    activator = str(installed / "activator")
    assert run([activator, "--version"], tmp_path).strip() == wheel_version(installed)
    assert "generic_contacts" in run([activator, "mappings", "list"], tmp_path)

    (tmp_path / "people.csv").write_text(
        "customer_id,email,first_name,last_name,consent_ad_user_data,consent_ad_personalization\n"
        "1,ada@example.com,Ada,Lovelace,granted,granted\n"
    )
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount,currency\no1,1,2026-11-01,100.00,EUR\n"
    )
    run([activator, "init", "people.csv", "orders.csv"], tmp_path)
    assert "people.csv" in (tmp_path / "activator.yaml").read_text()


def wheel_version(installed: Path) -> str:
    code = "from importlib.metadata import version; print(version('audience-activator'))"
    return run([str(installed / "python"), "-c", code]).strip()
