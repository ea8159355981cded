"""`activator profile` on a small project: tiers with evidence, corrections, and the copy they lead to."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from activator.cli.main import app
from activator.config.workspace import open_workspace
from activator.errors import ActivatorError, ConfigurationError, SourceError
from activator.plan.inputs import same_exports, source_digest
from tests.projects import PROJECT, write_project

SAID = {
    "risk": "It is reliable and number {n} never let us down.",
    "price": "Too expensive for what it is, says number {n}.",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred customers; the best fifth buys for safety and has stopped, the rest speaks of price."""
    folder = tmp_path_factory.mktemp("project")
    text = PROJECT.replace(
        "mapping: generic_orders}\n",
        "mapping: generic_orders}\n  - {name: nps, path: nps.csv, mapping: generic_responses}\n",
        1,
    )
    copy = "  - {like: risk}\n  - {like: risk, lapsed: true}\n  - {like: price, variants: [price_fair]}\n"
    write_project(folder, text.replace("destinations:\n", copy + "destinations:\n", 1))
    people = range(1, 201)  # 0 is a placeholder, not an id
    table(folder / "contacts.csv", "customer_id,email,country", [[n, f"u{n}@example.com", "DE"] for n in people])
    table(
        folder / "orders.csv",
        "order_id,customer_id,ordered_at,amount,currency",
        [
            [f"o{n}-{month}", n, f"2025-{month:02d}-10" if n <= 40 else f"2026-{month + 5:02d}-10", 900 - n, "EUR"]
            for n in people
            for month in (1, 2, 3)
        ],
    )
    table(
        folder / "nps.csv",
        "customer_id,answered_at,score,comment",
        [
            [n, "2026-08-02", 10 if n % 2 else 3, SAID["risk" if n <= 40 else "price"].replace("{n}", str(n))]
            for n in people
        ],
    )
    return folder


def table(path: Path, header: str, rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header.split(","), *rows])


def run(*arguments: object) -> str:
    answer = CliRunner().invoke(app, ["profile", *map(str, arguments)])
    if isinstance(answer.exception, ActivatorError):
        raise answer.exception
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_each_tier_shows_its_driver_with_evidence_and_the_texts_it_leads_to(project: Path) -> None:
    text = run("--project", project)
    high, rest = text.split("mid: ", 1)
    assert high.startswith("high: one driver: risk\n")
    assert "of 40 customers who said why (at least 94%, 90 % interval)" in high
    assert "driver: those who would recommend praise risk (20 customers)\n    nps:" in high
    assert "pain: those who would not miss risk (20 customers)\n    nps:" in high
    assert "100% of its customers have stopped buying\n  texts on meta: risk_back_safely" in high
    assert "one driver: price" in rest
    assert "texts on meta: price_fair" in rest
    assert "@" not in text


def test_a_tier_that_can_never_have_enough_answers_is_not_asked_for_them(tmp_path: Path) -> None:
    write_project(tmp_path)
    people = range(1, 101)
    table(tmp_path / "contacts.csv", "customer_id,email", [[n, f"u{n}@example.com"] for n in people])
    orders = [[f"o{n}", n, "2026-08-10", 900 - n, "EUR"] for n in people]
    table(tmp_path / "orders.csv", "order_id,customer_id,ordered_at,amount,currency", orders)
    high, rest = run("--project", tmp_path).split("mid: ", 1)
    assert "too small: 30 customers must say why, and it has 20; join it with another tier" in high
    assert "missing: about 30 more customers who say why" in rest


CONTACTS = """\
extends: generic_contacts
name: contacts
attributes: {competitor: {from: Came from}}
"""
ACME = """\
  - name: from_acme
    motivation: competitor_acme_gmbh
    headlines: ["Coming from Acme?"]
    descriptions: [We take your list over.]
    message: Bring your list along.
"""


