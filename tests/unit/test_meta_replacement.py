"""Replacing a whole list at Meta: one session of numbered parts, counted, resumed, and read back at the end."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import responses

from activator.errors import OutcomeUnknownError, PermanentRefusalError, RetryableError
from activator.model.delivery import Receipt, ReplacementPart, Settlement
from activator.ports import AccountWideRemoval, ReplacingDestination
from tests.unit.meta_account import GRAPH, NOW, HandClock, body, graph_error, members, opened, page, query, script

REPLACE = f"{GRAPH}/501/usersreplace"
SESSIONS = f"{GRAPH}/501/sessions"
FIRST = ReplacementPart(session_id=77, ordinal=1, last=False, rows_total=5, started_at=NOW)
LAST = replace(FIRST, ordinal=2, last=True)


def received(rows: int, invalid: int = 0) -> dict[str, Any]:
    return {"audience_id": "501", "session_id": "77", "num_received": rows, "num_invalid_entries": invalid}


def session(rows: int, invalid: int = 0, started: Any = "2026-11-25T06:00:00+0000") -> dict[str, Any]:
    counts = {"num_received": rows, "num_invalid_entries": invalid}
    return {"session_id": "77", "start_time": started, **counts}


def test_meta_can_replace_and_remove_everywhere(tmp_path: Path) -> None:
    destination = opened(tmp_path)

    assert isinstance(destination, ReplacingDestination)
    assert isinstance(destination, AccountWideRemoval)


def test_parts_are_numbered_in_one_session_with_one_schema(tmp_path: Path) -> None:
    only_mail = pa.table({"EMAIL": members(2)["EMAIL"], "PHONE": ["", ""], "FN": ["", ""]})
    with responses.RequestsMock() as graph:
        script(graph, "POST", REPLACE, received(3), received(5))
        destination = opened(tmp_path)
        receipts = [destination.replace("501", members(3), FIRST), destination.replace("501", only_mail, LAST)]
        forms = [body(call.request) for call in graph.calls]

    assert [form["session"] for form in forms] == [
        {"session_id": 77, "batch_seq": 1, "last_batch_flag": False, "estimated_num_total": 5},
        {"session_id": 77, "batch_seq": 2, "last_batch_flag": True, "estimated_num_total": 5},
    ]
    assert [form["payload"]["schema"] for form in forms] == [["EMAIL", "PHONE", "FN"]] * 2
    assert receipts == [Receipt(Settlement.SETTLED, 3, 3), Receipt(Settlement.SETTLED, 2, 2)]


def test_invalid_rows_are_counted_in_the_part_they_came_with(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", REPLACE, received(3, 1), received(5, 2))
        destination = opened(tmp_path)
        first = destination.replace("501", members(3), FIRST)
        last = destination.replace("501", members(2), LAST)

    assert (first.settled, first.rejected) == (2, 1)
    assert (last.settled, last.rejected) == (1, 1)


@pytest.mark.parametrize(("standing", "sends"), [(3, 3), (5, 2)])  # the part had not arrived, or had
def test_after_a_lost_answer_the_session_is_asked_and_a_part_that_arrived_is_not_sent_again(
    tmp_path: Path, standing: int, sends: int
) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", REPLACE, received(3), (500, graph_error(2)), *[received(5)] * (sends - 2))
        script(graph, "GET", SESSIONS, page(session(standing)))
        destination = opened(tmp_path)
        destination.replace("501", members(3), FIRST)
        with pytest.raises(OutcomeUnknownError):
            destination.replace("501", members(2), LAST)

        assert destination.replace("501", members(2), replace(LAST, again=True)).settled == 2

        assert sum(call.request.method == "POST" for call in graph.calls) == sends


@pytest.mark.parametrize(("standing", "sends"), [(3, 1), (5, 0)])
def test_another_process_goes_on_where_the_session_stands(tmp_path: Path, standing: int, sends: int) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "GET", SESSIONS, page(session(standing)))
        script(graph, "POST", REPLACE, *[received(5)] * sends)

        receipt = opened(tmp_path).replace("501", members(2), LAST)

        assert query(graph.calls[0].request)["session_id"] == "77"
        assert len(graph.calls) == 1 + sends
    assert (receipt.sent, receipt.settled) == (2, 2)


def test_a_session_meta_does_not_know_cannot_go_on(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "GET", SESSIONS, page())
        with pytest.raises(PermanentRefusalError) as raised:
            opened(tmp_path).replace("501", members(2), LAST)

    assert "new replacement" in raised.value.next_step


def test_after_ninety_minutes_nothing_more_is_sent(tmp_path: Path) -> None:
    clock = HandClock(NOW + timedelta(minutes=90))

    with responses.RequestsMock(), pytest.raises(PermanentRefusalError) as raised:
        opened(tmp_path, clock).replace("501", members(2), LAST)

    assert "90 minutes" in raised.value.message


@pytest.mark.parametrize("answer", [{}, received(4), received(2), {**received(3), "audience_id": "9"}])
def test_a_part_whose_counts_do_not_cover_it_is_unknown(tmp_path: Path, answer: dict[str, Any]) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", REPLACE, answer)
        with pytest.raises(OutcomeUnknownError):
            opened(tmp_path).replace("501", members(3), FIRST)


@pytest.mark.parametrize(
    ("subcode", "kind"),
    [
        (1870145, RetryableError),
        (1870147, PermanentRefusalError),
        (1870159, PermanentRefusalError),
        (1870144, PermanentRefusalError),
        (1870158, OutcomeUnknownError),
        (1870148, OutcomeUnknownError),
    ],
)
def test_the_ways_a_replacement_fails_are_told_apart(tmp_path: Path, subcode: int, kind: type[Exception]) -> None:
    with responses.RequestsMock() as graph:
        for _ in range(5 if kind is RetryableError else 1):
            script(graph, "POST", REPLACE, (400, graph_error(2650, subcode)))
        with pytest.raises(kind):
            opened(tmp_path).replace("501", members(3), FIRST)


@pytest.mark.parametrize(("standing", "sends"), [(0, 1), (3, 0)])  # the only part had not arrived, or had
def test_a_first_part_another_process_may_have_sent_is_asked_for_first(
    tmp_path: Path, standing: int, sends: int
) -> None:
    only = replace(FIRST, last=True, rows_total=3, again=True)
    with responses.RequestsMock() as graph:
        script(graph, "GET", SESSIONS, page(session(standing)) if standing else page())
        script(graph, "POST", REPLACE, *[received(3)] * sends)

        assert opened(tmp_path).replace("501", members(3), only).settled == 3
        assert len(graph.calls) == 1 + sends


@pytest.mark.parametrize(
    ("code", "rows", "settlement"),
    [
        (200, [session(5, 1)], Settlement.SETTLED),
        (441, [session(5, 1)], Settlement.SETTLED),
        (414, [session(5)], Settlement.PROCESSING),
        (415, [session(5)], Settlement.UNKNOWN),  # failed
        (200, [session(3)], Settlement.UNKNOWN),  # timed out with what had come
        (200, [], Settlement.UNKNOWN),
        (200, [{}], Settlement.UNKNOWN),
    ],
)
def test_the_end_is_read_back_from_audience_and_session(
    tmp_path: Path, code: int, rows: list[dict[str, Any]], settlement: Settlement
) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as graph:
        script(graph, "GET", f"{GRAPH}/501", {"id": "501", "operation_status": {"code": code}})
        script(graph, "GET", SESSIONS, page(*rows))

        receipt = opened(tmp_path).complete_replacement("501", LAST)

        assert (receipt.settlement, receipt.sent) == (settlement, 0)
        asked = [query(call.request).get("session_id") for call in graph.calls[1:]]
        assert asked == ([] if code in (414, 415) else ["77"])
