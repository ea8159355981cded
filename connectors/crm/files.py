"""The connector `crm`: an export is a file, a folder or glob of parts, or a database's answer, as its place says."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from activator.model.exports import FilePlace, Place, QueryPlace
from activator.ports import RawExport
from connectors.crm.limits import Limits
from connectors.crm.parts import JSON_SUFFIXES, PARQUET_SUFFIXES, TEXT_SUFFIXES
from connectors.crm.reading import files_digest, files_written_at, read_files

__all__ = ["JSON_SUFFIXES", "PARQUET_SUFFIXES", "TEXT_SUFFIXES", "CrmSource", "connector"]


class CrmSource:
    """Reads one export per call. See activator.ports.Source."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()

    def digest(self, place: Path | Place, columns: Collection[str] | None = None) -> str:
        """SHA-256 of a file's bytes, of names and bytes of all parts, or of the rows of a query. Raises SourceError."""
        if isinstance(place, QueryPlace):
            from connectors.crm.database import query_digest

            return query_digest(place, columns, self._limits)
        return files_digest(place.path if isinstance(place, FilePlace) else place, self._limits)

    def written_at(self, place: Path | Place) -> datetime | None:
        """When the newest part was last written, in UTC; None of a query. Raises SourceError."""
        if isinstance(place, QueryPlace):
            return None
        return files_written_at(place.path if isinstance(place, FilePlace) else place, self._limits)

    def read(self, backend: Any, name: str, place: Path | Place, columns: Collection[str] | None = None) -> RawExport:
        """Load one export into the engine, every cell as text.

        Raises:
            SourceError: names the part, line, field and fix, and never what a cell holds.
            ConfigurationError: a connection is not set up.
        """
        if isinstance(place, QueryPlace):
            from connectors.crm.database import read_query

            return read_query(backend, name, place, columns, self._limits)
        return read_files(
            backend, name, place if isinstance(place, FilePlace) else FilePlace(place), columns, self._limits
        )


connector = CrmSource()
