"""From answers to the motivation of each tier: one vote per customer, evidence without names."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from activator.motivation.classify import classify, votes
from activator.motivation.lexicon import shipped_lexicon
from activator.motivation.profile import profile
from activator.motivation.quotes import LENGTH_MAX, choose_quotes, mask, shorten
from activator.motivation.reader import Reader
from activator.people.engine import Engine, open_engine

SCHEMA = pa.schema(
    [
        ("person_key", pa.string()),
        ("tier", pa.string()),
        ("answered_at", pa.timestamp("us")),
        ("comment", pa.string()),
        ("language", pa.string()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("score", pa.int64()),
    ]
)
READER = Reader(shipped_lexicon())


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(tmp_path) as opened:
        yield opened


def answers(
    engine: Engine, *rows: tuple[str | None, str | None, str | None], scores: dict[str, int] | None = None
) -> ir.Table:
    """One answer a day: (person, tier, comment); scores by person."""
    table = [
        {
            "person_key": person,
            "tier": tier,
            "comment": comment,
            "answered_at": datetime(2026, 1, 1) + timedelta(days=day),  # noqa: DTZ001 - relations are UTC-naive
            "language": None,
            "source": "survey",
            "source_row": day + 2,
            "score": (scores or {}).get(person or ""),
        }
        for day, (person, tier, comment) in enumerate(rows)
    ]
    result: ir.Table = engine.backend.create_table("responses", ibis.memtable(pa.Table.from_pylist(table, SCHEMA)))
    return result


def rows(table: ir.Table, *columns: str) -> list[tuple[Any, ...]]:
    found = table.order_by("source_row").select(*columns).to_pyarrow().to_pylist()
    return [tuple(row.values()) for row in found]


def test_every_comment_gets_its_motive_or_none(engine: Engine) -> None:
    classified = classify(
        engine,
        answers(
            engine,
            ("a", "high", "It is reliable."),
            ("b", "high", "  It is reliable.  "),
            ("c", "low", "Fine."),
            ("d", "low", None),
            ("e", "low", "   "),
        ),
        READER,
    )
    assert rows(classified, "person_key", "tier", "motive", "source", "source_row") == [
        ("a", "high", "risk", "survey", 2),
        ("b", "high", "risk", "survey", 3),
        ("c", "low", None, "survey", 4),
    ]


def test_no_answers_at_all_are_fine(engine: Engine) -> None:
    assert profile(engine, answers(engine)) == {}


def test_a_customer_has_one_vote_and_it_is_the_latest_with_a_motive(engine: Engine) -> None:
    responses = answers(
        engine,
        ("a", "high", "It is reliable."),
        ("a", "high", "It looks cheap."),
        ("a", "high", "Thank you."),
        (None, None, "It is reliable."),
        ("b", None, "It is reliable."),
    )
    assert rows(votes(engine, classify(engine, responses, READER)), "person_key", "motive") == [("a", "quality")]


def test_tiers_are_judged_each_for_itself(engine: Engine) -> None:
    high = [(f"h{n}", "high", "It is reliable, I trust them.") for n in range(25)]
    high += [(f"i{n}", "high", "It saves a lot of time.") for n in range(5)]
    low = [(f"l{n}", "low", "I love the discount.") for n in range(29)]
    judged = profile(engine, answers(engine, *high, *low), READER, tiers=("high", "mid", "low"))
    assert {tier: (found.outcome, found.motivations, found.answers) for tier, found in judged.items()} == {
        "high": ("one", ("risk",), 30),
        "mid": ("too_few", (), 0),
        "low": ("too_few", (), 29),
    }
    assert judged["high"].quotes == ("It is reliable, I trust them.",)
    assert judged["low"].quotes == ()


def test_two_drivers_are_both_quoted(engine: Engine) -> None:
    told = ("It is reliable, number {}.", "It saves me time on day {}.")
    both = [(f"{n}", "high", told[n % 2].format(n)) for n in range(60)]
    judged = profile(engine, answers(engine, *both), READER)["high"]
    assert (judged.outcome, judged.motivations) == ("two", ("efficiency", "risk"))
    assert [("reliable" in quote, "time" in quote) for quote in judged.quotes] == [
        (False, True),
        (False, True),
        (True, False),
    ]


class TestStatements:
    """Needs, pains and drivers, each with the comments that say it."""

    SAID = (
        ("a", "high", "It is so reliable, I can trust it."),
        ("b", "high", "It is reliable, ask anna@example.com about it."),
        ("c", "high", "Much too expensive for what it does."),
        ("d", "high", "The price is really too high now."),
        ("e", "high", "A sustainable choice for our family."),
        ("f", "high", "It saves me a lot of time every day."),
        ("g", "high", "We save a lot of time with it."),
    )
    SCORES: ClassVar = {"a": 10, "b": 9, "c": 2, "d": 6, "e": 10, "f": 8}

    def test_who_recommends_names_drivers_who_does_not_pains_and_the_rest_needs(self, engine: Engine) -> None:
        told = profile(engine, answers(engine, *self.SAID, scores=self.SCORES), READER)["high"].statements
        assert [(each.kind, each.motive, each.customers) for each in told] == [
            ("driver", "risk", 2),
            ("pain", "price", 2),
            ("need", "efficiency", 2),
        ]

    def test_every_statement_is_linked_to_what_was_said_with_identifiers_hidden(self, engine: Engine) -> None:
        told = profile(engine, answers(engine, *self.SAID, scores=self.SCORES), READER)["high"].statements
        assert {(each.id, each.quote) for each in told[0].evidence} == {
            ("survey:2", "It is so reliable, I can trust it."),
            ("survey:3", "It is reliable, ask […] about it."),
        }

    def test_one_voice_is_no_statement(self, engine: Engine) -> None:
        told = profile(engine, answers(engine, *self.SAID, scores=self.SCORES), READER)["high"].statements
        assert "values" not in {each.motive for each in told}

    def test_everyone_who_said_anything_is_counted(self, engine: Engine) -> None:
        said = (*self.SAID, ("h", "high", "Fine."), ("h", "high", "Fine again."))
        found = profile(engine, answers(engine, *said), READER)["high"]
        assert (found.customers, found.answers) == (8, 7)


class TestQuotes:
    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("Write to anna.k@example.com, I trust you", "Write to […] I trust you"),
            ("Reliable, call +49 (0)30 123-45 67 any time", "Reliable, call […] any time"),
            ("See https://example.com/u/anna?x=1 for my photo", "See […] for my photo"),
            ("My blog anna-bakes.de has it", "My blog […] has it"),
            ("Order 4711001 came late, size 42 fits", "Order […] came late, size 42 fits"),
            ("Order #A17 never came", "Order […] never came"),
            ("I'm Anna and I love it", "I'm […] and I love it"),
            ("I’m Jean-Luc Picard and I love it", "I’m […] and I love it"),
            ("hi, my name is anna, it works", "hi, my name is […], it works"),
            ("Ich bin Jürgen Öztürk und sehr zufrieden", "Ich bin […] und sehr zufrieden"),
            ("Mrs. Smith helped me", "Mrs. […] helped me"),
            ("I spoke with Peter Parker about it", "I spoke with […] about it"),
            ("my husband Carl loves it", "my husband […] loves it"),
            ("Works well. Regards, Anna", "Works well. Regards, […]"),
            ("Works well - Anna B.", "Works well - […]"),
            ("Follow @anna_bakes for more", "Follow […] for more"),
            ("line one\nline\u202e two\x07", "line one line two"),
        ],
    )
    def test_what_could_name_a_person_is_hidden(self, said: str, shown: str) -> None:
        assert mask(said) == shown

    def test_what_names_nobody_stays(self) -> None:
        assert mask("I'm happy: saves 2 hours and 30 EUR a week.") == "I'm happy: saves 2 hours and 30 EUR a week."

    def test_long_ones_are_cut_between_words(self) -> None:
        cut = shorten("word " * 60)
        assert len(cut) <= LENGTH_MAX
        assert cut.endswith("word…")
        assert len(shorten("x" * 500)) <= LENGTH_MAX

    def test_a_quote_must_say_something_and_say_it_once(self) -> None:
        said = [
            "Great.",
            "It just works for us",
            "It just works for us",
            "anna@example.com bob@example.com x",
            "So it is, really",
        ]
        assert choose_quotes(said) == ("It just works for us", "So it is, really")
