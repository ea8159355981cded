"""The segments of a project file, with what they take from shipped ones; and the file, for the lines of errors."""

from activator.config.documents import Document, read_document
from activator.config.project import PROJECT_FILE
from activator.config.segments import SegmentSection
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from mappings.segment_library import completed


def declared(workspace: Workspace) -> tuple[tuple[SegmentSection, ...], Document]:
    """The segments, and the project file.

    Raises:
        ConfigurationError: there are none, or one is like a shipped one that does not exist.
    """
    document = read_document(workspace.folder / PROJECT_FILE)
    sections = completed(workspace.project.segments, document)
    if not sections:
        raise ConfigurationError(
            f"{PROJECT_FILE} declares no segments",
            "Begin with two or three: `segments: [{name: at_risk, like: at_risk}, {name: vips, like: loyal_vips}]`; "
            "`activator segments library` shows what is shipped, docs/how-to/segments.md how to write your own.",
        )
    return sections, document
