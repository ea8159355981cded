"""docs/reference/google.md names every setting, option and code the connector acts on."""

from pathlib import Path

import pytest

from connectors.google.errors import CODES, DUPLICATE_LABEL, DUPLICATE_NAMES, ROW_FAULTS, STATUSES, UNKNOWN_REQUESTS
from connectors.google.options import GoogleOptions
from connectors.google.settings import PREFIX, GoogleSettings

PAGE = (Path(__file__).parents[2] / "docs/reference/google.md").read_text(encoding="utf-8")
NAMES = (
    [f"{PREFIX}{name.upper()}" for name in GoogleSettings.model_fields]
    + [name for name in GoogleOptions.model_fields if name != "countries"]
    + sorted({*CODES, *DUPLICATE_NAMES, *UNKNOWN_REQUESTS, *(ROW_FAULTS - {""}), DUPLICATE_LABEL})
    + [status.name for status in STATUSES]
)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_names_it(name: str) -> None:
    assert f"`{name}`" in PAGE
