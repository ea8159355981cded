"""The pages about mappings tell every key there is, and their examples do what they say."""

import re
from pathlib import Path
from typing import Any

import ibis
import pytest

from activator.config.documents import parse_document, validate
from activator.config.mapping import (
    FORMAT_DIRECTIVES,
    MODELS,
    Condition,
    Ignore,
    Moment,
    Money,
    Permission,
    Score,
    Take,
    Text,
    Whole,
)
from activator.config.verbs import EPOCHS
from activator.people.mapping import canonical
from connectors.crm.files import JSON_SUFFIXES, PARQUET_SUFFIXES, TEXT_SUFFIXES, connector
from mappings.extending import ExtendingFile
from mappings.loader import shipped

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "mappings.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "map-your-export.md").read_text(encoding="utf-8")


def block(page: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
    assert found
    return found.group(1)


def keys(model: Any) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    "model", [*MODELS.values(), Text, Permission, Moment, Whole, Score, Money, Condition, Ignore, ExtendingFile]
)
def test_every_key_is_in_the_reference(model: Any) -> None:
    missing = [key for key in sorted(keys(model)) if f"`{key}`" not in REFERENCE]
    assert missing == []


@pytest.mark.parametrize("entity", MODELS)
def test_every_field_is_in_the_reference(entity: str) -> None:
    columns = MODELS[entity].model_fields["columns"].annotation
    assert [field for field in sorted(keys(columns)) if f"| `{field}` |" not in REFERENCE] == []


def test_every_value_is_in_the_reference() -> None:
    suffixes = [*TEXT_SUFFIXES, *JSON_SUFFIXES, *PARQUET_SUFFIXES]
    names = [*MODELS, *Take, *EPOCHS, *(mapping.name for mapping in shipped()), *suffixes]
    assert [name for name in names if f"`{name}`" not in REFERENCE] == []
    assert all(f"%{directive}" in REFERENCE for directive in FORMAT_DIRECTIVES)


def test_the_example_of_the_reference_is_a_mapping() -> None:
    document = parse_document(Path("example.yaml"), block(REFERENCE, "yaml").encode())
    assert validate(document, MODELS["orders"]).name == "our_orders"


def test_the_example_of_the_how_to_maps_its_export(tmp_path: Path) -> None:
    export = tmp_path / "shop_orders.csv"
    export.write_text(block(HOW_TO, "csv"), encoding="utf-8")
    document = parse_document(Path("shop_orders.yaml"), block(HOW_TO, "yaml").encode())
    mapping: Any = validate(document, MODELS["orders"])
    backend = ibis.duckdb.connect()
    table = canonical(connector.read(backend, "orders", export), mapping).order_by("source_row")
    rows = table.select("order_id", "amount_minor", "currency", "id_space", "invalid_reason").to_pyarrow().to_pylist()
    backend.disconnect()
    assert [tuple(row.values()) for row in rows] == [
        ("A-1", 124990, "EUR", "shop", None),
        ("A-2", 0, "EUR", "shop", None),
        ("A-3", 4550, "EUR", "shop", "ignored: cancelled order"),
    ]
