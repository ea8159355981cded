"""Every Graph code we act on ends in the right class of error, whatever the HTTP status around it."""

from pathlib import Path
from typing import Any

import pytest
import responses

from activator.errors import (
    AuthenticationRequiredError,
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RateLimitedError,
    RetryableError,
)
from connectors.meta import errors
from connectors.meta.errors import Effect, Failure, FailureKind, scrub, translate
from tests.unit.meta_account import (
    ACCOUNT,
    CAMPAIGN,
    SECRET,
    TOKEN,
    HandClock,
    digest,
    everything_said,
    graph_error,
    opened,
)

LIMITED, HUMAN, REFUSED = RateLimitedError, AuthenticationRequiredError, PermanentRefusalError

CODES: list[tuple[int, int | None, int, type[DestinationError]]] = [
    (4, None, 403, LIMITED),
    (4, 1504022, 403, LIMITED),
    (17, None, 400, LIMITED),
    (17, 2446079, 400, LIMITED),
    (32, None, 400, LIMITED),
    (613, None, 400, LIMITED),
    (613, 1487225, 400, LIMITED),
    (613, 1487632, 400, LIMITED),
    (613, 5044001, 400, LIMITED),
    (80000, 2446079, 400, LIMITED),
    (80003, None, 400, LIMITED),
    (80004, None, 500, LIMITED),
    (80014, None, 400, LIMITED),
    (102, None, 400, HUMAN),
    (190, None, 400, HUMAN),
    (190, 460, 400, HUMAN),
    (190, 463, 400, HUMAN),
    (190, 467, 400, HUMAN),
    (3, None, 400, HUMAN),
    (10, None, 403, HUMAN),
    (200, None, 403, HUMAN),
    (200, 1870090, 400, HUMAN),
    (200, 1870034, 400, HUMAN),
    (270, None, 403, HUMAN),
    (294, None, 403, HUMAN),
    (299, None, 403, HUMAN),
    (368, None, 400, HUMAN),
    (1404078, None, 400, HUMAN),
    (200, 1870047, 400, REFUSED),
    (100, None, 400, REFUSED),
    (100, 33, 400, REFUSED),
    (100, 1713230, 400, REFUSED),
    (100, 1870227, 400, REFUSED),
    (100, 4834011, 400, REFUSED),
    (100, 1885272, 400, REFUSED),
    (100, 3858152, 400, REFUSED),
    (100, 1487534, 400, REFUSED),
    (803, None, 404, REFUSED),
    (2500, None, 400, REFUSED),
    (2635, None, 400, REFUSED),
    (2650, None, 400, REFUSED),
    (2654, None, 400, REFUSED),
    (3018, None, 400, REFUSED),
    (424242, None, 400, REFUSED),
    (2601, 1815107, 400, RetryableError),
    (2650, 1870145, 400, RetryableError),
    (2650, 1870148, 400, OutcomeUnknownError),
    (4, 1504039, 403, LIMITED),
    (341, None, 400, LIMITED),
    (190, 458, 400, HUMAN),
    (190, 459, 400, HUMAN),
    (190, 464, 400, HUMAN),
    (100, 1713228, 400, REFUSED),
    (100, 1713231, 400, REFUSED),
    (100, 1713232, 400, REFUSED),
    (100, 1504018, 400, REFUSED),
    (2, 1504038, 400, REFUSED),
    (2, 1504041, 400, REFUSED),
    (100, 1815857, 400, REFUSED),
    (100, 1885204, 400, REFUSED),
    (100, 1885621, 400, REFUSED),
    (100, 1885650, 400, REFUSED),
    (100, 2446307, 400, REFUSED),
    (100, 1487056, 400, REFUSED),
    (100, 1487566, 400, REFUSED),
    (2656, None, 400, REFUSED),
    (2650, 1870144, 400, REFUSED),
    (2650, 1870147, 400, REFUSED),
    (2650, 1870159, 400, REFUSED),
    (2650, 1870158, 400, OutcomeUnknownError),
]
PASSING = {1, 2, 1504043}
# What a create that is answered with each class costs in calls.
CALLS = {LIMITED: (1, 8), RetryableError: (5, 5), HUMAN: (1, 1), REFUSED: (1, 1), OutcomeUnknownError: (1, 1)}


def graph_failure(code: int, subcode: int | None, status: int, **more: Any) -> Failure:
    return Failure(FailureKind.GRAPH_ERROR, status, graph_error(code, subcode, **more)["error"])


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize(("code", "subcode", "status", "kind"), CODES)
def test_a_code_has_one_class(
    code: int, subcode: int | None, status: int, kind: type[DestinationError], effect: Effect
) -> None:
    error = translate(graph_failure(code, subcode, status), effect)

    assert type(error) is kind
    assert (error.fault.code, error.fault.subcode) == (str(code), "" if subcode is None else str(subcode))
    assert (error.fault.http_status, error.fault.trace_id) == (status, "AbC123_x")
    assert str(code) in error.message


def test_no_code_is_acted_on_without_a_test() -> None:
    tried = {code for code, subcode, *_ in CODES if subcode is None} | {subcode for _, subcode, *_ in CODES} | PASSING

    assert {*errors._CODES, *errors._SUBCODES, *(subcode for _, subcode in errors._PAIRS)} <= tried


