"""A disk that is full, told as what it is wherever it happens."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from activator.errors import ResourceError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def disk_room(folder: Path) -> Iterator[None]:
    """Whatever is written in folder meanwhile: a full disk, quota or file size limit is a ResourceError.

    Raises:
        ResourceError: names the folder and what to do.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise no_room(folder) from None


def no_room(folder: Path) -> ResourceError:
    """The error for a disk that took no more."""
    return ResourceError(
        f"the disk is full, or a limit on files is reached, while writing in {folder}",
        "Free space there, or move the project to a larger disk; then run the command again.",
    )
