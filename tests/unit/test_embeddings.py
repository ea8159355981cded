"""Sentence embeddings from a local ONNX model: a tiny one is made here, nothing is downloaded."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from activator.errors import ConfigurationError
from activator.motivation.embeddings import embeddings_digest, open_embeddings

VOCABULARY = {"[UNK]": 0, "safe": 1, "cheap": 2, "and": 3}
VECTORS = np.array([[0, 0, 0], [3, 0, 0], [0, 4, 0], [0, 0, 0]], dtype=np.float32)


def model_folder(folder: Path, word_input: str = "input_ids") -> Path:
    """A model whose last hidden state is one vector per word: a lookup, which is how every such model begins."""
    folder.mkdir()
    graph = helper.make_graph(
        [helper.make_node("Gather", ["vectors", word_input], ["last_hidden_state"])],
        "tiny",
        [helper.make_tensor_value_info(word_input, TensorProto.INT64, ["texts", "words"])],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["texts", "words", 3])],
        [numpy_helper.from_array(VECTORS, "vectors")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    tokenizer = Tokenizer(WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_a_comment_is_the_mean_of_its_words_at_length_one(tmp_path: Path) -> None:
    embedder = open_embeddings(model_folder(tmp_path / "model"))
    vectors = embedder.embed(["safe", "cheap", "safe cheap", "safe and safe and safe"])
    assert vectors == pytest.approx(np.array([[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0], [1, 0, 0]]), abs=1e-6)


def test_padding_beside_longer_comments_changes_nothing(tmp_path: Path) -> None:
    embedder = open_embeddings(model_folder(tmp_path / "model"))
    together = embedder.embed(["cheap", "safe safe safe safe cheap"])
    alone = open_embeddings(tmp_path / "model").embed(["cheap"])
    assert together[0] == pytest.approx(alone[0])


def test_words_it_does_not_know_are_no_error(tmp_path: Path) -> None:
    assert open_embeddings(model_folder(tmp_path / "model")).embed(["", "zzz"]).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_another_model_has_another_digest(tmp_path: Path) -> None:
    first, second = model_folder(tmp_path / "a"), model_folder(tmp_path / "b")
    assert embeddings_digest(first) == embeddings_digest(second)
    (second / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert embeddings_digest(first) != embeddings_digest(second)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ConfigurationError, match=r"model has no tokenizer\.json"):
        open_embeddings(folder)


def test_a_broken_model_is_told_as_such(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ConfigurationError, match="model cannot be loaded"):
        open_embeddings(folder)


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="asks for an input `pixels`"):
        open_embeddings(model_folder(tmp_path / "model", "pixels"))
