"""The page on disk: whole or not at all, and nobody else's to read."""

import contextlib
import os
import tempfile
from pathlib import Path

from activator.errors import ConfigurationError


def write_page(project_dir: Path, name: str, page: str) -> Path:
    """Write the page into the project folder: whole or not at all, readable by its owner only.

    name: relative to the project folder. Returns the path written.

    Raises:
        ConfigurationError: the path leads out of the project folder, or cannot be written.
    """
    root = project_dir.resolve()
    target = root / name
    if not target.parent.resolve().is_relative_to(root) or target.name in {"", ".", ".."}:
        raise ConfigurationError("briefing.html leads out of the project folder", "Name a file inside it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp creates with mode 0600; the rename replaces a link itself, never what it points to.
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(page)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise ConfigurationError(
            f"The briefing page cannot be written: {error.strerror}", "Check `briefing.html` and the folder's owner."
        ) from None
    return target
