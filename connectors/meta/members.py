"""Moving people in and out of lists: additions, removals, and removal from every list of the account.

DOC/marketing-api/audiences/reference/custom-audience/users, checked 2026-11-22;
https://developers.facebook.com/docs/marketing-api/reference/ad-account/usersofanyaudience, checked 2026-11-29.
"""

from typing import Any

import pyarrow as pa

from activator.errors import OutcomeUnknownError
from activator.model.delivery import Operation, Receipt, Settlement
from connectors.meta.receipts import counted, receipt, receipt_of_session
from connectors.meta.transport import GraphApi
from connectors.meta.uploads import VALUE_COLUMN, read_upload

SESSION_ID_MAX = 0x7FFF_FFFF_FFFF_FFFF


def send_members(
    api: GraphApi,
    operation: Operation,
    audience_id: str,
    members: pa.Table,
    batch_id: str,
    *,
    limited_data_use: bool = False,
) -> Receipt:
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
        upload, method = read_upload(members, limited_data_use=limited_data_use), {}
    params: dict[str, Any] = {"payload": upload.payload(), "session": session_of(batch_id, upload.rows), **method}
    answer = api.call("POST", (audience_id, "users"), params).json()
    return receipt_of_session(answer, audience_id, upload)


def remove_everywhere(api: GraphApi, account: str, members: pa.Table, batch_id: str) -> Receipt:
    """Take people out of every customer list of the account; twice is once, so a lost answer is asked for again.

    Raises:
        PermanentRefusalError: too many rows, or a value that is not a digest; nothing was sent.
        OutcomeUnknownError: Meta does not confirm it.
    """
    if members.num_rows == 0:
        return Receipt(Settlement.SETTLED, sent=0)
    upload = read_upload(_without_values(members))
    params = {"method": "DELETE", "payload": upload.payload(), "session": session_of(batch_id, upload.rows)}
    answer = api.call("POST", (account, "usersofanyaudience"), params).json()
    now = counted(answer)
    if now is not None and now.received >= upload.rows:
        return receipt(upload, now.invalid, answer)
    if now is None and answer.get("success") is True:
        return Receipt(Settlement.SETTLED, sent=upload.rows, settled=upload.rows)
    raise OutcomeUnknownError(
        "Meta did not confirm that people were removed from all lists of the account", "Run the command again."
    )


def session_of(batch_id: str, rows: int) -> dict[str, Any]:
    """One batch, one session. The id is a positive int64 that an identical resend shares."""
    session_id = int(batch_id[:16], 16) & SESSION_ID_MAX or 1
    return {"session_id": session_id, "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": rows}


def _without_values(members: pa.Table) -> pa.Table:
    """A removal names people; what they are worth is nobody's business then."""
    return members.drop_columns([VALUE_COLUMN]) if VALUE_COLUMN in members.column_names else members
