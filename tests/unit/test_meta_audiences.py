"""Audiences on the wire: what a create, an upload and a removal say, and what their answers let us believe."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pyarrow as pa
import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from activator.errors import (
    ActivatorError,
    AuthenticationRequiredError,
    ConfigurationError,
    OutcomeUnknownError,
    PermanentRefusalError,
)
from activator.model.ads import AudienceSpec, RemoteObject
from activator.model.delivery import Operation, Receipt, Settlement
from connectors.meta.destination import MetaDestination
from connectors.meta.uploads import read_upload
from tests.unit.meta_account import (
    ACCOUNT,
    AUDIENCE,
    BATCH,
    GRAPH,
    body,
    digest,
    everything_said,
    graph_error,
    members,
    named,
    opened,
    page,
    request,
    script,
)

USERS = f"{GRAPH}/501/users"
ACCEPTED = {"id": "act_1234567890", "tos_accepted": {"custom_audience_tos": 1}}


def sent(folder: Path, answer: Any, table: pa.Table | None = None, operation: Operation = Operation.ADD) -> Receipt:
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, answer)
        return opened(folder).send(operation, "501", members() if table is None else table, BATCH)


def received(rows: int, invalid: int = 0, **more: Any) -> dict[str, Any]:
    return {"audience_id": "501", "session_id": "1", "num_received": rows, "num_invalid_entries": invalid, **more}


def test_an_audience_is_created_as_an_empty_customer_list(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "GET", ACCOUNT, ACCEPTED)
        script(graph, "POST", f"{ACCOUNT}/customaudiences", {"id": "501"})
        made = opened(tmp_path, options={"retention_days": 90}).create(AUDIENCE, {})
        form = body(request(graph.calls))

    assert form == {
        "name": AUDIENCE.name,
        "description": "Best customers",
        "subtype": "CUSTOM",
        "customer_file_source": "USER_PROVIDED_ONLY",
        "retention_days": "90",
    }
    assert (made.kind, made.key, made.platform_id) == ("audience", "audience/gold", "501")


def test_without_the_terms_no_list_is_made_and_they_are_asked_for_once(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "GET", ACCOUNT, {"tos_accepted": {}}, ACCEPTED)
        script(graph, "POST", f"{ACCOUNT}/customaudiences", {"id": "501"}, {"id": "502"})
        destination = opened(tmp_path)
        with pytest.raises(AuthenticationRequiredError) as raised:
            destination.create(AUDIENCE, {})

        for _ in range(2):
            destination.create(AUDIENCE, {})

    assert "customaudiences/tos" in raised.value.next_step


def test_a_value_based_list_says_so_and_needs_terms_of_its_own(tmp_path: Path) -> None:
    spec = replace(AUDIENCE, value_based=True)
    both = {"tos_accepted": {"custom_audience_tos": 1, "value_based_custom_audience_tos": 1}}
    with responses.RequestsMock() as graph:
        script(graph, "GET", ACCOUNT, ACCEPTED, both)
        script(graph, "POST", f"{ACCOUNT}/customaudiences", {"id": "501"})
        destination = opened(tmp_path)
        with pytest.raises(AuthenticationRequiredError, match="value-based"):
            destination.create(spec, {})
        destination.create(spec, {})

        assert body(request(graph.calls))["is_value_based"] is True


def test_an_account_that_does_not_show_its_terms_is_believed(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "GET", ACCOUNT, {"id": "act_1234567890"})
        script(graph, "POST", f"{ACCOUNT}/customaudiences", {"id": "501"})

        assert opened(tmp_path).create(AUDIENCE, {}).platform_id == "501"


LABELLED = {"audience_labels": {"gold": "HIGH_VALUE_CUSTOMERS"}}
ALIKE = {"lookalike_percent": {"gold": 2}}


def shown(**more: Any) -> dict[str, Any]:
    """Our list as Meta shows it, in order and filled."""
    row = {"id": "501", "name": AUDIENCE.name, "description": AUDIENCE.description}
    return {**row, "operation_status": {"code": 200}, "delivery_status": {"code": 200}, **more}


def observed(folder: Path, *rows: dict[str, Any], **given: Any) -> tuple[MetaDestination, RemoteObject]:
    with responses.RequestsMock() as graph:
        for edge in ("campaigns", "adsets", "ads"):
            graph.add("GET", f"{ACCOUNT}/{edge}", json=page())
        graph.add("GET", f"{ACCOUNT}/customaudiences", json=page(*rows))
        destination = opened(folder, **given)
        (remote,) = destination.observe().objects
    return destination, remote


@pytest.mark.parametrize(
    ("options", "row"),
    [
        ({}, shown()),
        (LABELLED, shown(audience_labels=["HIGH_VALUE_CUSTOMERS"])),
        (LABELLED, shown()),  # a version that does not show labels
        (ALIKE, shown(delivery_status={"code": 300})),  # too small to seed a lookalike: nothing is missing yet
    ],
)
def test_a_list_as_it_should_be_needs_nothing(tmp_path: Path, options: dict[str, Any], row: dict[str, Any]) -> None:
    destination, remote = observed(tmp_path, row, options=options, countries=("DE",))

    assert remote.fields == destination.comparable(AUDIENCE)


@pytest.mark.parametrize(
    ("is_value_based", "wanted", "fix"),
    [(True, False, "Write `value_based: true`"), (False, True, "Take `value_based`")],
)
def test_a_list_of_the_other_kind_is_refused_while_planning(
    tmp_path: Path, is_value_based: bool, wanted: bool, fix: str
) -> None:
    destination, _ = observed(tmp_path, shown(is_value_based=is_value_based))
    destination.comparable(replace(AUDIENCE, value_based=is_value_based))
    with pytest.raises(ConfigurationError, match="tier gold: list 501 was made with") as refused:
        destination.comparable(replace(AUDIENCE, value_based=wanted))
    assert fix in refused.value.next_step


@pytest.mark.parametrize(
    ("row", "sent_form"),
    [
        ({"name": named("Renamed", "audience/gold")}, {"name": AUDIENCE.name}),
        ({"description": "by hand"}, {"description": AUDIENCE.description}),
        ({"audience_labels": ["AT_RISK"]}, {"audience_labels": ["HIGH_VALUE_CUSTOMERS"]}),
    ],
)
def test_only_what_differs_of_a_list_is_brought_back(
    tmp_path: Path, row: dict[str, Any], sent_form: dict[str, Any]
) -> None:
    destination, remote = observed(tmp_path, shown(**row), options=LABELLED)
    assert remote.fields != destination.comparable(AUDIENCE)

    with responses.RequestsMock() as graph:
        script(graph, "POST", f"{GRAPH}/501", {"success": True})
        destination.update(AUDIENCE, remote, {})
        assert body(request(graph.calls)) == sent_form


@pytest.mark.parametrize(
    ("countries", "place"),
    [
        (("DE",), {"country": "DE"}),
        (("DE", "AT"), {"location_spec": {"geo_locations": {"countries": ["AT", "DE"]}}}),
    ],
)
def test_a_ready_list_grows_the_lookalike_that_is_missing(
    tmp_path: Path, countries: tuple[str, ...], place: dict[str, Any]
) -> None:
    destination, remote = observed(tmp_path, shown(), options=ALIKE, countries=countries)
    assert remote.fields["lookalike"] == ""

    with responses.RequestsMock() as graph:
        script(graph, "POST", f"{ACCOUNT}/customaudiences", {"id": "601"})
        destination.update(AUDIENCE, remote, {})
        form = body(request(graph.calls))

    assert (form["subtype"], form["origin_audience_id"]) == ("LOOKALIKE", "501")
    assert form["lookalike_spec"] == {"ratio": 0.02, **place}
    again, grown = observed(tmp_path, shown(), {"id": "601", "name": form["name"]}, options=ALIKE, countries=countries)
    assert grown.fields == again.comparable(AUDIENCE)


ADOPTING = {"adopt_audiences": {"gold": 4711}}
THEIRS = {"id": "4711", "name": "Best buyers", "subtype": "CUSTOM", "account_id": "1234567890"}


def adopted(folder: Path, row: Any, *listed: dict[str, Any]) -> tuple[MetaDestination, tuple[RemoteObject, ...]]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as graph:
        for edge in ("campaigns", "adsets", "ads"):
            graph.add("GET", f"{ACCOUNT}/{edge}", json=page())
        graph.add("GET", f"{ACCOUNT}/customaudiences", json=page(*listed))
        script(graph, "GET", f"{GRAPH}/4711", row)
        destination = opened(folder, options=ADOPTING)
        return destination, destination.observe().objects


def test_a_list_named_by_its_id_becomes_ours_by_name(tmp_path: Path) -> None:
    destination, (remote,) = adopted(tmp_path, THEIRS)
    assert (remote.key, remote.platform_id, remote.fields["name"]) == ("audience/gold", "4711", "Best buyers")

    with responses.RequestsMock() as graph:
        script(graph, "POST", f"{GRAPH}/4711", {"success": True})
        destination.update(AUDIENCE, remote, {})
        assert body(request(graph.calls)) == {"name": AUDIENCE.name, "description": AUDIENCE.description}


def test_once_it_carries_our_marker_it_is_found_like_any_other(tmp_path: Path) -> None:
    _, (remote,) = adopted(tmp_path, (500, {}), shown(id="4711"))

    assert remote.platform_id == "4711"


@pytest.mark.parametrize(
    "row", [{**THEIRS, "subtype": "LOOKALIKE"}, {**THEIRS, "account_id": "9"}, (400, graph_error(100, 33))]
)
def test_what_is_no_customer_list_of_the_account_is_not_adopted(tmp_path: Path, row: Any) -> None:
    with pytest.raises(PermanentRefusalError):
        adopted(tmp_path, row)


def test_a_tier_that_has_a_list_of_ours_adopts_no_other(tmp_path: Path) -> None:
    with pytest.raises(PermanentRefusalError, match="4711"):
        adopted(tmp_path, THEIRS, shown())


@pytest.mark.parametrize("options", [{"lookalike_percent": {"platinum": 1}}, {"audience_labels": {"x": "AT_RISK"}}])
def test_options_speak_of_tiers_there_are(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="there is no tier"):
        opened(tmp_path, options=options, countries=("DE",))


def test_a_lookalike_needs_countries(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="countries"):
        opened(tmp_path, options=ALIKE)


@pytest.mark.parametrize("word", ["high income", "High-Income", "credit score", "Diabetes"])
def test_a_name_meta_would_flag_is_refused_before_any_call(tmp_path: Path, word: str) -> None:
    spec = AudienceSpec("audience/x", named(f"Brand {word}", "audience/x"), "d", "x", suppress=False)

    with responses.RequestsMock(), pytest.raises(PermanentRefusalError) as raised:
        opened(tmp_path).create(spec, {})

    assert "Rename" in raised.value.next_step


def test_an_upload_says_schema_rows_and_session_in_its_body(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(3))
        receipt = opened(tmp_path).send(Operation.ADD, "501", members(), BATCH)
        asked = request(graph.calls)

    assert asked.method == "POST"
    assert asked.url == USERS
    form = body(asked)
    assert set(form) == {"payload", "session"}
    assert form["payload"] == {
        "schema": ["EMAIL", "PHONE"],
        "data": [[digest(1), ""], [digest(2), digest(1002)], [digest(3), ""]],
    }
    session_id = form["session"].pop("session_id")
    assert 0 < session_id < 2**63
    assert form["session"] == {"batch_seq": 1, "last_batch_flag": True, "estimated_num_total": 3}
    assert receipt == Receipt(Settlement.SETTLED, sent=3, settled=3)


def test_a_removal_is_a_post_that_says_delete_in_its_body(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(3))
        receipt = opened(tmp_path).send(Operation.REMOVE, "501", members(), BATCH)
        asked = request(graph.calls)

    assert (asked.method, asked.url) == ("POST", USERS)
    assert body(asked)["method"] == "DELETE"
    assert len(body(asked)["payload"]["data"]) == 3
    assert receipt.settled == 3


def test_an_identical_resend_has_a_session_of_its_own(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(3), received(3))
        destination = opened(tmp_path)
        receipts = [destination.send(Operation.ADD, "501", members(), BATCH) for _ in range(2)]
        first, second = (body(request(graph.calls, position)) for position in range(2))

    assert first["payload"] == second["payload"]
    assert first["session"]["session_id"] != second["session"]["session_id"]
    assert receipts[0] == receipts[1]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"audience_id": "501"},
        received(2),
        received(4),
        received(6),
        received(0),
        {"audience_id": "501", "num_received": 3},
        {"audience_id": "999", "num_received": 3, "num_invalid_entries": 0},
        {"audience_id": "501", "num_received": True, "num_invalid_entries": 0},
        {"audience_id": "501", "num_received": 3, "num_invalid_entries": -1},
        {"audience_id": "501", "num_received": None, "num_invalid_entries": None},
    ],
)
def test_a_receipt_that_does_not_cover_the_batch_is_unknown(tmp_path: Path, answer: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknownError):
        sent(tmp_path, answer)


def test_invalid_rows_are_rejected_and_named_where_samples_match(tmp_path: Path) -> None:
    receipt = sent(tmp_path, received(3, 1, invalid_entry_samples=[digest(2)]))

    assert (receipt.settlement, receipt.settled, receipt.rejected) == (Settlement.SETTLED, 2, 1)
    assert receipt.rejected_rows == (1,)
    assert digest(2) not in receipt.detail


@pytest.mark.parametrize(
    ("samples", "rows"),
    [
        ({digest(3): "EMAIL"}, (2,)),
        ([[digest(1), ""]], (0,)),
        ({"0": {"value": digest(1002)}}, (1,)),
        ([digest(1), digest(2)], ()),  # more matches than rejected rows: not to be trusted
        (["something else"], ()),
        (None, ()),
    ],
)
def test_samples_are_read_in_any_form(tmp_path: Path, samples: Any, rows: tuple[int, ...]) -> None:
    assert sent(tmp_path, received(3, 1, invalid_entry_samples=samples)).rejected_rows == rows


def test_a_batch_that_is_invalid_as_a_whole_is_rejected_even_though_the_answer_is_200(tmp_path: Path) -> None:
    receipt = sent(tmp_path, received(3, 3))

    assert (receipt.settlement, receipt.settled, receipt.rejected) == (Settlement.REJECTED, 0, 3)


def test_an_empty_batch_needs_no_call(tmp_path: Path) -> None:
    with responses.RequestsMock():
        assert opened(tmp_path).send(Operation.ADD, "501", members(0), BATCH).sent == 0


def test_too_many_rows_are_refused_before_any_call(tmp_path: Path) -> None:
    with responses.RequestsMock(), pytest.raises(PermanentRefusalError):
        opened(tmp_path).send(Operation.ADD, "501", members(10_001), BATCH)


def test_ten_thousand_rows_travel_in_one_call(tmp_path: Path) -> None:
    assert sent(tmp_path, received(10_000), members(10_000)).settled == 10_000


@pytest.mark.parametrize("value", ["anna@example.com", digest(1).upper().replace("0", "A"), "abc"])
def test_what_is_not_a_digest_never_leaves(tmp_path: Path, value: str) -> None:
    with responses.RequestsMock(), pytest.raises(PermanentRefusalError) as raised:
        opened(tmp_path).send(Operation.ADD, "501", pa.table({"EMAIL": [digest(1), value]}), BATCH)

    assert value not in everything_said(raised.value)


def test_rows_without_any_identifier_are_refused_before_any_call(tmp_path: Path) -> None:
    with responses.RequestsMock(), pytest.raises(PermanentRefusalError):
        opened(tmp_path).send(Operation.ADD, "501", pa.table({"EMAIL": ["", None]}), BATCH)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (graph_error(200, 1870090), AuthenticationRequiredError),
        (graph_error(100, 1713230), PermanentRefusalError),
        (graph_error(200, 1870047), PermanentRefusalError),
    ],
)
def test_terms_flags_and_small_audiences_say_what_to_do(
    tmp_path: Path, error: dict[str, Any], kind: type[ActivatorError]
) -> None:
    with pytest.raises(kind) as raised:
        sent(tmp_path, (400, error), operation=Operation.REMOVE)

    assert raised.value.next_step


DEVICE = "6d92078a-8246-4ba4-ae5b-76104861e7dc"


def with_plain_ids(external_id: str = "C-17", device: str = DEVICE) -> pa.Table:
    table = members(2)
    table = table.append_column("EXTERN_ID", pa.array([external_id, ""]))
    return table.append_column("MADID", pa.array(["", device]))


def test_customer_and_advertising_ids_go_unhashed_beside_the_digests(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(2))
        opened(tmp_path).send(Operation.ADD, "501", with_plain_ids(), BATCH)
        payload = body(request(graph.calls))["payload"]
    assert payload["schema"] == ["EMAIL", "PHONE", "EXTERN_ID", "MADID"]
    assert [row[2:] for row in payload["data"]] == [["C-17", ""], ["", DEVICE]]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (with_plain_ids(external_id="jane@example.com"), "EXTERN_ID"),
        (with_plain_ids(device=DEVICE.upper()), "MADID"),
        (with_plain_ids(device=digest(1)), "MADID"),
    ],
)
def test_a_plain_column_is_checked_before_anything_is_sent(tmp_path: Path, table: pa.Table, column: str) -> None:
    with responses.RequestsMock(), pytest.raises(PermanentRefusalError, match=f"column {column}"):
        opened(tmp_path).send(Operation.ADD, "501", table, BATCH)


US = hashlib.sha256(b"us").hexdigest()


def test_limited_data_use_is_said_row_by_row(tmp_path: Path) -> None:
    table = members(3).append_column("COUNTRY", pa.array([US, digest(49), ""]))
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(3))
        opened(tmp_path, options={"limited_data_use": True}).send(Operation.ADD, "501", table, BATCH)
        payload = body(request(graph.calls))["payload"]

    assert payload["schema"][-1] == "DATA_PROCESSING_OPTIONS"
    assert [row[-1] for row in payload["data"]] == [["LDU"], [], ["LDU"]]  # only who surely lives elsewhere is free


def test_without_a_country_everybody_is_limited(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(3))
        opened(tmp_path, options={"limited_data_use": True}).send(Operation.ADD, "501", members(), BATCH)
        payload = body(request(graph.calls))["payload"]

    assert [row[-1] for row in payload["data"]] == [["LDU"]] * 3


def test_a_removal_says_nothing_but_who(tmp_path: Path) -> None:
    table = members(2).append_column("LOOKALIKE_VALUE", pa.array([44.5, 0.0]))
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(2))
        opened(tmp_path, options={"limited_data_use": True}).send(Operation.REMOVE, "501", table, BATCH)
        payload = body(request(graph.calls))["payload"]

    assert payload["schema"] == ["EMAIL", "PHONE"]


def test_values_of_members_are_numbers(tmp_path: Path) -> None:
    table = members(4).append_column("LOOKALIKE_VALUE", pa.array([44.5, 140.0, None, 1e21]))
    with responses.RequestsMock() as graph:
        script(graph, "POST", USERS, received(4))
        opened(tmp_path).send(Operation.ADD, "501", table, BATCH)
        payload = body(request(graph.calls))["payload"]

    assert payload["schema"] == ["EMAIL", "PHONE", "LOOKALIKE_VALUE"]
    assert [row[2] for row in payload["data"]] == [44.5, 140, 0, 1e21]


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_value_that_meta_does_not_take_never_leaves(tmp_path: Path, value: float) -> None:
    table = members(1).append_column("LOOKALIKE_VALUE", pa.array([value]))
    with responses.RequestsMock(), pytest.raises(PermanentRefusalError, match="LOOKALIKE_VALUE"):
        opened(tmp_path).send(Operation.ADD, "501", table, BATCH)


_PLAIN = st.text(st.characters(exclude_characters="@", exclude_categories=["Cs"]))
_DIGEST = st.sampled_from(["", digest(1), "f" * 64, "0123456789abcdef" * 4])


_ROWS = st.lists(st.tuples(_DIGEST, _DIGEST, _DIGEST, _PLAIN, st.floats(0, 1e300)), min_size=1)


@given(_ROWS, st.booleans(), st.booleans(), st.booleans())
def test_a_payload_reads_back_as_the_rows_it_was_made_from(
    rows: list[tuple[str, str, str, str, float]], valued: bool, limited: bool, all_columns: bool
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    texts = dict(zip(("EMAIL", "PHONE", "COUNTRY", "EXTERN_ID"), columns, strict=False))
    table = pa.table(texts | ({"LOOKALIKE_VALUE": columns[4]} if valued else {}))
    sliced = pa.concat_tables([table, table]).slice(len(rows))
    wanted = {name: column for name, column in texts.items() if all_columns or any(column)}
    if valued:
        wanted["LOOKALIKE_VALUE"] = columns[4]
    if limited:
        wanted["DATA_PROCESSING_OPTIONS"] = [[] if country else ["LDU"] for country in columns[2]]

    for given_table in (table, sliced):
        if not any(map(any, texts.values())):
            with pytest.raises(PermanentRefusalError):
                read_upload(given_table)
            continue
        upload = read_upload(given_table, limited_data_use=limited, all_columns=all_columns)
        payload = json.loads(unquote_plus(b"".join(upload.payload().pieces).decode()))
        assert payload["schema"] == list(wanted)
        assert payload["data"] == [list(row) for row in zip(*wanted.values(), strict=True)]


@pytest.mark.parametrize("row", [0, 2_047, 2_048, 9_999])
@pytest.mark.parametrize("wrong", ["g" * 64, "A" * 64, "a" * 63 + "/", "a" * 63 + ":", "a" * 63 + "`", "a" * 63 + "é"])
def test_one_wrong_digest_among_ten_thousand_keeps_all_from_leaving(row: int, wrong: str) -> None:
    email = [f"{number:064x}" for number in range(10_000)]
    email[row] = wrong
    with pytest.raises(PermanentRefusalError, match="EMAIL"):
        read_upload(pa.table({"EMAIL": email}))


EVERYWHERE = f"{ACCOUNT}/usersofanyaudience"


@pytest.mark.parametrize("answer", [{"success": True}, {"num_received": 3, "num_invalid_entries": 0}])
def test_people_are_removed_from_every_list_of_the_account(tmp_path: Path, answer: dict[str, Any]) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", EVERYWHERE, answer)
        receipt = opened(tmp_path).remove_everywhere(members(), BATCH)
        asked = request(graph.calls)

    form = body(asked)
    assert (form["method"], len(form["payload"]["data"]), form["session"]["batch_seq"]) == ("DELETE", 3, 1)
    assert digest(1) not in str(asked.url)
    assert receipt == Receipt(Settlement.SETTLED, sent=3, settled=3)


def test_a_lost_answer_to_an_account_wide_removal_is_asked_for_again_since_twice_is_once(tmp_path: Path) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", EVERYWHERE, (500, graph_error(1)), {"success": True})
        assert opened(tmp_path).remove_everywhere(members(), BATCH).settled == 3


@pytest.mark.parametrize("answer", [{}, {"num_received": 2, "num_invalid_entries": 0}, {"id": "1"}])
def test_an_account_wide_removal_that_is_not_confirmed_is_unknown(tmp_path: Path, answer: dict[str, Any]) -> None:
    with responses.RequestsMock() as graph:
        script(graph, "POST", EVERYWHERE, answer)
        with pytest.raises(OutcomeUnknownError):
            opened(tmp_path).remove_everywhere(members(), BATCH)


def test_nobody_to_remove_needs_no_call(tmp_path: Path) -> None:
    with responses.RequestsMock():
        assert opened(tmp_path).remove_everywhere(members(0), BATCH).sent == 0
