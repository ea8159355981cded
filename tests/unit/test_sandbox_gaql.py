"""The query language of the Google half of the sandbox: what it reads, and what it refuses."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.google.conditions import holds
from connectors.sandbox.google.gaql import Query, like_pattern, parse
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.rows import rounded
from connectors.sandbox.google.wire import row_class

TODAY = date(2026, 11, 25)  # a Wednesday


def read(text: str) -> Query:
    return parse(text, TODAY)


def matches(condition: str, **campaign: Any) -> bool:
    row = row_class()()
    for name, value in campaign.items():
        setattr(row.campaign, name, value)
    return all(holds(part, row) for part in read(f"SELECT campaign.id FROM campaign WHERE {condition}").where)


def refused(text: str) -> str:
    with pytest.raises(Refusal) as raised:
        read(text)
    return raised.value.code


def test_a_query_is_read_with_all_its_clauses() -> None:
    query = read(
        "SELECT campaign.id, metrics.clicks FROM campaign WHERE campaign.status != REMOVED AND campaign.id IN (1, 2)"
        " ORDER BY metrics.clicks DESC, campaign.id LIMIT 5 PARAMETERS include_drafts=true"
    )
    assert (query.resource, query.limit) == ("campaign", 5)
    assert [field.name for field in query.select] == ["campaign.id", "metrics.clicks"]
    assert [(part.field.name, part.operator, part.values) for part in query.where] == [
        ("campaign.status", "!=", ("REMOVED",)),
        ("campaign.id", "IN", ("1", "2")),
    ]
    assert [(field.name, descending) for field, descending in query.order] == [
        ("metrics.clicks", True),
        ("campaign.id", False),
    ]


def test_keywords_are_read_in_any_case_and_over_several_lines() -> None:
    assert read("select campaign.id\n  from campaign\n  where campaign.id = 3\n").where[0].values == ("3",)


def test_fields_are_named_as_documented() -> None:
    assert read("SELECT ad_group.type FROM ad_group").select[0].path == ("ad_group", "type_")
    assert refused("SELECT ad_group.type_ FROM ad_group") == "UNRECOGNIZED_FIELD"


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("TODAY", "2026-11-25", "2026-11-25"),
        ("YESTERDAY", "2026-11-24", "2026-11-24"),
        ("LAST_7_DAYS", "2026-11-18", "2026-11-24"),
        ("LAST_30_DAYS", "2026-10-26", "2026-11-24"),
        ("THIS_MONTH", "2026-11-01", "2026-11-25"),
        ("LAST_MONTH", "2026-10-01", "2026-10-31"),
        ("LAST_WEEK_MON_SUN", "2026-11-16", "2026-11-22"),
        ("LAST_WEEK_SUN_SAT", "2026-11-15", "2026-11-21"),
        ("LAST_BUSINESS_WEEK", "2026-11-16", "2026-11-20"),
        ("THIS_WEEK_MON_TODAY", "2026-11-23", "2026-11-25"),
    ],
)
def test_periods_are_complete_days_seen_from_today(period: str, first: str, last: str) -> None:
    query = read(f"SELECT campaign.id FROM campaign WHERE segments.date DURING {period}")
    assert [(part.operator, part.values) for part in query.where] == [(">=", (first,)), ("<=", (last,))]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("campaign.name = 'Gold'", True),
        ("campaign.name = 'gold'", False),
        ("campaign.name LIKE 'gold%'", True),
        ("campaign.name LIKE '%ol_'", True),
        ("campaign.name NOT LIKE 'G%'", False),
        ("campaign.name REGEXP_MATCH 'G.*'", True),
        ("campaign.name REGEXP_MATCH 'ol'", False),
        ("campaign.name NOT REGEXP_MATCH '.*x.*'", True),
        ("campaign.name IN ('Gold', 'Silver')", True),
        ("campaign.name NOT IN ('Gold')", False),
        ("campaign.id > 41", True),
        ("campaign.id >= 42 AND campaign.id <= 42", True),
        ("campaign.id BETWEEN 1 AND 41", False),
        ("campaign.status = 'PAUSED'", True),
        ("campaign.status IN (ENABLED, REMOVED)", False),
        ("campaign.labels CONTAINS ANY ('x', 'y')", False),
        ("campaign.labels CONTAINS NONE ('x')", True),
        ("campaign.end_date_time IS NULL", True),
        ("campaign.end_date_time = '2026-01-01'", False),
        ("campaign.name IS NOT NULL", True),
    ],
)
def test_conditions(condition: str, expected: bool) -> None:
    assert matches(condition, name="Gold", id=42, status=3) is expected


def test_brackets_in_like_stand_for_themselves_when_escaped() -> None:
    pattern = like_pattern("%[[]act:1[]]")
    assert pattern.fullmatch("Tier [act:1]")
    assert not pattern.fullmatch("Tier act:1")
    with pytest.raises(Refusal) as raised:
        like_pattern("%[act:1]")
    assert raised.value.code == "INVALID_VALUE_WITH_LIKE_OPERATOR"


def test_quotes_and_escapes() -> None:
    query = read("SELECT campaign.id FROM campaign WHERE campaign.name = \"Kaffee's\" AND campaign.name = 'a\\'b'")
    assert [part.values for part in query.where] == [("Kaffee's",), ("a'b",)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("campaign.id FROM campaign", "EXPECTED_SELECT"),
        ("SELECT campaign.id", "EXPECTED_FROM"),
        ("SELECT FROM campaign", "EXPECTED_FROM"),
        ("SELECT campaign.id FROM", "UNEXPECTED_END_OF_QUERY"),
        ("SELECT campaign.id FROM campaign WHERE", "UNEXPECTED_END_OF_QUERY"),
        ("SELECT campaign.nothing FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT ad_group_ad.ad.responsive_search_ad.headlines.text FROM ad_group_ad", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id IN ()", "PROHIBITED_EMPTY_LIST_IN_CONDITION"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id IN 3", "EXPECTED_LIST"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id ~ 3", "BAD_SYMBOL"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id IS 3", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id BETWEEN 1, 2", "EXPECTED_AND"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = 'x'", "BAD_NUMBER"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id LIKE '4%'", "OPERATOR_FIELD_MISMATCH"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name = 'x", "STRING_NOT_TERMINATED"),
        ("SELECT campaign.id FROM campaign WHERE segments.date = '25.11.2026'", "INVALID_DATE_FORMAT"),
        ("SELECT campaign.id FROM campaign WHERE segments.date DURING ALWAYS", "INVALID_VALUE_WITH_DURING_OPERATOR"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name REGEXP_MATCH '('", "BAD_VALUE"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name LIKE '[act'", "INVALID_VALUE_WITH_LIKE_OPERATOR"),
        ("SELECT campaign.id FROM campaign ORDER campaign.id", "EXPECTED_BY"),
        ("SELECT campaign.id FROM campaign LIMIT none", "BAD_LIMIT_VALUE"),
        ("SELECT campaign.id FROM campaign LIMIT 5 campaign.id", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign PARAMETERS drafts=true", "BAD_PARAMETER_NAME"),
        ("SELECT campaign.id FROM campaign PARAMETERS include_drafts=3", "UNEXPECTED_INPUT"),
    ],
)
def test_what_is_not_a_query_is_refused_with_its_code(text: str, code: str) -> None:
    assert refused(text) == code


_PIECES = (
    "SELECT campaign.id FROM campaign WHERE AND ORDER BY LIMIT IN NOT LIKE BETWEEN DURING IS NULL PARAMETERS"
    " campaign.name campaign.status segments.date metrics.clicks = != >= ( ) , 'x' \"y\" 3 -1.5 TODAY [ \\ '"
)
_WORDS = st.sampled_from(sorted(set(_PIECES.split())))


@given(st.one_of(st.text(), st.lists(_WORDS).map(" ".join)))
def test_any_text_is_a_query_or_a_refusal(text: str) -> None:
    outcome: Query | str
    try:
        outcome = read(text)
    except Refusal as refusal:
        outcome = refusal.category
    assert outcome == "query_error" or isinstance(outcome, Query)


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (99, 0), (100, 100), (1_234, 1_200), (98_765, 99_000)])
def test_list_sizes_are_rounded(count: int, shown: int) -> None:
    assert rounded(count) == shown
