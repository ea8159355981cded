"""Finding a saved plan by what a user types."""

from pathlib import Path


def find_plan(plans: Path, wanted: str | None) -> Path:
    """The folder of a plan by id or path; the newest saved one when none is named."""
    from activator.errors import ConfigurationError

    if wanted is not None:
        named = plans / wanted
        return named if named.is_dir() else Path(wanted)
    finished = (path for path in plans.glob("*/plan.json") if not path.parent.name.startswith("making-"))
    saved = sorted(finished, key=lambda path: path.stat().st_mtime_ns)
    if not saved:
        raise ConfigurationError("there is no saved plan", "Run `activator plan` first.")
    return saved[-1].parent
