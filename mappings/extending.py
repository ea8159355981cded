"""A mapping that extends a shipped one: the same export with other column names, in a few lines.

The shipped mapping's text is taken, renamed, and checked again as a whole: what a mapping file may say and what is
refused stays the same, and faults are reported at the lines of the user's own file.
"""

from difflib import get_close_matches
from typing import Any

from pydantic import Field

from activator.config.documents import Document, validate
from activator.config.mapping import Mapping
from activator.config.sections import Name, Section
from activator.config.verbs import Column

COLUMN_KEYS = ("from", "first_of", "product", "minus")
CONDITION_KEYS = ("column", "empty", "filled")


class ExtendingFile(Section):
    """What a file says that extends a shipped mapping. `columns` and `ignore` are checked with the whole mapping."""

    extends: Name = Field(description="The shipped mapping")
    name: Name
    title: str | None = Field(default=None, min_length=3, max_length=80)
    id_space: Name | None = Field(default=None, description="Whose numbers external_id holds, where not the tool's own")
    rename: dict[Column, Column] = Field(
        default_factory=dict, description="Column as the tool calls it: as your export does"
    )
    without: tuple[str, ...] = Field(default=(), description="Fields your export does not have")
    columns: dict[str, Any] = Field(default_factory=dict, description="Fields mapped otherwise, or added")
    attributes: dict[str, Any] = Field(default_factory=dict, description="Attributes, beside the shipped mapping's own")
    ignore: tuple[Any, ...] | None = Field(default=None, description="Instead of the shipped mapping's rules")


def extended(document: Document, base: Document, known: Mapping) -> Document:
    """The whole mapping as a document whose lines are those of the extending file.

    Raises:
        ConfigurationError: a key, a column to rename or a field to leave out is not one of the shipped mapping's.
    """
    given = validate(document, ExtendingFile)
    _check(document, "rename", given.rename, known.known_columns() + known.recognise, f"`{known.name}` reads no column")
    _check(document, "without", given.without, [field for field, _ in known.fields()], f"`{known.name}` maps no field")
    renamed = _renamed(base.data, given.rename)
    dropped = {field for field in given.without if field not in given.columns}
    columns = {field: verb for field, verb in renamed["columns"].items() if field not in dropped}
    whole = renamed | {"name": given.name, "columns": columns | given.columns}
    whole |= {"title": given.title} if given.title else {}
    whole |= {"id_space": given.id_space} if given.id_space else {}
    attributes = renamed.get("attributes", {}) | given.attributes
    whole |= {"attributes": attributes} if attributes else {}
    whole |= {"ignore": list(given.ignore)} if given.ignore is not None else {}
    if not {"external_id", "account_id"} & whole["columns"].keys():
        whole.pop("id_space", None)
    return Document(document.path, whole, document.lines)


def _check(document: Document, key: str, said: Any, known: Any, message: str) -> None:
    for position, name in enumerate(said):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            fix = f"Did you mean `{close[0]}`?" if close else f"It is one of: {', '.join(dict.fromkeys(known))}."
            raise document.error((key, name if key == "rename" else position), f"{message} `{name}`", fix)


def _renamed(data: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    columns = {field: _in_verb(verb, names, COLUMN_KEYS) for field, verb in data["columns"].items()}
    rules = [rule | {"when": _in_verb(rule["when"], names, CONDITION_KEYS)} for rule in data.get("ignore", [])]
    recognise = [names.get(column, column) for column in data["recognise"]]
    attributes = {name: _in_verb(verb, names, COLUMN_KEYS) for name, verb in data.get("attributes", {}).items()}
    found = {"columns": columns, "recognise": recognise, "attributes": attributes}
    return data | found | ({"ignore": rules} if rules else {})


def _in_verb(verb: dict[str, Any], names: dict[str, str], keys: tuple[str, ...]) -> dict[str, Any]:
    def renamed(said: Any) -> Any:
        return [names.get(each, each) for each in said] if isinstance(said, list) else names.get(said, said)

    return {key: renamed(said) if key in keys else said for key, said in verb.items()}
