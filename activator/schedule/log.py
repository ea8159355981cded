"""Log lines of the daemon: one JSON object per line, fixed event words, and only fields named here.

An allow-list, not redaction: a field nobody thought of is left out, and no input is ever part of the event text.
"""

import json
import logging
from datetime import UTC, datetime
from typing import IO

FIELDS = frozenset(
    {"schedule", "run", "instant", "local_date", "state", "detail", "reason", "holder", "error", "next_step", "place"}
)


class JsonLines(logging.Formatter):
    """Time, level, logger, event and the allowed fields of `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line. Arguments of a message are never filled in: other libraries put requests into them."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
        }
        given = getattr(record, "fields", {})
        line.update({name: str(value) for name, value in given.items() if name in FIELDS})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line)


def log_to(stream: IO[str]) -> None:
    """Send everything from INFO (others' libraries: from WARNING) to stream as JSON lines."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("activator").setLevel(logging.INFO)
