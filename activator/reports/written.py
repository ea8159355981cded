"""Writes a page for its owner only, all of it or nothing."""

import os
from pathlib import Path

from activator.errors import ConfigurationError


def write_page(path: Path, page: str) -> None:
    """Replace the file.

    Raises:
        ConfigurationError: it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(page)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be written: {error.strerror}", "Name a file in a folder you can write to."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
