"""A file for its owner only, all of it or nothing: an older one stays until the new one is complete."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from activator.errors import ConfigurationError


@contextlib.contextmanager
def whole_file(path: Path, named: str) -> Iterator[BinaryIO]:
    """A stream whose content replaces the file when the block ends well, and is gone otherwise. named: in errors.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    unfinished: Path | None = None
    try:
        # Mode 0600, and a name of its own: in a container every process has the same id, and a killed one leaves files.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        unfinished = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {named} cannot be written: {error.strerror}", "Name a file in a folder you can write to."
        ) from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """The same for state of ours, which must be there after a crash: the folder's entry is synced too.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    growing = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(growing, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    growing.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