def switchers(folder: Path, attribute: str = "competitor") -> Path:
    """The dear fifth came from Acme, however it is spelt; half of the others from elsewhere."""
    text = PROJECT.replace("mapping: generic_contacts", "mapping: contacts.yaml")
    text = text.replace("destinations:\n", f"{ACME}motivation: {{attribute: {attribute}}}\ndestinations:\n", 1)
    write_project(folder, text)
    (folder / "contacts.yaml").write_text(CONTACTS, encoding="utf-8")
    people = range(1, 201)
    spelt = ("Acme GmbH", "ACME  gmbh", "acme-gmbh")
    came = [[n, f"u{n}@example.com", spelt[n % 3] if n <= 40 else "Other" if n % 2 else ""] for n in people]
    table(folder / "contacts.csv", "customer_id,email,Came from", came)
    orders = [[f"o{n}", n, "2026-08-10", 900 - n, "EUR"] for n in people]
    table(folder / "orders.csv", "order_id,customer_id,ordered_at,amount,currency", orders)
    return folder


def test_what_the_exports_say_of_customers_chooses_the_copy(tmp_path: Path) -> None:
    high, rest = run("--project", switchers(tmp_path)).split("mid: ", 1)
    assert high.startswith("high: one driver: competitor_acme_gmbh\n")
    assert "100% of 40 customers whose competitor is known" in high
    assert "texts on meta: from_acme" in high
    assert "one driver: competitor_other" in rest
    assert "texts on meta: plain_a" in rest  # nothing is written for those


def test_an_attribute_no_export_has_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no mapping of contacts or accounts gives `rival`") as refused:
        run("--project", switchers(tmp_path, "rival"))
    assert "attributes: {rival: {from: COLUMN}}" in refused.value.next_step


def test_as_data(project: Path) -> None:
    document = json.loads(run("--project", project, "--json"))
    high = document["tiers"][0]
    assert high["motivation"]["motivations"] == ["risk"]
    assert high["texts"] == {"meta": ["risk_back_safely"]}
    assert high["motivation"]["statements"][0]["evidence"][0]["id"].startswith("nps:")
    assert document["read_by"] is None


def test_a_correction_is_heeded_shown_and_makes_earlier_plans_stale(project: Path, tmp_path: Path) -> None:
    before = source_digest(open_workspace(project))
    comments = tmp_path / "comments.csv"
    comments.write_text("id,text\n=1,It is reliable.\n2,It is reliable.\n", encoding="utf-8")
    assert [row["motive"] for row in labels(comments, project)] == ["risk", "risk"]
    given = tmp_path / "given.csv"
    given.write_text("text,motive\nIt is reliable.,quality\n", encoding="utf-8")
    try:
        assert "1 new, 0 changed; 1 corrections in motivation_corrections.csv" in run("correct", given, "-C", project)
        assert [row["motive"] for row in labels(comments, project)] == ["quality", "quality"]
        assert [row["id"] for row in labels(comments, project)] == ["'=1", "2"]
        assert "1 corrections: the lexicon reads 0% of them right" in run("--project", project)
        after = source_digest(open_workspace(project))
        assert after != before
        assert same_exports(after, before), "what is told is that corrections changed, not an export"
    finally:
        (project / "motivation_corrections.csv").unlink()
    assert source_digest(open_workspace(project)) == before


def labels(comments: Path, project: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("classify", comments, "--project", project))))


def test_a_file_without_the_right_columns_is_told(tmp_path: Path) -> None:
    path = tmp_path / "comments.csv"
    path.write_text("id,comment\n1,x\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 1: no column `text`"):
        run("classify", path)


def test_the_copy_of_a_motivation_with_its_slots(project: Path) -> None:
    assert "risk" in run("copy").split()
    text = run("copy", "price", "--channel", "google", "--slot", "product=tea", "-C", project)
    assert "headline: Your price for tea" in text
    assert "needs: saving" in text
    assert "needs a review: the saving must be true" in text
    sheets = json.loads(run("copy", "risk", "--channel", "sms", "-C", project, "--json"))
    assert sheets[0]["lines"][0]["text"].startswith("Nordlicht: ")


def test_a_slot_without_words_is_a_usage_error() -> None:
    with pytest.raises(ActivatorError, match="--slot product: no words for it"):
        run("copy", "price", "--slot", "product")
