"""What the token endpoint says besides the token: how wrong this machine's clock is, and what the token may do."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.google.credentials import TokenAnswers

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
    said = TokenAnswers(lambda: NOW)
    said(answered(Date=date))
    assert said.clock_ahead_seconds == ahead_seconds


def test_an_answer_without_a_date_says_nothing() -> None:
    said = TokenAnswers(lambda: NOW)
    said(answered())
    assert said.clock_ahead_seconds == 0


def test_the_scopes_that_were_granted_are_kept_and_nothing_else() -> None:
    response = answered()
    response._content = b'{"access_token": "secret", "scope": "one two"}'
    said = TokenAnswers(lambda: NOW)
    said(response)
    assert said.scopes == frozenset({"one", "two"})
    assert "secret" not in str(vars(said))
