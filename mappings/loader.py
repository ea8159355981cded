"""Finds mappings: shipped ones by name, a project's own by path, and the one an export's header fits best."""

import functools
import importlib.resources
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from activator.config.documents import Document, parse_document, read_document, validate
from activator.config.mapping import MODELS, Mapping
from activator.errors import ConfigurationError
from mappings.extending import extended

SUFFIXES = (".yaml", ".yml")
REFERENCE = "docs/reference/mappings.md"
RECOGNISED = 0.75  # share of a mapping's telling columns an export must have to count as one of its kind


def load_mapping(name_or_path: str, project_dir: Path) -> Mapping:
    """A shipped mapping by its name, or a mapping file by its path relative to the project folder.

    Raises:
        ConfigurationError: there is none of that name, or the file is at fault; names file, line, field and fix.
    """
    if Path(name_or_path).suffix.lower() in SUFFIXES:
        return _checked(read_document(project_dir / name_or_path))
    for mapping in shipped():
        if mapping.name == name_or_path:
            return mapping
    names = [mapping.name for mapping in shipped()]
    close = get_close_matches(name_or_path, names, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Shipped are {', '.join(names)}."
    raise ConfigurationError(
        f"there is no mapping called {name_or_path!r}",
        f"{hint} A mapping file of your own is named by its path, .yaml.",
    )


@functools.cache
def shipped() -> tuple[Mapping, ...]:
    """Every mapping that comes with the product, by name."""
    folder = importlib.resources.files("mappings") / "sources"
    files = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(SUFFIXES))
    return tuple(_checked(parse_document(Path(name), (folder / name).read_bytes())) for name in files)


def mapping_text(name: str) -> str:
    """The file of a shipped mapping, to copy and adapt."""
    return (importlib.resources.files("mappings") / "sources" / f"{name}.yaml").read_text(encoding="utf-8")


def recognise(header: Sequence[str]) -> list[tuple[Mapping, float]]:
    """The shipped mappings an export may be for, best first, with the share of their telling columns it has.

    Among equal shares the one that makes use of more of the header comes first.
    """
    there = set(header)
    found = [(mapping, len(there.intersection(mapping.recognise)) / len(mapping.recognise)) for mapping in shipped()]
    fits = [(mapping, share) for mapping, share in found if share > 0]
    return sorted(fits, key=lambda fit: (-fit[1], -len(there.intersection(fit[0].known_columns())), fit[0].name))


def _checked(document: Document) -> Mapping:
    if "extends" in document.data:
        document = extended(document, *_base(document))
    entity = document.data.get("entity")
    if entity not in MODELS:
        known = ", ".join(MODELS)
        raise document.error(("entity",), f"one of {known} is required", f"See {REFERENCE}.")
    try:
        return validate(document, MODELS[entity])
    except ConfigurationError as error:
        fix = error.next_step.replace("docs/reference/project.md", REFERENCE)
        raise ConfigurationError(error.message, fix) from None


def _base(document: Document) -> tuple[Document, Mapping]:
    name = str(document.data["extends"])
    known = {mapping.name: mapping for mapping in shipped()}
    if name not in known:
        close = get_close_matches(name, known, n=1)
        fix = f"Did you mean `{close[0]}`?" if close else "`activator mappings list` names them."
        raise document.error(("extends",), f"there is no shipped mapping called `{name}`", fix)
    return parse_document(Path(f"{name}.yaml"), mapping_text(name).encode()), known[name]
