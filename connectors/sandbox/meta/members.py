"""Adding, removing and replacing members, with the rules of upload sessions.

How the platform treats a batch it has already had is not published (looked up 2026-11-22; the guide says
sequential). Here the identical batch is taken again and changes nothing; another batch under a used number is
refused.
"""

import hashlib

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.audiences import is_flagged, replace_deadline
from connectors.sandbox.meta.context import ACCOUNT, AUDIENCE, PLATFORM, Context, Routes
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.shapes import refuse_unknown_keys, whole_in
from connectors.sandbox.meta.uploads import Upload, read_upload
from connectors.sandbox.state import Document

SESSION = "session"


def add(context: Context, audience: Document, parameters: Parameters) -> Document:
    """POST /{audience}/users."""
    upload = _accept(context, audience, parameters)
    session = _advance(context, audience, parameters, upload, "add")
    context.state.add_members(PLATFORM, audience["id"], upload.members, request_id=audience["id"])
    return _answer(context, audience, upload, session)


def remove(context: Context, audience: Document, parameters: Parameters) -> Document:
    """DELETE /{audience}/users, or POST with method=DELETE."""
    upload = _accept(context, audience, parameters, removing=True)
    if context.options.refuse_small_removals:
        _refuse_small(context, audience, upload)
    session = _advance(context, audience, parameters, upload, "remove")
    context.state.remove_members(PLATFORM, audience["id"], upload.members, request_id=audience["id"])
    return _answer(context, audience, upload, session)


def _refuse_small(context: Context, audience: Document, upload: Upload) -> None:
    left = context.state.member_count(PLATFORM, audience["id"]) - len(upload.members)
    if left < rules.DELIVERABLE_MEMBERS_MIN:
        raise rules.REMOVAL_TOO_SMALL.error()


def remove_everywhere(context: Context, account: Document, parameters: Parameters) -> Document:
    """DELETE act_X/usersofanyaudience: out of every customer-file audience of the account."""
    upload = read_upload(parameters)
    for audience in context.list(AUDIENCE):
        if audience["account_id"] == account["account_id"] and audience["subtype"] == "CUSTOM":
            context.state.remove_members(PLATFORM, audience["id"], upload.members, request_id=audience["id"])
    return {"success": True}


def replace(context: Context, audience: Document, parameters: Parameters) -> Document:
    """POST /{audience}/usersreplace: a session whose last batch swaps all members at once."""
    running = _running_replace(context, audience)
    upload = _accept(context, audience, parameters, replacing=True)
    session_id, batch_seq, last = read_session(parameters, required=True)
    assert session_id is not None
    if batch_seq == 1 and running is None:
        audience["replace"] = {
            "session_id": session_id,
            "state": "running",
            "schema": list(upload.schema),
            "started_at": context.now().timestamp(),
        }
        context.state.drop_audience(PLATFORM, _staging(audience))
    elif running is None:
        previous = audience.get("replace") or {}
        finished = previous.get("session_id") == session_id
        raise (rules.REPLACE_FINISHED if finished else rules.REPLACE_WITHOUT_START).error()
    elif running["session_id"] != session_id:
        raise rules.REPLACE_RUNNING.error()
    elif running["schema"] != list(upload.schema):
        raise invalid("payload", "The schema must stay the same throughout a replace session")
    session = _advance(context, audience, parameters, upload, "replace")
    context.state.add_members(PLATFORM, _staging(audience), upload.members, settle_seconds=0)
    if last:
        _swap(context, audience, "finished")
    context.put(AUDIENCE, audience)
    return _answer(context, audience, upload, session)


def _running_replace(context: Context, audience: Document) -> Document | None:
    """The replace session that is under way. One that took too long ends with what it has got."""
    running: Document | None = audience.get("replace")
    if running is None or running["state"] != "running":
        return None
    if context.now().timestamp() > replace_deadline(running["started_at"]):
        _swap(context, audience, "timed out")
        context.put(AUDIENCE, audience)
        raise rules.REPLACE_TIMED_OUT.error()
    return running


def _staging(audience: Document) -> str:
    return f"replace:{audience['id']}"


def _swap(context: Context, audience: Document, state: str) -> None:
    staged = context.state.members(PLATFORM, _staging(audience))
    context.state.clear_members(PLATFORM, audience["id"], request_id=audience["id"])
    context.state.add_members(PLATFORM, audience["id"], staged, request_id=audience["id"])
    context.state.drop_audience(PLATFORM, _staging(audience))
    audience["replace"]["state"] = state


