"""Which segments to begin with: two or three, of what the exports can tell."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from activator.cli.main import app
from activator.config.segment_bases import BASES, Constraint, Purpose
from activator.errors import ConfigurationError
from activator.segments.suggest import suggest
from mappings.segment_library import shipped_segments
from tests.projects import write_project

ANSWERS: tuple[Purpose | Constraint, ...] = (*Purpose, *Constraint)


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_leads_to_two_or_three_shipped_segments(answer: Purpose | Constraint) -> None:
    assert 2 <= len(suggest(answer).segments) <= 3
    assert set(BASES[answer].segments) <= shipped_segments().keys()


@pytest.mark.parametrize("answer", ANSWERS)
def test_with_orders_alone_something_is_suggested_or_what_is_missing_said(answer: Purpose | Constraint) -> None:
    found = suggest(answer, {"contacts", "orders"})
    assert len(found.segments) + len(found.lacking) >= 2
    assert {kind for _, kind in found.lacking} <= {"events", "responses", "tickets"}


def test_what_the_exports_cannot_tell_is_named_with_what_it_takes() -> None:
    found = suggest(Constraint.CONVERSION, {"contacts", "orders"})
    assert [section.name for section in found.segments] == ["new_subscribers"]
    assert found.lacking == (("cart_abandoners", "events"), ("slow_deciders", "events"), ("comparing_prices", "events"))
    assert suggest(Purpose.BRAND, {"orders"}).lacking == (("promoters", "responses"),)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["segments", "suggest", *arguments])


def test_it_prints_what_to_write(tmp_path: Path) -> None:
    write_project(tmp_path)
    said = run("--constraint", "retention", "-C", str(tmp_path)).output
    assert "customers leave: divide people by how long they have been silent, by their own rhythm." in said
    assert "    - {name: declining, like: declining}" in said
    assert (
        "With an export of events also cart_abandoners."
        in run("--purpose", "personalisation", "-C", str(tmp_path)).output
    )


def test_without_an_answer_it_asks() -> None:
    said = run().output
    assert all(f"  {answer.value}: {BASES[answer].answer}" in said for answer in ANSWERS)
    assert json.loads(run("--json").output)["brand"]["divide_by"] == BASES[Purpose.BRAND].divide_by


def test_one_question_is_enough() -> None:
    found = run("--purpose", "sales", "--constraint", "retention")
    assert isinstance(found.exception, ConfigurationError)
