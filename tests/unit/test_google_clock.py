"""How far this machine's clock is from Google's, read from what the token endpoint answers."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.google.credentials import ClockDifference

NOW = datetime(2026, 11, 25, 8, 0, 0, tzinfo=UTC)


def answered(**headers: str) -> requests.Response:
    response = requests.Response()
    response.headers.update(headers)
    response.elapsed = timedelta(seconds=1)
    return response


@pytest.mark.parametrize(
    ("date", "ahead_seconds"),
    [
        ("Wed, 25 Nov 2026 07:59:59 GMT", 0),  # the answer was a second under way
        ("Wed, 25 Nov 2026 07:54:59 GMT", 300),
        ("Wed, 25 Nov 2026 08:09:59 GMT", -600),
        ("yesterday", 0),
    ],
)
def test_a_clock_that_is_wrong_is_noticed(date: str, ahead_seconds: float) -> None:
    difference = ClockDifference(lambda: NOW)
    difference(answered(Date=date))
    assert difference.seconds == ahead_seconds


def test_an_answer_without_a_date_says_nothing() -> None:
    difference = ClockDifference(lambda: NOW)
    difference(answered())
    assert difference.seconds == 0
