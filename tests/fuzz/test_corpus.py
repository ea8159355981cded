"""Every input the fuzzers were begun with, and every one that once broke something, goes through its target again."""

from pathlib import Path

import pytest

from tests.fuzz.targets import CORPUS, TARGETS, one

INPUTS = sorted(path.relative_to(CORPUS) for path in CORPUS.glob("*/*"))


@pytest.mark.parametrize("path", INPUTS, ids=str)
def test_it_ends_in_success_or_in_an_error_of_ours(path: Path, tmp_path: Path) -> None:
    one(path.parts[0], (CORPUS / path).read_bytes(), tmp_path)


def test_every_target_has_inputs_to_begin_with() -> None:
    assert {path.parts[0] for path in INPUTS} == set(TARGETS)
