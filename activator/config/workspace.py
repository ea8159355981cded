"""A project folder opened for work: the project file, settings, and where things lie."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from activator import __version__
from activator.config.ledger_place import LedgerPlace, schema_of
from activator.config.project import PROJECT_FILE, Project, load_project
from activator.config.settings import Settings, load_settings, login_name


@dataclass(frozen=True, slots=True)
class Workspace:
    """One project folder. state holds the ledger, plans, membership log and engine scratch (0700)."""

    folder: Path
    project: Project
    project_digest: str
    settings: Settings

    @property
    def state(self) -> Path:
        """`.activator/` beside the project file."""
        return self.folder / ".activator"

    @property
    def ledger_place(self) -> LedgerPlace:
        """What `ledger.store.Ledger` is opened with."""
        return LedgerPlace(self.state, self.settings.ledger_url, schema_of(self.project.project.id))

    @property
    def person(self) -> str:
        """Who is at work, for approvals."""
        return self.settings.person or login_name()

    def who(self, process: str) -> str:
        """Person and process, for the audit log: anna@host:4711."""
        return f"{self.person}@{process}"

    @property
    def plans(self) -> Path:
        """Saved plans, a folder each."""
        return self.state / "plans"

    @property
    def recall(self) -> Path:
        """What earlier runs worked out about identifiers; may be deleted at any time."""
        return self.state / "recall"

    @property
    def scratch(self) -> Path:
        """The engine's spill space, emptied on exit and on the next start."""
        return self.state / "scratch"


def open_workspace(folder: Path) -> Workspace:
    """Read and check the project in folder. Touches nothing.

    Raises:
        ConfigurationError: names file, line, field and fix.
    """
    project, document = load_project(folder / PROJECT_FILE)
    body = json.dumps([__version__, document.data], sort_keys=True)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return Workspace(folder.resolve(), project, digest, load_settings(Settings, folder))
