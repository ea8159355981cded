"""Where the ledger of a project is: in its folder, or on a PostgreSQL server that several processes share."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """folder: batch files, and the control store where there is no server.

    server: URL of a PostgreSQL database, with user and password; schema: the ledger's own in it.
    """

    folder: Path
    server: SecretStr | None = None
    schema: str = ""


def schema_of(project_id: str) -> str:
    """One schema per project, so that projects may share a database."""
    return f"activator_{project_id.replace('-', '_')}"
