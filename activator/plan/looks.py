"""What exports look like, so that a plan can be compared with the one before."""

from collections.abc import Sequence
from dataclasses import replace

from activator.config.extensions import SOURCES, load_extension
from activator.config.mapping import Mapping as ExportMapping
from activator.config.workspace import Workspace
from activator.model.exports import ExportLook
from activator.ports import DatedSource, RawExport

OWN_COLUMNS = "JSON lines"  # each row has those it needs, so one that is missing says nothing


def look_of(raw: RawExport, mapping: ExportMapping) -> ExportLook:
    """What one export looks like, seen through its mapping."""
    kinds = {part.kind.removesuffix(", gz") for part in raw.facts.parts}
    dialects = {
        " ".join(word for word in (part.kind.removesuffix(", gz"), _encoding(part.encoding), part.delimiter) if word)
        for part in raw.facts.parts
    }
    return ExportLook(
        source=raw.name,
        columns=() if OWN_COLUMNS in kinds else tuple(sorted(raw.header)),
        used=() if OWN_COLUMNS in kinds else tuple(sorted(mapping.known_columns())),
        dialect=" and ".join(sorted(dialects)),
        digest=raw.digest,
    )


def _encoding(words: str) -> str:
    return words.removesuffix(" with a byte order mark")  # which changes nothing


def dated(workspace: Workspace, looks: Sequence[ExportLook]) -> tuple[ExportLook, ...]:
    """The looks, with the instant their files were last written where the project wants them fresh."""
    reader = load_extension(SOURCES, "crm")
    fresh = {section.name: section for section in workspace.project.sources if section.fresh_hours is not None}
    if not isinstance(reader, DatedSource):
        return tuple(looks)
    return tuple(
        replace(look, written_at=reader.written_at(fresh[look.source].place(workspace.folder)))
        if look.source in fresh
        else look
        for look in looks
    )
