"""What a plan shows of bids and budgets made from value, and of notices."""

import io
from datetime import UTC, datetime

from rich.console import Console

from activator.cli.bidding import notice_lines, print_terms
from activator.model.bidding import Notice, TierTerms
from activator.model.plan import Bindings, Plan

NOW = datetime(2026, 11, 25, tzinfo=UTC)
HIGH = TierTerms("meta", "high", 16_024, 250_000, 47_096, False, "high: 1.60 = 2.920 times", "47.10% of 1,000.00")
LOW = TierTerms("meta", "low", 0, 300_000, 0, True, "low: excluded, 0.213 times", "nothing, since it is excluded")
SAID = TierTerms("meta", "mid", None, None, 1_000)


def plan(*terms: TierTerms, notices: tuple[Notice, ...] = ()) -> Plan:
    bindings = Bindings("", 0, "", "", "", "", {}, NOW)
    return Plan("p", NOW, "p", bindings, (), (), (), (), (), (), (), terms=terms, notices=notices)


def shown(made: Plan) -> str:
    stream = io.StringIO()
    print_terms(Console(file=stream, width=120, color_system=None), made)
    return stream.getvalue()


def test_every_number_is_shown_with_how_it_was_made() -> None:
    text = shown(plan(HIGH, LOW, SAID))
    assert "meta high 1.60 470.96 meta low excluded 0.00" in " ".join(text.split())
    assert "high: 1.60 = 2.920 times" in text
    assert "high: budget 47.10% of 1,000.00" in text
    assert "kept out of every group on meta: tier low" in text
    assert " mid" not in text, "the file says it, so there is nothing to explain"


def test_what_two_destinations_do_alike_is_said_once() -> None:
    google = TierTerms("google", "high", 16_024, 250_000, None, False, HIGH.why_bid)
    assert shown(plan(HIGH, google)).count("2.920 times") == 1


def test_a_plan_whose_file_says_everything_shows_no_such_table() -> None:
    assert shown(plan(SAID)) == ""


def test_notices_are_words_and_no_markup() -> None:
    (line,) = notice_lines(plan(notices=(Notice("generic-copy", "meta/group/high", "told [red]nothing"),)))
    assert "generic-copy: meta/group/high: told \\[red]nothing" in line
