"""The segments shipped with the product, and the project's own made of them."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import Field

from activator.config.documents import Document, read_document, validate
from activator.config.sections import Section
from activator.config.segments import SegmentSection


class SegmentLibrary(Section):
    """The file segments.yaml."""

    segments: tuple[SegmentSection, ...] = Field(min_length=1)


@cache
def shipped_segments() -> dict[str, SegmentSection]:
    """By name."""
    document = read_document(Path(str(files("mappings").joinpath("segments.yaml"))))
    return {segment.name: segment for segment in validate(document, SegmentLibrary).segments}


def completed(segments: Sequence[SegmentSection], document: Document) -> tuple[SegmentSection, ...]:
    """Every segment with what it takes from the shipped one it is `like`; its own words count.

    document: the project file, for the lines of errors.

    Raises:
        ConfigurationError: there is no such shipped segment.
    """
    return tuple(_completed(segment, number, document) for number, segment in enumerate(segments))


def _completed(segment: SegmentSection, number: int, document: Document) -> SegmentSection:
    if segment.like is None:
        return segment
    shipped = shipped_segments().get(segment.like)
    if shipped is None:
        close = get_close_matches(segment.like, shipped_segments(), n=1)
        fix = f"Did you mean `{close[0]}`?" if close else f"Shipped: {', '.join(sorted(shipped_segments()))}."
        raise document.error(("segments", number, "like"), f"there is no shipped segment `{segment.like}`", fix)
    own = {name: getattr(segment, name) for name in segment.model_fields_set}
    if "who" in own:  # a rule for staying belongs to its rule for coming in
        own.setdefault("stay", None)
    return shipped.model_copy(update=own)
