"""Searching whatever a run leaves behind for people and secrets that must not be there.

People: the addresses of the test shops and of everybody called canary, as they are and as digests; secrets: what the
`.env` files beside the projects say.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# Raw, in any case: the people of tests/e2e/shop.py, and those tests call canaries.
PEOPLE = re.compile(rb"(?i)(?:person\d+@example\.com|canary[\w.+-]*@[\w.-]+\.[a-z]+)")
DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SECRET_NAMES = ("TOKEN", "SECRET", "PASSWORD", "_KEY")
_SECRET_LENGTH_MIN = 12
_SHOP_PEOPLE = 120


@cache
def digests() -> frozenset[bytes]:
    """What platforms are sent for the people of the test shops."""
    return frozenset(
        hashlib.sha256(f"person{number}@example.com".encode()).hexdigest().encode() for number in range(_SHOP_PEOPLE)
    )


def secrets_of(folder: Path) -> frozenset[bytes]:
    """The values of everything in `.env` files below a folder whose name says that it is secret."""
    found = set()
    for env in folder.glob("**/.env"):
        for line in env.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            if any(word in name for word in _SECRET_NAMES) and len(value) >= _SECRET_LENGTH_MIN:
                found.add(value.encode())
    return frozenset(found)


def leaks(content: bytes, secrets: Iterable[bytes] = (), *, hashes: bool) -> list[str]:
    """What of people and secrets is in content. hashes: whether digests of people count."""
    found = [f"an address ({match.decode()[:4]}...)" for match in sorted(set(PEOPLE.findall(content)))]
    found += [f"a secret ({secret.decode()[:4]}...)" for secret in sorted(secrets) if secret in content]
    if hashes and not digests().isdisjoint(DIGEST.findall(content)):
        found.append("a digest of an address")
    return found


def state_files(folder: Path) -> Iterator[Path]:
    """Every file of every project's own state below a folder."""
    for state in folder.glob("**/.activator"):
        yield from (path for path in state.rglob("*") if path.is_file())


def state_leaks(folder: Path) -> list[str]:
    """Raw people and secrets in the state of projects below a folder; Parquet files are looked into."""
    secrets = secrets_of(folder)
    return [f"{path.name}: {leak}" for path in state_files(folder) for leak in _in_file(path, secrets)]


def _in_file(path: Path, secrets: frozenset[bytes]) -> list[str]:
    content = path.read_bytes()
    if path.suffix == ".parquet" and content:
        content += b"\n".join(_texts(path))
    return leaks(content, secrets, hashes=False)


def _texts(path: Path) -> Iterator[bytes]:
    try:
        columns = pq.read_table(path).columns
    except pa.ArrowInvalid:  # no table: its bytes are searched as they are
        return
    for column in columns:
        kind = column.type.value_type if pa.types.is_list(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            yield str(column.to_pylist()).encode()
