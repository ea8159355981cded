"""Tags written back to CRM and e-mail tools: changes only, by the tool's own key, with consent, and safely twice."""

import csv
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import pytest

from activator.errors import ConfigurationError, LedgerError
from activator.model.people import Entity
from activator.people.engine import Engine, open_engine
from activator.tags import write_back
from activator.tags.records import records_of
from activator.tags.tags import tags_of
from activator.tags.tools import TOOLS
from activator.tags.write_back import Written, write_changes
from tests.people_relations import build, order, source

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


class Desk:
    """One project's memory and the folder files are written to."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.state, self.output = engine, folder / ".activator", folder / "out"

    def write(
        self,
        tool: str,
        contacts: list[Row],
        spent: dict[str, int],
        *,
        channel: str = "",
        segments: dict[str, list[str]] | None = None,
        again: bool = False,
        lists: list[Row] | None = None,
    ) -> tuple[Written, list[Row]]:
        """Returns the account and the lines of all files. spent: e-mail -> cents; segments: e-mail -> names."""
        listed = [source(Entity.CONTACTS, lists, "never")] if lists else []
        people = build(
            self.engine,
            source(Entity.CONTACTS, contacts),
            source(Entity.ORDERS, [order(email, cents, order_id=email) for email, cents in spent.items()]),
            lists=listed,
        )
        tags = tags_of(people.known, self._segments(people, segments or {}))
        found = records_of(self.engine, people, tags, TOOLS[tool], channel)
        made = write_changes(self.engine, found, TOOLS[tool], channel, self.state, self.output, NOW, again=again)
        lines = []
        for path in made.files:
            with path.open(encoding="utf-8", newline="") as stream:
                lines += list(csv.DictReader(stream))
            path.unlink()
        return made, lines

    def _segments(self, people: Any, segments: dict[str, list[str]]) -> Any:
        contacts = people.sources[0].valid.select("row_id", "email").join(people.rows, "row_id")
        whose = {row["email"]: row["person"] for row in contacts.select("email", "person").to_pyarrow().to_pylist()}
        rows = [{"person": str(whose[email]), "segment": name} for email, names in segments.items() for name in names]
        return ibis.memtable(rows, schema=ibis.schema({"person": "string", "segment": "string"})).cast(
            {"person": "uuid"}
        )


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


def contact(number: int, space: str = "hubspot", **more: Any) -> Row:
    return {"email": f"p{number}@example.com", "external_id": str(number), "id_space": space, **more}


FIVE = [contact(number) for number in range(1, 6)]
SPENT = {
    f"p{number}@example.com": number * 1000 for number in range(1, 6)
}  # tiers: 5 high, 4 and 3 mid, the others rest


class TestChangesOnly:
    def test_the_first_file_has_everybody_by_the_tools_own_id(self, desk: Desk) -> None:
        made, lines = desk.write("hubspot", FIVE, SPENT, segments={"p5@example.com": ["vips", "at_risk"]})
        assert (made.changes, made.records, made.unchanged) == (5, 5, 0)
        assert lines[0] == {"Record ID": "1", "Activator tier": "rest", "Activator segments": "none"}
        assert lines[4] == {"Record ID": "5", "Activator tier": "high", "Activator segments": "at_risk;vips"}

    def test_nothing_changed_writes_no_file(self, desk: Desk) -> None:
        desk.write("hubspot", FIVE, SPENT)
        made, lines = desk.write("hubspot", FIVE, SPENT)
        assert (made.changes, made.unchanged, made.files, lines) == (0, 5, (), [])

    def test_only_who_moved_is_written_with_all_there_is_to_say(self, desk: Desk) -> None:
        desk.write("hubspot", FIVE, SPENT, segments={"p1@example.com": ["vips"]})
        moved = SPENT | {"p1@example.com": 9000}
        _, lines = desk.write("hubspot", FIVE, moved, segments={"p1@example.com": ["vips"]})
        assert [tuple(line.values()) for line in lines] == [
            ("1", "high", "vips"),
            ("3", "rest", "none"),
            ("5", "mid", "none"),
        ]

    def test_who_has_no_tag_any_more_is_told_so_once(self, desk: Desk) -> None:
        desk.write("hubspot", FIVE, SPENT)
        poorer = {email: cents for email, cents in SPENT.items() if email != "p5@example.com"}
        _, lines = desk.write("hubspot", FIVE, poorer)
        assert {"Record ID": "5", "Activator tier": "none", "Activator segments": "none"} in lines
        assert desk.write("hubspot", FIVE, poorer)[0].changes == 0

    def test_of_a_new_record_without_any_tag_nothing_is_said(self, desk: Desk) -> None:
        made, _ = desk.write("hubspot", [*FIVE, contact(6)], SPENT)
        assert (made.changes, made.records) == (5, 6)

    def test_everything_again_on_demand(self, desk: Desk) -> None:
        desk.write("hubspot", FIVE, SPENT)
        assert desk.write("hubspot", FIVE, SPENT, again=True)[0].changes == 5

    def test_tools_do_not_share_their_memory(self, desk: Desk) -> None:
        both = [*FIVE, *[contact(n, "salesforce") | {"external_id": f"003{n:012}"} for n in range(1, 6)]]
        desk.write("hubspot", both, SPENT)
        _, lines = desk.write("salesforce", both, SPENT)
        assert len(lines) == 5
        assert list(lines[0]) == ["Id", "Activator_Tier__c", "Activator_Segments__c"]


class TestInterrupted:
    def test_a_run_that_dies_before_the_memory_moves_is_repeated_whole(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as dying:
            dying.setattr(write_back, "_remember", killed)
            with pytest.raises(KeyboardInterrupt):
                desk.write("hubspot", FIVE, SPENT)
        assert len(list(desk.output.glob("hubspot-*.csv"))) == 1, "the file itself is complete"
        assert desk.write("hubspot", FIVE, SPENT)[0].changes == 5

    def test_a_run_that_dies_while_writing_leaves_no_file_and_no_memory(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(write_back, "_named", full)
            with pytest.raises(ConfigurationError, match="No space left"):
                desk.write("hubspot", FIVE, SPENT)
        assert list(desk.output.iterdir()) == []
        assert desk.write("hubspot", FIVE, SPENT)[0].changes == 5

    def test_damaged_memory_stops_and_says_what_to_do(self, desk: Desk) -> None:
        desk.write("hubspot", FIVE, SPENT)
        (desk.state / "write_back" / "hubspot.parquet").write_bytes(b"x")
        with pytest.raises(LedgerError, match="is damaged"):
            desk.write("hubspot", FIVE, SPENT)


class TestConsent:
    def keys(self, desk: Desk, contacts: list[Row], **more: Any) -> list[str]:
        _, lines = desk.write("klaviyo", contacts, SPENT, channel="email", **more)
        return [line["Email"] for line in lines]

    def test_who_the_tool_knows_is_told_of_unless_they_said_no(self, desk: Desk) -> None:
        mine = [contact(1, "klaviyo"), contact(2, "klaviyo", consent_email="denied")]
        assert self.keys(desk, mine) == ["p1@example.com"]

    def test_who_it_does_not_know_only_after_a_yes(self, desk: Desk) -> None:
        others = [contact(1), contact(2, consent_email="granted"), contact(3, consent_sms="granted")]
        assert self.keys(desk, others) == ["p2@example.com"]

    def test_a_no_in_any_source_counts_everywhere(self, desk: Desk) -> None:
        both = [contact(1, "klaviyo", consent_email="granted"), contact(1, consent_email="denied")]
        assert self.keys(desk, both) == []

    def test_whoever_says_no_later_loses_the_tags_there(self, desk: Desk) -> None:
        self.keys(desk, [contact(1, "klaviyo")])
        _, lines = desk.write("klaviyo", [contact(1, "klaviyo", consent_email="denied")], SPENT, channel="email")
        assert lines == [{"Email": "p1@example.com", "Activator tier": "none", "Activator segments": "none"}]

    def test_who_is_on_a_suppression_list_is_told_of_nowhere(self, desk: Desk) -> None:
        assert self.keys(desk, [contact(1, "klaviyo"), contact(2, "klaviyo")], lists=[{"email": "p1@example.com"}]) == [
            "p2@example.com"
        ]

    def test_channels_are_asked_and_keyed_apart(self, desk: Desk) -> None:
        mine = [
            contact(1, "klaviyo", phone="+49 170 1234567", consent_email="denied"),
            contact(2, "klaviyo", phone="0170 7654321"),
        ]
        made, lines = desk.write("mailchimp", mine, SPENT, channel="sms")
        assert (lines, made.unusable, made.withheld) == ([], 1, 1), "mailchimp knows neither of them"
        granted = [mine[0] | {"consent_sms": "granted"}]
        _, lines = desk.write("mailchimp", granted, SPENT, channel="sms")
        assert [line["SMS Phone Number"] for line in lines] == ["+491701234567"]

    def test_a_crm_may_say_what_its_own_records_are(self, desk: Desk) -> None:
        _, lines = desk.write("hubspot", [contact(1, consent_email="denied")], SPENT)
        assert len(lines) == 1


class TestFiles:
    def test_are_their_owners_only(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        made, _ = desk.write("hubspot", FIVE, SPENT)
        assert stat.S_IMODE(made.files[0].stat().st_mode) == 0o600
        assert stat.S_IMODE((desk.state / "write_back" / "hubspot.parquet").stat().st_mode) == 0o600

    @pytest.mark.parametrize("key", ["=1+1", "+1", "-1", "@x", "1;2", "1,2", "\t1", "1\n2"])
    def test_no_key_is_written_that_a_spreadsheet_would_run_or_break(self, desk: Desk, key: str) -> None:
        made, lines = desk.write("hubspot", [contact(1), contact(2) | {"external_id": key}], SPENT)
        assert [line["Record ID"] for line in lines] == ["1"]
        assert made.unusable == 1

    def test_no_address_is_written_that_a_spreadsheet_would_run(self, desk: Desk) -> None:
        hostile = contact(1, "klaviyo") | {"email": "=cmd|'x'!a1@example.com"}
        _, lines = desk.write("klaviyo", [hostile, contact(2, "klaviyo")], SPENT, channel="email")
        assert [line["Email"] for line in lines] == ["p2@example.com"]

    def test_the_memory_holds_no_key(self, desk: Desk) -> None:
        desk.write("klaviyo", [contact(1, "klaviyo")], SPENT, channel="email")
        assert b"example" not in (desk.state / "write_back" / "klaviyo-email.parquet").read_bytes()

    def test_are_as_long_as_the_tool_takes(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        from dataclasses import replace

        monkeypatch.setitem(TOOLS, "hubspot", replace(TOOLS["hubspot"], rows_max=2))
        made, lines = desk.write("hubspot", FIVE, SPENT)
        assert [path.name[-7:] for path in made.files] == ["Z-1.csv", "Z-2.csv", "Z-3.csv"]
        assert [line["Record ID"] for line in lines] == ["1", "2", "3", "4", "5"]

    def test_a_text_the_tool_would_clip_is_refused(self, desk: Desk) -> None:
        many = {"p1@example.com": [f"segment_with_a_long_name_{number}" for number in range(10)]}
        with pytest.raises(ConfigurationError, match="clips texts at 255 bytes"):
            desk.write("mailchimp", [contact(1, "mailchimp")], SPENT, channel="email", segments=many)
