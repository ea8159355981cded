"""Parameters of one call as Graph reads them: everything is text, structures are JSON text, bodies are forms."""

import email.parser
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from connectors.sandbox.meta.errors import invalid

_INT64_MAX = 2**63 - 1
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no", ""})


@dataclass(frozen=True, slots=True)
class Parameters:
    """The merged parameters of one call; files: uploaded files by name; url: where the call went, without query."""

    values: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    url: str = ""

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        """The value as it came; empty text counts as not given."""
        return self.values.get(name) or None

    def required(self, name: str) -> str:
        """A value that must be there."""
        value = self.text(name)
        if value is None:
            raise invalid(name, f"The parameter {name} is required.")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """A value out of a fixed set."""
        value = self.text(name) or default
        if value is None:
            raise invalid(name, f"The parameter {name} is required.")
        if value not in allowed:
            raise invalid(name, f"Param {name} must be one of {{{', '.join(allowed)}}}")
        return value

    def integer(self, name: str) -> int | None:
        """A whole number, or None."""
        value = self.text(name)
        if value is None:
            return None
        try:
            number = int(value)
        except ValueError:
            raise invalid(name, f"Param {name} must be an integer") from None
        if abs(number) > _INT64_MAX:
            raise invalid(name, f"Param {name} must be a 64-bit integer")
        return number

    def flag(self, name: str) -> bool | None:
        """A boolean, or None when not given."""
        value = self.values.get(name)
        if value is None:
            return None
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise invalid(name, f"Param {name} must be a boolean")

    def json(self, name: str) -> Any:
        """A structure, or None when not given."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise invalid(name, f"Param {name} is not valid JSON") from None

    def mapping(self, name: str) -> dict[str, Any] | None:
        """A JSON object, or None when not given."""
        value = self.json(name)
        if value is not None and not isinstance(value, dict):
            raise invalid(name, f"Param {name} must be a JSON object")
        return value

    def sequence(self, name: str) -> list[Any] | None:
        """A JSON array; a bare comma-separated text is taken as one, as Graph does for `fields`."""
        value = self.text(name)
        if value is None:
            return None
        if not value.startswith("["):
            return [part.strip() for part in value.split(",") if part.strip()]
        parsed = self.json(name)
        if not isinstance(parsed, list):
            raise invalid(name, f"Param {name} must be an array")
        return parsed

    def texts(self, name: str) -> list[str] | None:
        """An array of texts, or None when not given."""
        values = self.sequence(name)
        if values is not None and not all(isinstance(value, str | int) for value in values):
            raise invalid(name, f"Param {name} must be an array of texts")
        return None if values is None else [str(value) for value in values]


def read_parameters(query: str, content_type: str, body: bytes) -> Parameters:
    """Merge query and body; the body wins. Form, multipart and JSON bodies are understood."""
    values = dict(parse_qsl(query, keep_blank_values=True))
    files: dict[str, bytes] = {}
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        pass
    elif kind == "application/json":
        values.update(_json_body(body))
    elif kind == "multipart/form-data":
        _multipart_body(content_type, body, values, files)
    else:
        values.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Parameters(values, files)


def _json_body(body: bytes) -> dict[str, str]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise invalid("body", "The request body is not valid JSON") from None
    if not isinstance(document, dict):
        raise invalid("body", "The request body must be a JSON object")
    return {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in document.items()}


def _multipart_body(content_type: str, body: bytes, values: dict[str, str], files: dict[str, bytes]) -> None:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        filename = part.get_filename()
        if filename is None:
            values[name] = content.decode("utf-8", "replace")
        else:
            files[filename] = content
