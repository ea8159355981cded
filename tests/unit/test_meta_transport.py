"""How calls travel: nothing secret in URLs, answers checked, waits obeyed, nothing uncertain repeated."""

import contextlib
import hashlib
import hmac
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from activator.errors import (
    AuthenticationRequiredError,
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RateLimitedError,
    RetryableError,
)
from activator.model.delivery import Operation
from connectors.meta.settings import load
from connectors.meta.transport import GraphApi
from connectors.meta.wire import form
from tests.unit.meta_account import (
    ACCOUNT,
    BATCH,
    CAMPAIGN,
    GRAPH,
    SECRET,
    TOKEN,
    HandClock,
    body,
    context,
    digest,
    everything_said,
    graph_error,
    members,
    opened,
    page,
    query,
    request,
    script,
)

EDGE = f"{ACCOUNT}/ads"
Answer = Callable[[socket.socket], None]


def graph_api(folder: Path, clock: HandClock | None = None, env: str = "") -> GraphApi:
    hand = clock or HandClock()
    context(folder, hand, env=env)
    return GraphApi(load(folder), hand, seed="test")


def read(api: GraphApi) -> list[dict[str, Any]]:
    return list(api.rows(("act_1234567890", "ads"), ("id",)))


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_the_token_is_a_header_and_in_no_url_or_body(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page({"id": "1"}))
    script(graph, "POST", f"{ACCOUNT}/campaigns", {"id": "900"})
    destination = opened(tmp_path)

    read(graph_api(tmp_path))
    destination.create(CAMPAIGN, {})

    for sent in (request(graph.calls, 0), request(graph.calls, 1)):
        assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in str(sent.url)
        assert "access_token" not in f"{sent.url}{sent.body!r}"


def test_an_app_secret_adds_its_proof_and_never_itself(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page())
    script(graph, "POST", f"{GRAPH}/7", {"success": True})
    api = graph_api(tmp_path, env=f"ACTIVATOR_META__APP_SECRET={SECRET}\nACTIVATOR_META__APP_ID=99\n")
    proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()

    read(api)
    api.set("7", status="PAUSED")

    assert query(request(graph.calls, 0))["appsecret_proof"] == proof
    assert body(request(graph.calls, 1)) == {"status": "PAUSED", "appsecret_proof": proof}
    assert "appsecret_proof" not in str(request(graph.calls, 1).url)
    assert SECRET not in "".join(
        f"{call.request.url}{call.request.body!r}{call.request.headers}" for call in graph.calls
    )


def test_the_graph_address_version_and_timeouts_are_settings(tmp_path: Path, graph: responses.RequestsMock) -> None:
    env = (
        "ACTIVATOR_META__GRAPH_URL=http://127.0.0.1:9/graph/\nACTIVATOR_META__API_VERSION=v25.0\n"
        "ACTIVATOR_META__CONNECT_TIMEOUT_SECONDS=2\nACTIVATOR_META__READ_TIMEOUT_SECONDS=3\n"
    )
    script(graph, "GET", "http://127.0.0.1:9/graph/v25.0/act_1234567890/ads", page())

    read(graph_api(tmp_path, env=env))

    assert request(graph.calls).req_kwargs["timeout"] == (2, 3)  # type: ignore[attr-defined]


