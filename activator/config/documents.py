"""YAML documents read strictly: no aliases, no duplicate keys, bounded size and depth, and every value's line known.

The safe loader alone is not enough: 236 bytes of aliases can stand for millions of values, and the last of two equal
keys would win in silence (YAML 1.2.2, sections 3.2.1.3 and 7.1).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from activator.config.faults import fault_words
from activator.errors import ConfigurationError

BYTES_MAX = 1_000_000
DEPTH_MAX = 20

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's takes a tenth of the time

Model = TypeVar("Model", bound=BaseModel)
KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data and, for each key path in it, the 1-based line it stands on."""

    path: Path
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of the nearest enclosing value that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, path: KeyPath, message: str, fix: str = "") -> ConfigurationError:
        """An error that names file, line and field."""
        where = ".".join(str(part) for part in path) or "the document"
        return ConfigurationError(f"{self.path.name}, line {self.line(path)}: {where}: {message}", fix)


def read_document(path: Path) -> Document:
    """Read one YAML mapping.

    Raises:
        ConfigurationError: the file is missing, too large, not UTF-8, not YAML, or uses what we refuse.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", "Check the path, or write one with `activator init`."
        ) from None
    if len(raw) > BYTES_MAX:
        raise ConfigurationError(f"{path.name} is larger than {BYTES_MAX:,} bytes", "Is this really a YAML file?")
    return parse_document(path, raw)


def parse_document(path: Path, raw: bytes) -> Document:
    """Parse bytes already read; path is only named in errors."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path.name}, line {line}: not UTF-8", "Save the file as UTF-8.") from None
    try:
        _refuse_bombs(path, text)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise ConfigurationError(
            f"{path.name}, line {line}: not valid YAML: {error.problem}", "Check quotes, colons and indentation."
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise ConfigurationError(f"{path.name}: not valid YAML", "Check for control characters and nesting.") from None
    if not isinstance(node, yaml.MappingNode):
        raise ConfigurationError(f"{path.name}, line 1: expected `key: value` lines", "See docs/reference/project.md.")
    lines: dict[KeyPath, int] = {(): 1}
    data = _plain(path, node, (), lines)
    return Document(path, data, lines)


def _refuse_bombs(path: Path, text: str) -> None:
    """Aliases, tags of collections and depth, at the first of them.

    Not only a matter of memory: a kilobyte of brackets kept the parser busy for seconds (found by fuzzing).
    """
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            message = f"{path.name}, line {line}: YAML aliases (*name) are refused"
            raise ConfigurationError(message, "Write the value out.")
        if isinstance(event, yaml.CollectionStartEvent) and event.tag is not None:
            message = f"{path.name}, line {line}: the tag {event.tag} is refused"
            raise ConfigurationError(message, "Write a plain value.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            message = f"{path.name}, line {line}: nested deeper than {DEPTH_MAX} levels"
            raise ConfigurationError(message, "No setting is nested that deep: check the brackets.")


def _plain(path: Path, node: yaml.Node, at: KeyPath, lines: dict[KeyPath, int]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, child, (*at, index), lines) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, child in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in result:
                raise ConfigurationError(f"{path.name}, line {line}: the key `{key}` stands twice", "Keep one of them.")
            lines[(*at, key)] = line
            result[key] = _plain(path, child, (*at, key), lines)
        return result
    return _scalar(path, node)


def _scalar(path: Path, node: yaml.Node) -> Any:
    """The safe loader's own reading of one scalar, but dates stay text: the models say what is a date."""
    if node.tag in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:str"):
        return node.value  # text needs no constructing, and a lexicon holds ten thousand phrases
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError):
        raise ConfigurationError(
            f"{path.name}, line {node.start_mark.line + 1}: the tag {node.tag} is refused", "Write a plain value."
        ) from None
    finally:
        loader.dispose()


def validate(document: Document, model: type[Model]) -> Model:
    """Check a document against a model; the first fault is raised with its line and a suggestion.

    Raises:
        ConfigurationError: names file, line, field and fix.
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise _explain(document, error, model) from None


def _explain(document: Document, error: ValidationError, model: type[BaseModel]) -> ConfigurationError:
    from difflib import get_close_matches

    faults = error.errors(include_url=False, include_input=False)
    unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]  # a typo explains what is missing too
    first = (unknown or faults)[0]
    at: KeyPath = tuple(part for part in first["loc"] if not _is_union_tag(part))
    if first["type"] == "extra_forbidden":
        key = str(at[-1])
        close = get_close_matches(key, _known_keys(model, at[:-1]), n=1)
        fix = f"Did you mean `{close[0]}`?" if close else "Remove it, or see docs/reference/project.md for the keys."
        return document.error(at, f"unknown key `{key}`", fix)
    if first["type"] == "missing":
        return document.error(at, f"`{at[-1]}` is required", "Add it; `activator init` writes a commented example.")
    message = fault_words(first)
    if not at:
        at, message = _place_of(document, message)
    return document.error(at, message[:1].lower() + message[1:], "See docs/reference/project.md.")


def _place_of(document: Document, message: str) -> tuple[KeyPath, str]:
    """A check over several sections names its place in its own words: `destinations.meta.tiers: there is no ...`."""
    place, colon, rest = message.partition(": ")
    at: KeyPath = tuple(int(part) if part.isdecimal() else part for part in place.split("."))
    return (at, rest) if colon and at[:1] in document.lines else ((), message)


def _is_union_tag(part: str | int) -> bool:
    return isinstance(part, str) and part.startswith(("function-", "tagged-union"))


def _known_keys(model: type[BaseModel], section: KeyPath) -> list[str]:
    """The keys that section of the model takes, for suggestions: one that is right elsewhere is no help here."""
    schema = model.model_json_schema()
    nodes = _alternatives(schema, schema.get("$defs", {}))
    for part in section:
        inner = [child for node in nodes if (child := _inner(node, part)) is not None]
        nodes = [found for child in inner for found in _alternatives(child, schema.get("$defs", {}))]
    return sorted({key for node in nodes for key in node.get("properties", {})})


def _inner(node: dict[str, Any], part: str | int) -> dict[str, Any] | None:
    """What a JSON schema says of one item or key; nothing if anything may stand there."""
    inner = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
    inner = inner or node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), None)
    return inner if isinstance(inner, dict) else None


def _alternatives(node: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """A JSON schema with its reference followed, as each of the things it may be."""
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    choices = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    return [node, *(found for choice in choices for found in _alternatives(choice, definitions))]
