"""The section of the project file that says where an export is, how it is written, and how to read it."""

from pathlib import Path
from typing import Literal, Self, TypeAlias, get_args

from pydantic import Field, model_validator

from activator.config.sections import Name, Section
from activator.model.exports import FilePlace, Place, QueryPlace

Encoding: TypeAlias = Literal["utf-8", "utf-16", "windows-1252"]
ENCODINGS: tuple[str, ...] = get_args(Encoding)
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


class SourceSection(Section):
    """One export and how to read it. It is either a file, and has a path, or comes out of a database: connection."""

    name: Name
    path: str | None = Field(
        default=None, min_length=1, description="File, folder of parts or glob, relative to this file"
    )
    mapping: str = Field(min_length=1, description="Name of a shipped mapping, or path of a mapping file")
    encoding: Encoding | None = Field(
        default=None, description="Of a text file; default: what its byte order mark says, else utf-8"
    )
    delimiter: Literal["comma", "semicolon", "tab", "pipe"] | None = Field(
        default=None, description="Of a text file; default: the one its header holds, if there is one only"
    )
    fresh_hours: int | None = Field(
        default=None, ge=1, le=8784, description="Guard `stale-export` objects to an export older than this"
    )
    connection: Name | None = Field(
        default=None, description="Database; its URL is the setting ACTIVATOR_SOURCES__<CONNECTION>__URL"
    )
    table: str | None = Field(default=None, min_length=1, description="Table or view; schema.table where needed")
    query: str | None = Field(default=None, min_length=1, description="One SELECT, instead of `table`")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.connection is None):
            message = f"source `{self.name}` needs either `path` or `connection`"
            raise ValueError(message)
        if self.connection is None and (self.table or self.query):
            message = f"source `{self.name}`: `table` and `query` belong to a `connection`"
            raise ValueError(message)
        if self.connection is not None and (self.table is None) == (self.query is None):
            message = f"source `{self.name}` needs either `table` or `query`"
            raise ValueError(message)
        if self.connection is not None and (self.encoding or self.delimiter):
            message = f"source `{self.name}`: `encoding` and `delimiter` belong to a `path`"
            raise ValueError(message)
        return self

    @property
    def shown(self) -> str:
        """Where the export is, for messages."""
        return self.path or f"{self.table or 'a query'} in {self.connection}"

    def place(self, folder: Path) -> Place:
        """Where the export is. folder: the project's own."""
        if self.connection is not None:
            return QueryPlace(self.connection, folder, self.table, self.query)
        assert self.path is not None, "_one_place has seen to it"
        return FilePlace(folder / self.path, self.encoding, DELIMITERS[self.delimiter] if self.delimiter else None)
