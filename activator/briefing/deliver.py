"""The page on disk: whole or not at all, and nobody else's to read."""

from pathlib import Path

from activator.config.whole_file import whole_file
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
    except OSError as error:
        raise ConfigurationError(
            f"{target.parent} cannot be made: {error.strerror}", "Check `briefing.html` and the folder's owner."
        ) from None
    # Renaming replaces a link itself, never what it points to.
    with whole_file(target, "the briefing page") as file:
        file.write(page.encode())
    return target
