"""Reads the suppression lists of a project: exports of their own, which keep people out and make none."""

from activator.config.extensions import SOURCES, load_extension
from activator.config.keeping_out import SuppressionSection
from activator.config.list_mapping import COLUMN_NAMES, list_mapping
from activator.config.mapping import Mapping
from activator.config.workspace import Workspace
from activator.errors import SourceError
from activator.model.exports import ExportLook
from activator.people.engine import Engine, open_engine
from activator.people.mapping import canonical
from activator.people.rows import CanonicalSource
from activator.plan.looks import look_of
from activator.ports import RawExport, Source
from mappings.loader import load_mapping


def read_lists(workspace: Workspace, engine: Engine) -> tuple[list[CanonicalSource], list[ExportLook]]:
    """Every list as a canonical relation, and what it looks like.

    Raises:
        SourceError: a list is missing or cannot be used, so nobody could be kept out by it; nothing is planned then.
    """
    read = [_read(workspace, engine, section) for section in workspace.project.suppressions]
    return [source for source, _ in read], [look for _, look in read]


def check_list(workspace: Workspace, section: SuppressionSection) -> int:
    """Read one list; returns its rows. Raises SourceError as a plan would."""
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        source, _ = _read(workspace, engine, section)
        return int(source.table.count().to_pyarrow().as_py())


def list_parts(workspace: Workspace) -> list[str]:
    """What the lists say now, as digests: a plan made from others is stale."""
    reader: Source = load_extension(SOURCES, "crm")
    parts = []
    for section in workspace.project.suppressions:
        mapping = "" if section.mapping is None else load_mapping(section.mapping, workspace.folder).model_dump_json()
        parts += [section.name, mapping, reader.digest(workspace.folder / section.path)]
    return parts


def _read(workspace: Workspace, engine: Engine, section: SuppressionSection) -> tuple[CanonicalSource, ExportLook]:
    reader: Source = load_extension(SOURCES, "crm")
    raw = reader.read(engine.backend, section.name, workspace.folder / section.path)
    mapping = _mapping_of(workspace, section, raw)
    relation = engine.materialise("suppression", canonical(raw, mapping))
    return CanonicalSource(section.name, mapping.entity, relation), look_of(raw, mapping)


def _mapping_of(workspace: Workspace, section: SuppressionSection, raw: RawExport) -> Mapping:
    if section.mapping is not None:
        return load_mapping(section.mapping, workspace.folder)
    mapping = list_mapping(raw.header, section.id_space)
    if mapping is None:
        raise SourceError(
            f"{raw.path.name}, line 1: no column says who is meant",
            f"Call its columns {COLUMN_NAMES}, or give the suppression list a `mapping`.",
        )
    return mapping
