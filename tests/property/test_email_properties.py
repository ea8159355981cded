"""The short way to an e-mail address is the thorough rule's, on whatever an export holds."""

import random
from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from activator.people.identifiers.email import address, any_address, google_form

MUTATED = 120_000
FEW = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
LOCALS = (
    "jane.doe", "Jane+news", "o'brien", "müller", "test", "a", "abc", "no-reply", "noreply+x", "DoNotReply", "no",
    "Norbert", "postmaster", "Testa", "user", "users", "none", "n/a", "x", "mail", "mailer-daemon", ".", "+", "..a.b",
    "名前", "i\u0307lk", "\u212aate", "\u017fam", "_", "-", "%", "1",
)  # fmt: skip
DOMAINS = (
    "example.com", "GMAIL.com", "googlemail.com", "gmail.example.com", "test.com", "test.de", "a.com", "shop.local",
    "shop.localhost", "x.invalid", "x.info", "x.in", "x.li", "x.london", "x.c", "münchen.de", "xn--mnchen-3ya.de",
    "x.xn--p1ai", "пример.рф", "example", "-a.com", "a_b.com", "email.com", "domain.com", "example.co.uk", "x.İN",
)  # fmt: skip
AROUND = ("", " ", "  ", "\t", "\u00a0", "\u200b", "\ufeff", "<", ">", '"', "'", "mailto:", "Jane <", ";", "\0", "@")
# Letters of many scripts and ASCII of every kind, to change, add and take away.
LETTERS = "".join(map(chr, range(128))) + "éßİıſKüФфαΣς정東שع\u0301\u0327\u200d\U0001f600ａＺ４．＠"


def nearly_addresses(count: int, chance: random.Random) -> list[str]:
    """Ordinary and odd addresses, most of them with a few characters changed."""
    made = []
    for _ in range(count):
        around = chance.choices(AROUND, weights=[30] + [1] * (len(AROUND) - 1), k=2)
        text = around[0] + chance.choice(LOCALS) + "@" + chance.choice(DOMAINS) + around[1]
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice((chance.choice(LETTERS), "")) + text[at + chance.randrange(2) :]
        made.append(text)
    return made


def both_ways(texts: list[str], *ways: Callable[[ir.StringValue], ir.StringValue]) -> list[tuple[str | None, ...]]:
    table = ibis.memtable({"value": texts}, schema=ibis.schema({"value": "string"}))
    names = [f"way_{number}" for number in range(len(ways))]
    answers = table.select("value", **{name: way(table.value) for name, way in zip(names, ways, strict=True)})
    rows = ibis.duckdb.connect().to_pyarrow(answers).to_pylist()
    return [tuple(row[name] for name in ("value", *names)) for row in rows]


def thorough(value: ir.StringValue) -> ir.StringValue:
    return any_address(value).nullif("")


def assert_one_answer(texts: list[str]) -> list[str | None]:
    told = both_ways(texts, address, thorough)
    assert ascii([line for line in told if line[1] != line[2]]) == "[]"
    return [line[1] for line in told]


def test_the_short_way_is_the_thorough_one_on_changed_addresses() -> None:
    answers = assert_one_answer(nearly_addresses(MUTATED, random.Random(2026)))
    assert 0.2 < sum(answer is not None for answer in answers) / MUTATED < 0.8


@FEW
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=150, max_size=200))
def test_the_short_way_is_the_thorough_one_on_any_text(texts: list[str]) -> None:
    assert_one_answer([*texts, *(f"{text}@example.com" for text in texts)])


@pytest.mark.parametrize("domain", ["gmail.com", "googlemail.com"])
def test_one_gmail_inbox_has_one_form(domain: str) -> None:
    chance = random.Random(2026)
    boxes = ["".join(chance.choices("ab.+gmailcom", k=chance.randint(1, 12))) for _ in range(20_000)]
    names = [box.partition("+")[0].replace(".", "") for box in boxes]
    told = both_ways([f"{box}@{domain}" for box in boxes], google_form)
    wanted = [f"{name}@{domain}" if name else None for name in names]
    assert [line for line, form in zip(told, wanted, strict=True) if line[1] != form] == []
