"""A value that does not fit is told what to write, not which type of which library it is."""

import re
from pathlib import Path

import pytest

from activator.config.project import load_project
from activator.errors import ConfigurationError
from tests.projects import PROJECT, write_project


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("approvals: {by: []}", "approvals.by: must name 1 or more"),
        ("approvals: {by: anna}", "approvals.by: must be a list, like [a, b]"),
        ("approvals: {by: ['two words']}", "approvals.by.0: may only be written like"),
        ("approvals: {by: [anna], covers: [money]}", "approvals.covers.0: must be 'audiences' or 'ads'"),
        ("approvals: {by: [anna], people_min: 0}", "approvals.people_min: must be 1 or more"),
        ("approvals: {by: [anna], people_min: few}", "approvals.people_min: must be a whole number"),
        ("approvals: anna", "approvals: must be a section, like {key: value}"),
        ("outbox: {source_ids: perhaps}", "outbox.source_ids: must be true or false"),
    ],
)
def test_the_fault_says_what_to_write(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)) as caught:
        load_project(write_project(tmp_path, f"{PROJECT}{line}\n"))
    assert "line 36" in caught.value.message
    for foreign in ("input should", "tuple", "validation", "string should"):
        assert foreign not in caught.value.message.lower()
