"""Which files an export is made of: one file, or the parts in a folder or under a glob, in order of their names."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from connectors.crm.faults import CHANGED, EXPORT_AGAIN, fault
from connectors.crm.limits import Limits

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
JSON_SUFFIXES = (".jsonl", ".ndjson")
PARQUET_SUFFIXES = (".parquet", ".pq")
KINDS = {
    **dict.fromkeys(TEXT_SUFFIXES, "CSV"),
    **dict.fromkeys(JSON_SUFFIXES, "JSON lines"),
    **dict.fromkeys(PARQUET_SUFFIXES, "Parquet"),
}
WILDCARDS = frozenset("*?[")
HIDDEN = (".", "_")  # what tools put beside the parts: _SUCCESS, .part-0.csv.crc
FILE_FIX = "Check `path` of this source."


@dataclass(frozen=True, slots=True)
class Part:
    """One file. path is named in messages, target is opened; kind is a value of KINDS."""

    path: Path
    target: Path
    kind: str
    identity: tuple[int, int, int]

    @property
    def gzipped(self) -> bool:
        """Whether the name says that it is packed."""
        return self.target.suffix.lower() == ".gz"

    @property
    def written_ns(self) -> int:
        """When it was last written, in nanoseconds since 1970."""
        return self.identity[2]

    def unchanged(self) -> bool:
        """Whether the file is still the one that was listed."""
        try:
            return _identity(self.target) == self.identity
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Parts:
    """Every file of one export, in order."""

    path: Path
    files: tuple[Part, ...]
    limits: Limits

    def check_unchanged(self) -> None:
        """Refuse an export that was written to while it was read.

        Raises:
            SourceError: a part changed, went or came.
        """
        for part in self.files:
            if not part.unchanged():
                raise fault(part.path, "the file changed while it was read", CHANGED)
        if [path for path, _ in _listed(self.path)] != [part.path for part in self.files]:
            raise fault(self.path, "parts came or went while it was read", CHANGED)


def find_parts(path: Path, limits: Limits) -> Parts:
    """The files that path stands for.

    Raises:
        SourceError: there is none, too many, or one is not a regular file, of unknown or of another kind.
    """
    listed = _listed(path)
    if not listed:
        what = "the folder holds no export" if path.is_dir() else f"no file in {path.parent} fits"
        raise fault(path, what, FILE_FIX)
    if len(listed) > limits.parts:
        raise fault(path, f"{len(listed):,} parts, more than {limits.parts:,}", "Export it in fewer files.")
    files = tuple(_part(part, root, limits) for part, root in listed)
    for part in files:
        if part.kind != files[0].kind:
            other = files[0].path.name
            raise fault(part.path, f"{part.kind}, but {other} is {files[0].kind}", "All parts must be of one kind.")
    return Parts(path, files, limits)


def _listed(path: Path) -> list[tuple[Path, Path]]:
    """Each file with the folder no link may lead out of. A name that exists is never a wildcard."""
    if path.is_dir():
        return [(entry, path) for entry in sorted(path.iterdir()) if not entry.name.startswith(HIDDEN)]
    if os.path.lexists(path) or not WILDCARDS & set(path.name):
        return [(path, path.parent)]
    found = path.parent.glob(path.name) if path.parent.is_dir() else ()
    return [(entry, path.parent) for entry in sorted(found) if not entry.name.startswith(HIDDEN)]


def _part(path: Path, root: Path, limits: Limits) -> Part:
    target = _regular_file(path, root, limits)
    suffix = (Path(target.stem) if target.suffix.lower() == ".gz" else target).suffix.lower()
    kind = KINDS.get(suffix)
    if kind is None or (kind == "Parquet" and target.suffix.lower() == ".gz"):
        known = ", ".join(KINDS)
        raise fault(path, "unknown kind of file", f"Export as one of {known}; text kinds also packed, as .csv.gz.")
    return Part(path, target, kind, _identity(target))


def _regular_file(path: Path, root: Path, limits: Limits) -> Path:
    try:
        target = path.resolve(strict=True)
        found = target.stat()
    except FileNotFoundError:
        raise fault(path, f"there is no such file in {path.parent}", FILE_FIX) from None
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "the link leads to itself"
        raise fault(path, f"cannot be read: {reason}", "Check `path` of this source and its permissions.") from None
    if path.is_symlink() and not target.is_relative_to(root.resolve()):
        raise fault(
            path, "a link that leads out of its folder is refused", "Copy the file there, or name its real path."
        )
    if not stat.S_ISREG(found.st_mode):
        raise fault(path, "not a regular file", "Name an export file, or a folder that holds nothing but its parts.")
    if found.st_size == 0:
        raise fault(path, "the file is empty", f"{EXPORT_AGAIN}; even an export without rows has a header line.")
    if found.st_size > limits.file_bytes:
        raise fault(path, f"larger than {limits.file_bytes:,} bytes", "Export it in several parts.")
    return target


def _identity(target: Path) -> tuple[int, int, int]:
    found = target.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
