"""Members are written as Google's own messages, byte for byte, straight from columns."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activator.model.delivery import Operation
from connectors.google.members import COLUMNS, encoded, to_request, usable

DIGESTS = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
MEMBERS = st.fixed_dictionaries(
    {
        "emails": st.lists(DIGESTS, max_size=12),
        "phones": st.lists(DIGESTS, max_size=12),
        "given_name": st.one_of(st.just(""), DIGESTS),
        "family_name": st.one_of(st.just(""), DIGESTS),
        "region_code": st.sampled_from(["", "DE", "US", "R" * 100]),
        "postal_code": st.one_of(st.sampled_from(["", "P" * 100]), st.text(min_size=1, max_size=12)),
    }
)
SCHEMA = pa.schema([(name, pa.list_(pa.string()) if name in ("emails", "phones") else pa.string()) for name in COLUMNS])


def table(*rows: dict[str, Any]) -> pa.Table:
    blank: dict[str, Any] = {name: [] if name in ("emails", "phones") else "" for name in COLUMNS}
    return pa.Table.from_pylist([{**blank, **row} for row in rows], schema=SCHEMA)


def by_hand(row: dict[str, Any]) -> list[dict[str, Any]]:
    """What the Data Manager guide asks for: ten identifiers at most, an address only whole."""
    address = {name: row[name] for name in ("given_name", "family_name", "region_code", "postal_code")}
    identifiers: list[dict[str, Any]] = [{"address": address}] if all(address.values()) else []
    identifiers += [{"email_address": digest} for digest in row["emails"]]
    identifiers += [{"phone_number": digest} for digest in row["phones"]]
    return identifiers[:10]


@given(st.lists(MEMBERS, max_size=8))
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_what_the_official_messages_would_write(rows: list[dict[str, Any]]) -> None:
    from google.ads.datamanager_v1.types import AudienceMember, IngestAudienceMembersRequest

    members = table(*rows)
    kept = members.filter(pa.array(usable(members)))
    wanted = IngestAudienceMembersRequest.pb()()
    for row in kept.to_pylist():
        member = AudienceMember(user_data={"user_identifiers": by_hand(row)})
        wanted.audience_members.append(AudienceMember.pb(member))

    assert encoded(kept) == wanted.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("row", "taken"),
    [
        ({"emails": ["a" * 64]}, True),
        ({"phones": ["0123456789abcdef" * 4]}, True),
        ({}, False),
        ({"given_name": "a" * 64, "family_name": "b" * 64, "region_code": "DE"}, False),  # no postal code: no address
        ({"emails": ["a" * 63]}, False),
        ({"emails": ["A" * 64]}, False),
        ({"emails": ["g" * 64]}, False),
        ({"emails": ["a" * 64, "anna@shop.example"]}, False),
        ({"phones": ["a" * 63 + "é"]}, False),
        ({"given_name": "a" * 64, "family_name": "Doe", "region_code": "DE", "postal_code": "1"}, False),
    ],
)
def test_rows_google_would_refuse_are_known_before_they_are_sent(row: dict[str, Any], taken: bool) -> None:
    members = table({"emails": ["c" * 64]}, row)
    assert usable(members).tolist() == [True, taken]


@pytest.mark.parametrize("row", [0, 2_047, 2_048, 9_999])
@pytest.mark.parametrize("wrong", ["g" * 64, "a" * 63 + "/", "a" * 63 + ":", "a" * 63 + "`"])
def test_one_wrong_digest_among_ten_thousand_is_found(row: int, wrong: str) -> None:
    emails = [f"{number:064x}" for number in range(10_000)]
    emails[row] = wrong
    right = usable(table(*({"emails": [email]} for email in emails)))
    assert (~right).nonzero()[0].tolist() == [row]


def test_missing_values_are_no_identifiers() -> None:
    members = pa.Table.from_pylist([dict.fromkeys(COLUMNS), {**dict.fromkeys(COLUMNS), "emails": ["a" * 64]}], SCHEMA)
    assert usable(members).tolist() == [False, True]
    assert len(to_request(Operation.REMOVE, [], members.slice(1), terms_accepted=True).audience_members) == 1


def test_slices_of_a_batch_are_written_like_batches_of_their_own() -> None:
    members = table(*[{"emails": [f"{number:064x}"], "phones": [f"{number + 50:064x}"] * 2} for number in range(40)])
    part = members.slice(11, 7)
    assert encoded(part) == encoded(table(*part.to_pylist()))
    assert usable(part).all()
