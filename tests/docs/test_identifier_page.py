"""Every example on the identifiers page is what the code answers, and every field and switch stands there."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from activator.config.project import IdentitySection
from activator.model.identity import IdentifierRules
from activator.people.identifiers import FIELDS
from activator.people.probe import Probe

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "identifiers.md").read_text(encoding="utf-8")
SWITCHES = [field.name for field in fields(IdentifierRules)] + ["meta_external_ids"]


def rows_of(heading: str) -> list[list[str]]:
    """Cells of the table under a heading, without its head; code marks taken off, an absent cell is ''."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\|) \| ", line.strip("| "))] for line in lines]
    return [["" if cell == "—" else cell for cell in row] for row in cells]


def test_every_example_is_what_is_sent() -> None:
    examples = rows_of("Examples")
    by_switch: dict[str, list[tuple[dict[str, Any], str, str]]] = {}
    for field, exported, country, switch, sent, digest in examples:
        platform, name = field.replace("`", "").split()
        asked = {"platform": platform, "field": name, "value": exported[1:-1], "country": country or None}
        by_switch.setdefault(switch.strip("`"), []).append((asked, sent, digest.strip("`")))
    wrong = []
    for switch, rows in by_switch.items():
        key, _, value = switch.partition(": ")
        with Probe(IdentitySection(**({key: value} if key else {})).rules()) as probe:
            answers = probe.explain([asked for asked, *_ in rows])
        for (asked, sent, digest), answer in zip(rows, answers, strict=True):
            written = "nothing" if answer["normalized"] is None else f"`{answer['normalized']}`"
            if (written, (answer["sha256"] or "")[:12]) != (sent, digest):
                wrong.append((asked, sent, digest, answer))
    assert len(examples) >= 50
    assert wrong == []


def test_every_field_has_a_rule_and_an_example_or_says_that_it_is_not_sent() -> None:
    named = [(row[0].split()[0], name) for row in rows_of("Every field") for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(named) == sorted(FIELDS)
    shown = {tuple(row[0].replace("`", "").split()) for row in rows_of("Examples")}
    assert set(FIELDS) - shown == {("meta", "APPUID"), ("meta", "PAGEUID")}


def test_every_switch_is_a_key_of_the_project_and_stands_beside_its_case() -> None:
    assert set(SWITCHES) <= set(IdentitySection.model_fields)
    beside = {row[-1].strip("`") for row in rows_of("Where sources disagree, and what we do")} - {""}
    assert beside == set(SWITCHES)
