"""What people say a comment really speaks of: kept without anything that could name somebody, and read as said."""

from pathlib import Path

import pytest

from activator.errors import SourceError
from activator.motivation.corrections import Correction, add_corrections, read_corrections
from activator.motivation.lexicon import shipped_lexicon
from activator.motivation.reader import CORRECTED, Reader, reader_for

LEXICON = shipped_lexicon()


def written(folder: Path, text: str, name: str = "given.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_corrections(tmp_path / "motivation_corrections.csv") == ()


def test_they_are_kept_as_a_table_to_read_and_edit(tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    added = add_corrections(kept, written(tmp_path, "id,text,motive\n1,It is dear to us,belonging\n2,Fine,none\n"))
    assert (added.new, added.changed, added.known) == (2, 0, 2)
    assert kept.read_text(encoding="utf-8") == "text,language,motive\nIt is dear to us,,belonging\nFine,,none\n"


def test_nothing_that_could_name_somebody_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    given = 'id,text,motive\nanna@example.com,"Write to anna@example.com or +49 30 1234567, I\'m Anna Berg",risk\n'
    add_corrections(kept, written(tmp_path, given))
    assert "Write to […] or […], I'm […],,risk" in kept.read_text(encoding="utf-8").replace('"', "")
    assert "anna" not in kept.read_text(encoding="utf-8").lower()


def test_the_later_of_two_counts(tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    add_corrections(kept, written(tmp_path, "text,motive\nSolid  stuff,quality\n"))
    added = add_corrections(kept, written(tmp_path, "text,motive\nsolid stuff,risk\n"))
    assert (added.new, added.changed, added.known) == (0, 1, 1)
    assert [each.motive for each in read_corrections(kept)] == ["risk"]


def test_a_comment_is_no_formula_to_a_spreadsheet_and_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    add_corrections(kept, written(tmp_path, 'text,motive\n"=SUM(1,2) is what I need",efficiency\n'))
    assert '"\'=SUM(1,2) is what I need"' in kept.read_text(encoding="utf-8")
    add_corrections(kept, written(tmp_path, "text,motive\nOther,none\n"))
    assert read_corrections(kept)[0] == Correction("=SUM(1,2) is what I need", "", "efficiency")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text,motif\nx,risk\n", "given.csv, line 1: no column `motive`"),
        ("text,motive\nfine,none\nx,security\n", "given.csv, line 3: motive: there is no motive `security`"),
        ("text,motive\n ,risk\n", "given.csv, line 2: text: is empty"),
        ("text,motive\nx,risk,\n", "given.csv, line 2: not as many fields as the header"),
        ("text,motive,motive\nx,risk,risk\n", "given.csv, line 1: the column `motive` stands twice"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_changes_nothing(tmp_path: Path, text: str, said: str) -> None:
    kept = tmp_path / "kept.csv"
    with pytest.raises(SourceError) as caught:
        add_corrections(kept, written(tmp_path, text))
    assert str(caught.value).startswith(said)
    assert not kept.exists()


class TestReading:
    """A corrected comment is read as corrected, however it is spelled."""

    reader = reader_for(
        LEXICON, [Correction("It is reliable.", "", "belonging"), Correction("So much fun", "", "none")]
    )

    def test_it_is_read_as_corrected(self) -> None:
        reading = self.reader.read("it is  RELIABLE.")
        assert (reading.motive, reading.second, reading.phrases) == ("belonging", "risk", (CORRECTED,))
        assert self.reader.read("So much fun").motive is None

    def test_others_are_read_as_before(self) -> None:
        for text in ("It is very reliable.", "Much too expensive", "Fine"):
            assert self.reader.read(text) == Reader(LEXICON).read(text)
