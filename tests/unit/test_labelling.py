"""A file of comments, each with what it speaks of."""

from pathlib import Path

import pytest

from activator.errors import SourceError
from activator.motivation.labelling import label_file
from activator.motivation.lexicon import shipped_lexicon
from activator.motivation.reader import Reader

READER = Reader(shipped_lexicon())


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "comments.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_comment_gets_an_answer_in_order(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n7,"Poor quality, fell apart"\n8,ok\n7,\n')
    labels = label_file(path, READER)
    assert [(label.id, label.reading.motive) for label in labels] == [("7", "quality"), ("8", None), ("7", None)]
    assert set(labels[0].reading.phrases) == {"poor quality", "fell apart"}


def test_the_language_column_is_believed(tmp_path: Path) -> None:
    path = written(tmp_path, "id,text,language\n1,Poor quality,en-GB\n2,Poor quality,sv\n3,Poor quality,\n")
    assert [label.reading.motive for label in label_file(path, READER)] == ["quality", None, "quality"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,comment\n1,x\n", "comments.csv, line 1: no column `text`"),
        ("id,text\n1\n", "comments.csv, line 2: not as many fields as the header"),
        ("id,text\n1,a,b\n", "comments.csv, line 2: not as many fields as the header"),
        ('id,text\n1,fine\n2,"never closed\n', "comments.csv, after line 2: not well-formed CSV"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        label_file(written(tmp_path, text), READER)
    assert str(caught.value).startswith(said)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv cannot be read: No such file"):
        label_file(tmp_path / "nowhere.csv", READER)
