"""A private copy in UTF-8 of a file the engine cannot read as it lies, compressed and, where the system can, in memory.

A copy on disk would outlive a killed run, in plain text; anonymous memory goes with the process.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.crm.faults import too_large
from connectors.crm.loading import engine_scratch
from connectors.crm.parts import Part

COMPRESSION = "zstd"  # exports shrink to about a sixth; the engine reads it as it is


@contextmanager
def place_for_copy(backend: Any, *, needed: bool) -> Iterator[Path | None]:
    """Where a copy may be written while the context lasts: nowhere on disk, or in the engine's folder."""
    if not needed:
        yield None
    elif sys.platform == "linux":
        descriptor = os.memfd_create("export")
        try:
            yield Path(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryDirectory(prefix="transcoded-", dir=engine_scratch(backend)) as folder:
            yield Path(folder) / "export"


def copied(blocks: Iterator[bytes], target: Path | None, part: Part) -> Iterator[bytes]:
    """The blocks, written to target on their way if there is one, compressed; nobody else may read it.

    Raises:
        SourceError: there is no room for it.
    """
    if target is None:
        yield from blocks
        return
    file = os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    with pa.CompressedOutputStream(pa.PythonFile(file), COMPRESSION) as copy:
        for block in blocks:
            try:
                copy.write(block)
            except (OSError, pa.ArrowException):
                raise too_large(part.path) from None
            yield block
