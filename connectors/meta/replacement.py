"""Full refresh: `usersreplace`, one session that puts a whole new list in the old one's place.

The old list stays in force until the session's last batch, and the ad sets on it keep what they have learned (adding
and removing on `users` resets that). DOC/marketing-api/audiences/reference/custom-audience/usersreplace, 2026-11-29.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from activator.errors import PermanentRefusalError
from activator.model.delivery import Receipt, ReplacementPart, Settlement
from activator.ports import Clock
from connectors.meta.members import SESSION_ID_MAX
from connectors.meta.receipts import Counted, counted, not_covered, receipt
from connectors.meta.transport import GraphApi
from connectors.meta.uploads import Upload, read_upload
from connectors.meta.version import OPERATION_REPLACE_FAILED, OPERATION_REPLACING, REPLACEMENT_MAX

_SESSION_FIELDS = ("session_id", "start_time", "num_received", "num_invalid_entries", "stage", "progress")
_BEGIN_AGAIN = "Begin a new replacement: the list is complete again once that ends."


class Replacements:
    """The replacements of one destination. Remembers what each session has counted; a resumed one is asked for it."""

    def __init__(self, api: GraphApi, clock: Clock, *, limited_data_use: bool) -> None:
        self._api = api
        self._clock = clock
        self._limited_data_use = limited_data_use
        self._counted: dict[tuple[int, int], Counted] = {}

    def send(self, audience_id: str, members: pa.Table, part: ReplacementPart) -> Receipt:
        """Send one part. One that was sent before is asked for first; if it has arrived, it is counted, not sent.

        Raises:
            PermanentRefusalError: the part cannot be one, or the session cannot go on; nothing was sent.
            OutcomeUnknownError: no answer, or one whose counts do not cover the part. The identical part may follow.
        """
        self._refuse_impossible(part)
        upload = read_upload(members, limited_data_use=self._limited_data_use, all_columns=True)
        before = Counted() if part.ordinal == 1 else self._counted.get((part.session_id, part.ordinal - 1))
        if before is None or part.again:
            now = self._standing(audience_id, part)
            if now.received >= (_rows_before(part, upload) if before is None else before.received) + upload.rows:
                self._counted[part.session_id, part.ordinal] = now
                return receipt(upload, 0 if before is None else max(0, now.invalid - before.invalid), {})
            before = now
        session = {
            "session_id": part.session_id,
            "batch_seq": part.ordinal,
            "last_batch_flag": part.last,
            "estimated_num_total": part.rows_total,
        }
        params = {"payload": upload.payload(), "session": session}
        answer = self._api.call("POST", (audience_id, "usersreplace"), params).json()
        after = counted(answer)
        is_ours = str(answer.get("audience_id", audience_id)) == audience_id
        if after is None or not is_ours or after.received != before.received + upload.rows:
            raise not_covered(after, upload.rows)
        self._counted[part.session_id, part.ordinal] = after
        return receipt(upload, max(0, after.invalid - before.invalid), answer)

    def complete(self, audience_id: str, last: ReplacementPart) -> Receipt:
        """What became of a replacement: the audience's own state, and whether its session has counted everybody."""
        audience = self._api.get((audience_id,), fields="operation_status")
        state = (audience.get("operation_status") or {}).get("code")
        if state == OPERATION_REPLACING:
            return Receipt(Settlement.PROCESSING, 0, detail="Meta is putting the new list in the old one's place")
        if state == OPERATION_REPLACE_FAILED:
            return Receipt(Settlement.UNKNOWN, 0, detail="Meta could not replace the list; part of it may be new")
        now = next((counted(row) for row in self._sessions(audience_id, last.session_id)), None)
        if now is None or now.received != last.rows_total:
            return Receipt(Settlement.UNKNOWN, 0, detail="Meta's session of this replacement does not hold everybody")
        return Receipt(Settlement.SETTLED, 0)

    def _refuse_impossible(self, part: ReplacementPart) -> None:
        if not 0 < part.session_id <= SESSION_ID_MAX or part.ordinal < 1:
            raise PermanentRefusalError("a replacement needs a positive session id, and parts numbered from 1")
        if self._clock.now() - part.started_at >= REPLACEMENT_MAX:
            minutes = int(REPLACEMENT_MAX.total_seconds() // 60)
            raise PermanentRefusalError(
                f"this replacement began more than {minutes} minutes ago; Meta has ended it with what had come",
                _BEGIN_AGAIN,
            )

    def _standing(self, audience_id: str, part: ReplacementPart) -> Counted:
        """What the session has counted, as Meta says."""
        found = next((counted(row) for row in self._sessions(audience_id, part.session_id)), None)
        if found is None and part.ordinal > 1:
            raise PermanentRefusalError("Meta does not know the replacement that is to go on", _BEGIN_AGAIN)
        return found or Counted()

    def _sessions(self, audience_id: str, session_id: int) -> Iterator[dict[str, Any]]:
        rows = self._api.rows((audience_id, "sessions"), _SESSION_FIELDS, session_id=session_id)
        return (row for row in rows if str(row.get("session_id", session_id)) == str(session_id))


def _rows_before(part: ReplacementPart, upload: Upload) -> int:
    """Rows of the parts before this one: all but the last are of one size."""
    return part.rows_total - upload.rows if part.last else (part.ordinal - 1) * upload.rows
