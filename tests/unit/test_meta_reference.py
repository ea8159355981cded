"""docs/reference/meta.md names every setting, option and code the connector acts on."""

from pathlib import Path

import pytest

from connectors.meta import errors
from connectors.meta.options import MetaOptions
from connectors.meta.settings import PREFIX, MetaSettings
from connectors.meta.version import CURRENCIES_WITHOUT_MINOR_UNIT, PURCHASE_ACTION_TYPES, RELEASES

PAGE = (Path(__file__).parents[2] / "docs/reference/meta.md").read_text(encoding="utf-8")

ACTED_ON = [
    *errors._CODES,
    *errors._SUBCODES,
    *(subcode for _, subcode in errors._PAIRS),
    *(f"{PREFIX}{name.upper()}" for name in MetaSettings.model_fields),
    *MetaOptions.model_fields,
    *CURRENCIES_WITHOUT_MINOR_UNIT,
    *PURCHASE_ACTION_TYPES,
    *RELEASES,
]


@pytest.mark.parametrize("name", sorted(map(str, ACTED_ON)))
def test_what_the_connector_acts_on_is_documented(name: str) -> None:
    assert name in PAGE
