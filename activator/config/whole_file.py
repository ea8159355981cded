"""A file for its owner only, all of it or nothing: an older one stays until the new one is complete."""

import contextlib
import os
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
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
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
        unfinished.unlink(missing_ok=True)
