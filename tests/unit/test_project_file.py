"""activator.yaml: every mistake names file, line, field and fix."""

from pathlib import Path

import pytest

from activator.config.documents import read_document
from activator.config.project import load_project
from activator.errors import ConfigurationError
from tests.projects import PROJECT, write_project


def test_a_complete_project_is_read(tmp_path: Path) -> None:
    project, _ = load_project(write_project(tmp_path))
    assert [tier.name for tier in project.tiers] == ["high", "mid", "low", "rest"]
    assert project.destinations["meta"].tiers["high"].daily_budget is not None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("currency: EUR", "curency: EUR", ["unknown key `curency`", "`currency`"]),
        ("time_zone: Europe/Berlin", "time_zone: Berlin", ["unknown time zone"]),
        ("version: 1", "version: 2", ["version"]),
        ("    motivation: generic", "    motivation: status", ["motivation: generic"]),
        ("top_share: 0.50", "top_share: 0.10", ["must grow"]),
        ("  - {name: rest, suppress: true}", "  - {name: rest, top_share: 0.9}", ["takes the rest"]),
        ("      high: {daily_budget", "      best: {daily_budget", ["no tier `best`"]),
        ("      low: {daily_budget", "      rest: {daily_budget", ["suppressed"]),
        ('daily_budget: "60.00"', 'daily_budget: "60.005"', ["daily_budget"]),
        ('daily_budget: "60.00"', "daily_budget: -1", ["daily_budget", "must be more than 0"]),
        ('daily_budget: "60.00"', 'daily_budget: "60", bid: {strategy: bid_cap}', ["bid_cap needs `amount`"]),
        ('daily_budget: "60.00"', 'daily_budget: "60", bid: {modifier: 1.2}', ["honoured under manual_cpc only"]),
        ('account_id: "1234567890123456"', "account_id: my-account", ["account_id"]),
        ('at: "02:30"', 'at: "25:30"', ["at"]),
    ],
)
def test_a_mistake_names_its_line_and_the_way_out(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    text = PROJECT.replace(old, new, 1)
    assert text != PROJECT
    section = {"    motivation: status": "copy:", "top_share": "tiers:"}
    place = next((header for part, header in section.items() if part in new), new.strip())
    line = next(number for number, row in enumerate(text.splitlines(), start=1) if place in row)
    with pytest.raises(ConfigurationError) as caught:
        load_project(write_project(tmp_path, text))
    assert caught.value.message.startswith(f"activator.yaml, line {line}:")
    for word in words:
        assert word in caught.value.message + caught.value.next_step


@pytest.mark.parametrize(
    ("section", "next_step"),
    [
        ("outbox: {event: []}", "Did you mean `events`?"),
        ("segments: [{name: a, lik: at_risk}]", "Did you mean `like`?"),
        ("geography: {country: DE}", "Remove it, or see docs/reference/project.md for the keys."),
    ],
)
def test_an_unknown_key_suggests_what_its_own_section_takes(tmp_path: Path, section: str, next_step: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_project(write_project(tmp_path, f"{PROJECT}\n{section}\n"))
    assert caught.value.next_step == next_step


def test_an_unknown_key_of_a_named_section_is_suggested_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_project(write_project(tmp_path, PROJECT.replace("daily_budget", "daily_budgt", 1)))
    assert caught.value.next_step == "Did you mean `daily_budget`?"


def test_a_modifier_below_one_is_refused_with_the_advice_to_suppress(tmp_path: Path) -> None:
    text = PROJECT.replace("strategy: lowest_cost", "strategy: manual_cpc")
    for tier in ("60.00", "30.00", "10.00"):
        text = text.replace(f'{{daily_budget: "{tier}"}}', '{bid: {amount: 1, modifier: "0.9"}}')
    with pytest.raises(ConfigurationError, match="suppress the tier"):
        load_project(write_project(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x\n", "line 2: YAML aliases"),
        ("a: 1\na: 2\n", "line 2: the key `a` stands twice"),
        ("a: [1, 2\n", "not valid YAML"),
        ("- 1\n", "expected `key: value` lines"),
        ("a: !!python/object:os.system x\n", "line 1: the tag"),
        ("a: " + "[" * 40 + "]" * 40, "nested deeper"),
        ("", "expected `key: value` lines"),
    ],
)
def test_yaml_that_hides_something_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_document(path)
    assert words in caught.value.message


def test_bytes_that_are_not_utf8_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigurationError, match="line 2: not UTF-8"):
        read_document(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        read_document(tmp_path / "activator.yaml")
