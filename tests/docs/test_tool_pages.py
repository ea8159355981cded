"""The page of every tool names a source section and mappings that read the tool's sample."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest
import yaml

from activator.config.exports import SourceSection
from activator.people.mapping import canonical
from connectors.crm.files import connector
from mappings.loader import load_mapping

ROOT = Path(__file__).parents[2]
PAGES = ("ga4", "hubspot", "klaviyo", "mailchimp", "mixpanel", "salesforce", "segment", "shopify", "stripe",
         "support-tickets", "surveys", "zoho")  # fmt: skip


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_shows_reads_the_export(backend: Any, tmp_path: Path, page: str) -> None:
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs/how-to" / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL
    )
    sections: list[SourceSection] = []
    (tmp_path / "mappings").mkdir()
    for block in blocks:
        said = yaml.safe_load(block)
        if "extends" in said:
            (tmp_path / "mappings" / f"{said['name']}.yaml").write_text(block, encoding="utf-8")
        else:
            sections += [SourceSection.model_validate(section) for section in said["sources"]]
    assert sections
    for section in sections:
        mapping = load_mapping(section.mapping, tmp_path)
        export = ROOT / "tests/samples" / Path(str(section.path)).name
        table = canonical(connector.read(backend, section.name, export), mapping)
        reasons = table.select("invalid_reason").to_pyarrow()["invalid_reason"].to_pylist()
        assert None in reasons, section.name


def test_a_german_export_says_what_people_agreed_to(backend: Any, tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/hubspot.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(extends: .*?)```", page, re.DOTALL)
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    export = connector.read(backend, "contacts", ROOT / "tests/samples/hubspot_contacts_de.csv")
    rows = canonical(export, load_mapping("own.yaml", tmp_path)).order_by("source_row").to_pyarrow().to_pylist()
    assert [(row["external_id"], row["email"], row["city"], row["consent_ad_user_data"]) for row in rows] == [
        ("201", "ada@example.com", "Berlin", "granted"),
        ("202", "ben@example.org", "Berlin", "denied"),
        ("203", "cagla@example.net", "München", "unknown"),
    ]
    assert {row["invalid_reason"] for row in rows} == {None}