@pytest.mark.parametrize(("code", "subcode", "status", "kind"), CODES)
def test_a_create_answered_with_a_code_ends_in_its_class_and_is_not_hammered(
    tmp_path: Path, code: int, subcode: int | None, status: int, kind: type[DestinationError]
) -> None:
    clock = HandClock()
    with responses.RequestsMock() as graph:
        graph.add("POST", f"{ACCOUNT}/campaigns", json=graph_error(code, subcode), status=status)
        with pytest.raises(kind) as raised:
            opened(tmp_path, clock).create(CAMPAIGN, {})
        calls = len(graph.calls)

    least, most = CALLS[kind]
    assert least <= calls <= most
    assert TOKEN not in everything_said(raised.value)
    if isinstance(raised.value, RateLimitedError):
        assert sum(clock.slept) <= 900


@pytest.mark.parametrize(("code", "status"), [(1, 500), (2, 503), (2, 400), (424242, 500)])
def test_a_passing_fault_is_retried_for_a_read_and_unknown_for_a_write(code: int, status: int) -> None:
    failure = graph_failure(code, None, status)

    assert type(translate(failure, Effect.READ)) is RetryableError
    assert type(translate(failure, Effect.SETTING)) is OutcomeUnknownError
    assert type(translate(failure, Effect.ONCE)) is OutcomeUnknownError


def test_an_unlisted_code_that_calls_itself_transient_is_believed() -> None:
    failure = graph_failure(424242, None, 400, is_transient=True)

    assert type(translate(failure, Effect.READ)) is RetryableError
    assert type(translate(failure, Effect.ONCE)) is OutcomeUnknownError


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (200, RetryableError, OutcomeUnknownError),
        (302, REFUSED, REFUSED),
        (403, REFUSED, REFUSED),
        (404, REFUSED, REFUSED),
        (408, RetryableError, OutcomeUnknownError),
        (413, REFUSED, REFUSED),
        (429, LIMITED, LIMITED),
        (500, RetryableError, OutcomeUnknownError),
        (502, RetryableError, OutcomeUnknownError),
        (503, RetryableError, OutcomeUnknownError),
        (504, RetryableError, OutcomeUnknownError),
    ],
)
def test_an_answer_that_is_not_graphs_is_judged_by_its_status(
    status: int, read: type[DestinationError], write: type[DestinationError]
) -> None:
    failure = Failure(FailureKind.NOT_GRAPH, status)

    assert type(translate(failure, Effect.READ)) is read
    assert type(translate(failure, Effect.ONCE)) is write


def test_the_wait_is_the_told_one_or_the_rules_own() -> None:
    told = Failure(FailureKind.GRAPH_ERROR, 400, graph_error(80004)["error"], wait_seconds=420)
    own = graph_failure(613, 1487632, 400)

    waits = [translate(failure, Effect.ONCE) for failure in (told, own)]

    assert [wait.retry_after_seconds for wait in waits if isinstance(wait, RateLimitedError)] == [420, 3600]


def test_every_error_says_what_to_do() -> None:
    for code, subcode, status, _ in CODES:
        assert translate(graph_failure(code, subcode, status), Effect.ONCE).next_step, (code, subcode)


def test_nothing_secret_survives_in_an_error() -> None:
    words = (
        f"Malformed access token {TOKEN} at https://graph.facebook.com/me?access_token={TOKEN}; proof {digest(7)}; "
        f"anna@example.com, +49 170 1234567, {SECRET}"
    )
    failure = graph_failure(190, None, 400, message=words, error_user_title=words, error_user_msg=words)
    failure = Failure(failure.kind, 400, {**failure.error, "fbtrace_id": TOKEN})

    said = everything_said(translate(failure, Effect.ONCE, (TOKEN, SECRET)))

    for secret in (TOKEN, SECRET, digest(7), "anna@", "1234567"):
        assert secret not in said


def test_the_platforms_words_are_quoted_on_one_short_line() -> None:
    error = translate(
        graph_failure(100, 1870227, 400, message="Say\n\x1b[31m advantage_audience " + "!" * 900), Effect.ONCE
    )

    assert "advantage_audience" in error.message
    assert error.message.isprintable()
    assert len(error.message) < 500


def test_field_names_are_not_taken_for_secrets() -> None:
    assert scrub("is_adset_budget_sharing_enabled") == "is_adset_budget_sharing_enabled"


@pytest.mark.parametrize("error", [{}, {"code": "x"}, {"code": True}, {"code": None, "fbtrace_id": 5}])
def test_a_garbled_error_object_is_still_an_error(error: dict[str, Any]) -> None:
    failure = Failure(FailureKind.GRAPH_ERROR, 400, error)

    assert isinstance(translate(failure, Effect.ONCE), DestinationError)


def test_a_wrong_app_secret_needs_a_human() -> None:
    failure = graph_failure(100, None, 400, message="Invalid appsecret_proof provided in the API argument")

    assert "APP_SECRET" in translate(failure, Effect.READ).next_step
