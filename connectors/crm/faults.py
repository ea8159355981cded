"""Errors about exports: they name the file and the line, and never hold the content of a cell."""

from pathlib import Path

from activator.errors import SourceError

EXPORT_AGAIN = "Export the file again"
MORE_ROOM = "Raise ACTIVATOR_MEMORY_LIMIT_MB or free disk space in the project's .activator folder."
CHANGED = "The export was still being written; run again when it is complete."


def fault(path: Path, message: str, fix: str, line: int | None = None, column: int | None = None) -> SourceError:
    """An error that names the file and, where known, line and byte of the line, both counted from 1."""
    where = path.name
    if line is not None:
        where += f", line {line}"
    if column is not None:
        where += f", byte {column}"
    return SourceError(f"{where}: {message}", fix)


def too_large(path: Path) -> SourceError:
    """The engine has no room for the export."""
    return fault(path, "does not fit in the engine's memory and scratch disk", MORE_ROOM)


def changed(path: Path) -> SourceError:
    """The export is not what it was when the reading began."""
    return fault(path, "the file changed while it was read", CHANGED)
