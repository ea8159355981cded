"""The deterministic marker in the name of everything we create.

Creates are not idempotent on either platform, so every object carries a marker derived from what it is; it is looked
up before a create and after every unknown outcome (docs/explanation/plan-and-apply.md). Names alone are never
trusted: an object without our marker is somebody else's.
"""

import hashlib
import re

MARKER = re.compile(r"\[act:([0-9a-f]{12})\]")


def marker(project_id: str, destination: str, key: str) -> str:
    """The marker of one object, e.g. ``[act:5f3a9c0d1e2b]``. 48 bits: no collision among thousands of objects."""
    digest = hashlib.sha256(f"{project_id}\n{destination}\n{key}".encode()).hexdigest()
    return f"[act:{digest[:12]}]"


def marked_name(label: str, project_id: str, destination: str, key: str) -> str:
    """A readable name ending in the marker."""
    return f"{label} {marker(project_id, destination, key)}"


def marker_in(name: str) -> str | None:
    """The marker a name carries, or None for an object that is not ours."""
    found = MARKER.search(name)
    return found.group(0) if found else None
