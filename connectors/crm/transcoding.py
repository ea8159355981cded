"""A private copy in UTF-8 of a file the engine cannot read as it lies, removed again whatever happens."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.crm.faults import too_large
from connectors.crm.loading import engine_scratch
from connectors.crm.parts import Part


@contextmanager
def place_for_copy(backend: Any, *, needed: bool) -> Iterator[Path | None]:
    """Where a copy may be written while the context lasts: a folder of the engine that only we may enter."""
    if not needed:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="transcoded-", dir=engine_scratch(backend)) as folder:
        yield Path(folder) / "export"


def copied(blocks: Iterator[bytes], target: Path | None, part: Part) -> Iterator[bytes]:
    """The blocks, written to target on their way if there is one; nobody else may read it.

    Raises:
        SourceError: the disk is full.
    """
    if target is None:
        yield from blocks
        return
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        for block in blocks:
            try:
                copy.write(block)
            except OSError:
                raise too_large(part.path) from None
            yield block