def test_the_environments_proxy_and_bundle_have_no_say(
    tmp_path: Path, graph: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://evil.example:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    script(graph, "GET", EDGE, page())

    read(graph_api(tmp_path, env="ACTIVATOR_META__PROXY=http://ours.example:2\n"))

    sent: Any = request(graph.calls)
    assert sent.req_kwargs["proxies"]["https"] == "http://ours.example:2"
    assert str(sent.req_kwargs["verify"]).endswith("fb_ca_chain_bundle.crt")


@pytest.mark.parametrize(
    ("status", "content_type", "text"),
    [
        (500, "text/html", "<html>Oops</html>"),
        (502, "text/html; charset=utf-8", "<html>Bad gateway</html>"),
        (200, "text/html", "<html>Service Unavailable</html>"),
        (200, "text/html", '{"data": []}'),
        (200, "application/json", ""),
        (500, "application/json", ""),
        (200, "application/json", '{"data": [{"id": "1"'),
        (200, "application/json", "[1]"),
        (200, "application/json", "\x00\xff"),
        (200, "text/plain", "Service Unavailable"),
        (200, "application/json", '{"success": false}'),
        (200, "application/json", '{"data": "none"}'),
    ],
)
def test_what_is_not_a_graph_answer_never_passes_for_one(
    tmp_path: Path, graph: responses.RequestsMock, status: int, content_type: str, text: str
) -> None:
    clock = HandClock()
    for _ in range(5):
        graph.add("GET", EDGE, body=text, status=status, content_type=content_type)
    graph.assert_all_requests_are_fired = False

    with pytest.raises(RetryableError):
        read(graph_api(tmp_path, clock))


def test_graphs_older_content_type_is_accepted(tmp_path: Path, graph: responses.RequestsMock) -> None:
    graph.add("GET", EDGE, body='{"data": []}', content_type="text/javascript; charset=UTF-8")

    assert read(graph_api(tmp_path)) == []


def test_a_read_is_repeated_with_growing_pauses_and_then_succeeds(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    clock = HandClock()
    script(graph, "GET", EDGE, (500, graph_error(2)), (503, graph_error(2)), page({"id": "1"}))

    assert read(graph_api(tmp_path, clock)) == [{"id": "1"}]

    first, second = clock.slept
    assert 0.5 <= first <= 1
    assert 1 <= second <= 2


def test_a_read_gives_up_after_five_attempts(tmp_path: Path, graph: responses.RequestsMock) -> None:
    for _ in range(5):
        script(graph, "GET", EDGE, (503, graph_error(2)))

    with pytest.raises(RetryableError):
        read(graph_api(tmp_path))

    assert len(graph.calls) == 5


@pytest.mark.parametrize("answer", [(500, graph_error(1)), (503, graph_error(2)), (200, {})])
def test_a_create_without_a_clear_answer_is_never_repeated(
    tmp_path: Path, graph: responses.RequestsMock, answer: tuple[int, dict[str, Any]]
) -> None:
    clock = HandClock()
    script(graph, "POST", f"{ACCOUNT}/campaigns", answer)

    with pytest.raises(OutcomeUnknownError):
        opened(tmp_path, clock).create(CAMPAIGN, {})

    assert len(graph.calls) == 1
    assert clock.slept == []


def test_setting_a_value_is_repeated_since_twice_is_once(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/7", (503, graph_error(2)), {"success": True})

    graph_api(tmp_path).set("7", status="PAUSED")

    assert [body(call.request) for call in graph.calls] == [{"status": "PAUSED"}] * 2


def test_a_setting_that_is_not_confirmed_is_unknown(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/7", {})

    with pytest.raises(OutcomeUnknownError):
        graph_api(tmp_path).set("7", status="PAUSED")


def test_a_refusal_and_a_dead_token_are_not_repeated(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, (400, graph_error(100)), (400, graph_error(190, 463)))
    api = graph_api(tmp_path)

    with pytest.raises(PermanentRefusalError):
        read(api)
    with pytest.raises(AuthenticationRequiredError):
        read(api)

    assert len(graph.calls) == 2


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1))
def test_a_form_reads_back_as_what_it_was_made_from(params: dict[str, str]) -> None:
    assert dict(parse_qsl(form(params).decode(), keep_blank_values=True, strict_parsing=True)) == params


@pytest.mark.parametrize("large", [{"note": "x" * 25_000_000}, {"name": "%" * 9_000_000}])
def test_a_body_larger_than_any_upload_is_not_sent(
    tmp_path: Path, graph: responses.RequestsMock, large: dict[str, str]
) -> None:
    with pytest.raises(PermanentRefusalError):
        graph_api(tmp_path).set("7", **large)

    assert len(graph.calls) == 0


def test_a_url_that_servers_would_cut_is_not_sent(tmp_path: Path, graph: responses.RequestsMock) -> None:
    with pytest.raises(PermanentRefusalError):
        list(graph_api(tmp_path).rows(("act_1234567890", "ads"), ("x" * 9_000,)))

    assert len(graph.calls) == 0


def test_an_endless_answer_is_cut_off(
    tmp_path: Path, graph: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.meta.wire.ANSWER_BYTES_MAX", 1_000_000)
    graph.add("POST", f"{ACCOUNT}/campaigns", body='{"id": "' + "9" * 2_000_000 + '"}', content_type="application/json")

    with pytest.raises(OutcomeUnknownError):
        opened(tmp_path).create(CAMPAIGN, {})


def test_a_redirect_is_refused_not_followed(tmp_path: Path, graph: responses.RequestsMock) -> None:
    graph.add("POST", f"{ACCOUNT}/campaigns", status=302, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(PermanentRefusalError):
        opened(tmp_path).create(CAMPAIGN, {})

    assert len(graph.calls) == 1


def usage(case: str, percent: int, minutes: int = 0) -> dict[str, str]:
    entry = {
        "type": case,
        "call_count": percent,
        "total_cputime": 1,
        "total_time": 1,
        "estimated_time_to_regain_access": minutes,
    }
    return {"X-Business-Use-Case-Usage": json.dumps({"1234567890": [entry]})}


def test_a_rate_limit_is_sat_out_for_the_told_minutes(tmp_path: Path, graph: responses.RequestsMock) -> None:
    clock = HandClock()
    graph.add(
        "POST", f"{ACCOUNT}/campaigns", json=graph_error(80004), status=400, headers=usage("ads_management", 101, 5)
    )
    script(graph, "POST", f"{ACCOUNT}/campaigns", {"id": "900"})

    opened(tmp_path, clock).create(CAMPAIGN, {})

    assert 300 <= sum(clock.slept) <= 302
    assert len(graph.calls) == 2


def test_retry_after_is_obeyed(tmp_path: Path, graph: responses.RequestsMock) -> None:
    clock = HandClock()
    graph.add("GET", EDGE, json=graph_error(17), status=400, headers={"Retry-After": "90"})
    script(graph, "GET", EDGE, page())

    read(graph_api(tmp_path, clock))

    assert 90 <= sum(clock.slept) <= 92


def test_a_long_wait_is_handed_back_and_no_call_is_made_before_it_is_over(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    clock = HandClock()
    graph.add("GET", EDGE, json=graph_error(80004), status=400, headers=usage("ads_management", 120, 45))
    api = graph_api(tmp_path, clock)

    for _ in range(2):
        with pytest.raises(RateLimitedError) as raised:
            read(api)
        assert raised.value.retry_after_seconds == pytest.approx(2700, abs=1)

    assert len(graph.calls) == 1
    assert clock.slept == []


def test_a_limit_without_a_told_time_is_not_hammered(tmp_path: Path, graph: responses.RequestsMock) -> None:
    clock = HandClock()
    graph.add("GET", EDGE, json=graph_error(4), status=403)

    with pytest.raises(RateLimitedError):
        read(graph_api(tmp_path, clock))

    assert len(graph.calls) <= 8
    assert all(seconds >= 60 for seconds in clock.slept)
    assert sum(clock.slept) <= 900


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (usage("ads_management", 97), 0),
        (usage("ads_management", 98), 60),
        (usage("ads_management", 99, 3), 180),
        (usage("custom_audience", 100, 3), 0),
        ({"X-App-Usage": '{"call_count": 98, "total_time": 1, "total_cputime": 1}'}, 60),
        ({"X-Ad-Account-Usage": '{"acc_id_util_pct": 97.5, "reset_time_duration": 100}'}, 100),
        ({"X-Ad-Account-Usage": "garbled"}, 0),
        ({"X-App-Usage": '{"call_count": "NaN", "total_time": null}'}, 0),
    ],
)
def test_usage_near_the_limit_pauses_before_the_next_call_of_its_kind(
    tmp_path: Path, graph: responses.RequestsMock, headers: dict[str, str], seconds: float
) -> None:
    clock = HandClock()
    graph.add("GET", EDGE, json=page(), headers=headers)
    api = graph_api(tmp_path, clock)

    read(api)
    assert clock.slept == []
    read(api)

    assert sum(clock.slept) == seconds


def test_pages_are_read_to_the_end_by_cursor_past_empty_ones(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page({"id": "1"}, after="p2"), page(after="p3"), page({"id": "3"}))

    assert read(graph_api(tmp_path)) == [{"id": "1"}, {"id": "3"}]

    assert [query(call.request).get("after") for call in graph.calls] == [None, "p2", "p3"]
    assert all(str(call.request.url).startswith(EDGE) for call in graph.calls)
    assert all("summary" not in query(call.request) for call in graph.calls)


def test_a_list_that_goes_in_a_circle_is_an_error(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page(after="p2"), page(after="p3"), page(after="p2"))

    with pytest.raises(RetryableError):
        read(graph_api(tmp_path))


def test_a_page_that_is_too_much_for_meta_is_asked_for_in_smaller_pages(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    for _ in range(5):
        script(graph, "GET", EDGE, (500, graph_error(1, message="Please reduce the amount of data")))
    script(graph, "GET", EDGE, page({"id": "1"}))

    assert read(graph_api(tmp_path)) == [{"id": "1"}]

    assert [query(call.request)["limit"] for call in graph.calls] == ["100"] * 5 + ["25"]


@contextlib.contextmanager
def loopback(answer: Answer) -> Iterator[str]:
    """A TCP server that treats every connection with `answer`; yields its GRAPH_URL line and ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ACTIVATOR_META__GRAPH_URL=http://127.0.0.1:{server.getsockname()[1]}\n"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


def stop_half_way(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"id":')


def say_nothing(connection: socket.socket) -> None:
    connection.recv(65536)
    threading.Event().wait(0.4)


@pytest.mark.parametrize("answer", [hang_up, stop_half_way, say_nothing])
def test_a_lost_answer_to_a_send_is_unknown_after_one_call(tmp_path: Path, answer: Answer) -> None:
    connections: list[int] = []

    def counted(connection: socket.socket) -> None:
        connections.append(1)
        answer(connection)

    with loopback(counted) as env:
        destination = opened(tmp_path, env=f"{env}ACTIVATOR_META__READ_TIMEOUT_SECONDS=0.2\n")
        with pytest.raises(OutcomeUnknownError) as raised:
            destination.send(Operation.ADD, "501", members(), BATCH)

    assert len(connections) == 1
    said = everything_said(raised.value)
    assert TOKEN not in said
    assert digest(1) not in said


def test_a_lost_answer_to_a_read_is_asked_for_again(tmp_path: Path) -> None:
    clock = HandClock()

    with loopback(hang_up) as env, pytest.raises(RetryableError):
        read(graph_api(tmp_path, clock, env))

    assert len(clock.slept) == 4


def test_an_unreachable_server_had_no_effect_so_even_a_create_is_repeated(tmp_path: Path) -> None:
    clock = HandClock()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(RetryableError) as raised:
        opened(tmp_path, clock, env=f"ACTIVATOR_META__GRAPH_URL=http://127.0.0.1:{port}\n").create(CAMPAIGN, {})

    assert len(clock.slept) == 4
    assert "GRAPH_URL" in raised.value.next_step


@pytest.mark.parametrize(
    "fault",
    [
        requests.ConnectionError(f"https://graph.facebook.com/?access_token={TOKEN}&appsecret_proof={digest(9)}"),
        requests.ReadTimeout(f"timed out {TOKEN}"),
        requests.exceptions.ChunkedEncodingError(TOKEN),
        requests.exceptions.InvalidURL(TOKEN),
        requests.exceptions.SSLError(TOKEN),
    ],
)
def test_no_error_of_the_wire_carries_its_text(
    tmp_path: Path, graph: responses.RequestsMock, fault: requests.RequestException
) -> None:
    graph.add("POST", f"{GRAPH}/501/users", body=fault)

    with pytest.raises(DestinationError) as raised:
        opened(tmp_path).send(Operation.ADD, "501", members(), BATCH)

    said = everything_said(raised.value)
    for secret in (TOKEN, digest(9), digest(1), "access_token"):
        assert secret not in said


@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_no_error_answer_carries_what_was_sent(
    tmp_path: Path, graph: responses.RequestsMock, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    echo = f"Invalid row {digest(1)} for token {TOKEN}"
    graph.add("POST", f"{GRAPH}/501/users", json=graph_error(100, message=echo, error_user_msg=echo), status=status)
    caplog.set_level(logging.DEBUG)

    with pytest.raises(DestinationError) as raised:
        opened(tmp_path).send(Operation.ADD, "501", members(), BATCH)

    for secret in (TOKEN, digest(1)):
        assert secret not in everything_said(raised.value)
        assert secret not in caplog.text
