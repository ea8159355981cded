"""Moving people in and out of lists: additions, removals, and removal from every list of the account.

DOC/marketing-api/audiences/reference/custom-audience/users, checked 2026-11-22;
https://developers.facebook.com/docs/marketing-api/reference/ad-account/usersofanyaudience, checked 2026-11-29.
"""

import hashlib
import itertools
from typing import Any

import pyarrow as pa

from activator.errors import OutcomeUnknownError
from activator.model.delivery import Operation, Receipt, Settlement
from activator.ports import Clock
from connectors.meta.receipts import counted, not_covered, receipt
from connectors.meta.transport import GraphApi
from connectors.meta.uploads import VALUE_COLUMN, read_upload

SESSION_ID_MAX = 0x7FFF_FFFF_FFFF_FFFF


class Members:
    """The members of one account's lists. limited_data_use: say it of every row that is added."""

    def __init__(self, api: GraphApi, account: str, clock: Clock, *, limited_data_use: bool) -> None:
        self._api = api
        self._account = account
        self._clock = clock
        self._limited_data_use = limited_data_use
        self._sends = itertools.count()

    def send(self, operation: Operation, audience_id: str, members: pa.Table, batch_id: str) -> Receipt:
        """Add or remove one batch in one session, once.

        Removals go by POST with method=DELETE: a real DELETE would put every digest into the URL.

        Raises:
            PermanentRefusalError: too many rows, or a value that is not a digest; nothing was sent.
            OutcomeUnknownError: the counts in the answer are not those of a complete upload.
        """
        if members.num_rows == 0:
            return Receipt(Settlement.SETTLED, sent=0)
        if operation is Operation.REMOVE:
            upload, method = read_upload(_without_values(members)), {"method": "DELETE"}
        else:
            upload, method = read_upload(members, limited_data_use=self._limited_data_use), {}
        params = {"payload": upload.payload(), "session": self._session(batch_id, upload.rows), **method}
        answer = self._api.call("POST", (audience_id, "users"), params).json()
        now = counted(answer)
        is_ours = str(answer.get("audience_id", audience_id)) == audience_id
        if now is None or not is_ours or now.received != upload.rows:
            raise not_covered(now, upload.rows)
        return receipt(upload, now.invalid, answer)

    def remove_everywhere(self, members: pa.Table, batch_id: str) -> Receipt:
        """Take people out of every customer list of the account; twice is once, so a lost answer is asked for again.

        Raises:
            PermanentRefusalError: too many rows, or a value that is not a digest; nothing was sent.
            OutcomeUnknownError: Meta does not confirm it.
        """
        if members.num_rows == 0:
            return Receipt(Settlement.SETTLED, sent=0)
        upload = read_upload(_without_values(members))
        session = self._session(batch_id, upload.rows)
        params = {"method": "DELETE", "payload": upload.payload(), "session": session}
        answer = self._api.call("POST", (self._account, "usersofanyaudience"), params).json()
        now = counted(answer)
        if now is not None and now.received >= upload.rows:
            return receipt(upload, now.invalid, answer)
        if now is None and answer.get("success") is True:
            return Receipt(Settlement.SETTLED, sent=upload.rows, settled=upload.rows)
        raise OutcomeUnknownError(
            "Meta did not confirm that people were removed from all lists of the account", "Run the command again."
        )

    def _session(self, batch_id: str, rows: int) -> dict[str, Any]:
        """One send, one session. A session that has had its last batch takes no other, so a resend has its own.

        What makes a resend harmless is that a list holds everybody once, not the session.
        """
        drawn = f"{batch_id} {self._clock.now().isoformat()} {next(self._sends)}".encode()
        session_id = int.from_bytes(hashlib.sha256(drawn).digest()[:8]) & SESSION_ID_MAX or 1
        return {"session_id": session_id, "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": rows}


def _without_values(members: pa.Table) -> pa.Table:
    """A removal names people; what they are worth is nobody's business then."""
    return members.drop_columns([VALUE_COLUMN]) if VALUE_COLUMN in members.column_names else members