def _accept(
    context: Context, audience: Document, parameters: Parameters, *, replacing: bool = False, removing: bool = False
) -> Upload:
    """The upload, once the audience may take it."""
    if audience["subtype"] != "CUSTOM":
        raise invalid("payload", "Only audiences made from a customer file take people")
    account = context.account(audience["account_id"])
    if not account["tos_accepted"].get("custom_audience_tos"):
        raise rules.TERMS_NOT_ACCEPTED.error()
    if is_flagged(audience):
        raise rules.FLAGGED_UPLOAD.error()
    if not replacing and _running_replace(context, audience) is not None:
        raise rules.REPLACE_RUNNING.error()
    upload = read_upload(parameters)
    with_values = "LOOKALIKE_VALUE" in upload.schema
    if with_values != bool(audience.get("is_value_based")) and not (removing and not with_values):
        raise invalid("payload", "LOOKALIKE_VALUE goes with value-based audiences, and only with them")
    return upload


def read_session(parameters: Parameters, *, required: bool = False) -> tuple[str | None, int, bool]:
    """Session id, number of the batch and whether it is the last; (None, 1, True) for an upload without a session."""
    session = parameters.mapping("session")
    if session is None:
        if required:
            raise invalid("session", "The parameter session is required.")
        return None, 1, True
    refuse_unknown_keys(session, rules.SESSION_KEYS, "session")
    session_id = whole_in(session, "session_id", "session")
    batch_seq = whole_in(session, "batch_seq", "session")
    if not 0 < session_id <= rules.SESSION_ID_MAX:
        raise invalid("session", "Param session[session_id] must be a positive 64-bit integer")
    if batch_seq < 1:
        raise invalid("session", "Param session[batch_seq] must start at 1")
    last = session.get("last_batch_flag")
    if last not in (True, False, 0, 1, "true", "false"):
        raise invalid("session", "Param session[last_batch_flag] must be a boolean")
    return str(session_id), batch_seq, last in (True, 1, "true")


def _advance(
    context: Context, audience: Document, parameters: Parameters, upload: Upload, operation: str
) -> Document | None:
    """Take a batch into its session; session ids are unique in the account."""
    session_id, batch_seq, last = read_session(parameters)
    if session_id is None:
        return None
    key = f"{audience['account_id']}:{session_id}"
    session = context.state.get(PLATFORM, SESSION, key) or {
        "session_id": session_id,
        "audience_id": audience["id"],
        "operation": operation,
        "digests": [],
        "num_received": 0,
        "num_invalid_entries": 0,
        "finished": False,
        "started_at": context.timestamp(),
    }
    if session["audience_id"] != audience["id"] or session["operation"] != operation:
        raise invalid("session", "Param session[session_id] is already used for another upload of this account")
    digest = hashlib.sha256((parameters.text("payload") or "").encode()).hexdigest()
    if batch_seq <= len(session["digests"]):
        if session["digests"][batch_seq - 1] != digest:
            raise invalid("session", "Param session[batch_seq] was already used for another batch")
        return session
    if session["finished"]:
        raise invalid("session", "This session ended with its last batch")
    if batch_seq != len(session["digests"]) + 1:
        raise invalid("session", "Param session[batch_seq] must be sequential")
    session["digests"].append(digest)
    session["num_received"] += upload.received
    session["num_invalid_entries"] += upload.invalid
    session["finished"] = last
    context.state.put(PLATFORM, SESSION, key, session)
    return session


def _answer(context: Context, audience: Document, upload: Upload, session: Document | None) -> Document:
    """HTTP 200 even when every row was invalid. num_received counts the session's rows so far."""
    audience["time_content_updated"] = int(context.now().timestamp())
    audience["invalid_rows"] += upload.invalid
    context.put(AUDIENCE, audience)
    return {
        "audience_id": audience["id"],
        "session_id": session["session_id"] if session else "0",
        "num_received": session["num_received"] if session else upload.received,
        "num_invalid_entries": session["num_invalid_entries"] if session else upload.invalid,
        # An empty map is written as an empty list, as the platform's own language does
        "invalid_entry_samples": upload.samples or [],
    }


ROUTES: Routes = {
    (AUDIENCE, "users", "POST"): add,
    (AUDIENCE, "users", "DELETE"): remove,
    (AUDIENCE, "usersreplace", "POST"): replace,
    (ACCOUNT, "usersofanyaudience", "DELETE"): remove_everywhere,
}
