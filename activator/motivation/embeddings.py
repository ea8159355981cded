"""Sentence embeddings from a model of the user's own, as one more thing the linear model may read. An optional extra.

A folder holds model.onnx and tokenizer.json, as sentence-transformers and Hugging Face Optimum export them. Nothing is
downloaded. The hidden states of the last layer are averaged over the words of a comment and brought to length 1
(Reimers and Gurevych 2019); a model that gives one vector per comment is taken as it is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from activator.errors import ConfigurationError

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
TOKENS_MAX = 256
BATCH = 64
KNOWN_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass
class OnnxEmbedder:
    """A loaded model; the vectors of comments already seen are kept."""

    session: Any
    tokenizer: Any
    _known: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row of length 1 per text."""
        new = sorted(set(texts) - self._known.keys(), key=lambda text: (len(text), text))  # alike ones together
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            self._known.update(zip(batch, self._vectors(batch), strict=True))
        return np.stack([self._known[text] for text in texts])

    def _vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        encoded = self.tokenizer.encode_batch(list(texts))
        mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        wanted = {each.name for each in self.session.get_inputs()}
        states = np.asarray(self.session.run(None, {name: given[name] for name in wanted})[0], dtype=np.float32)
        if states.ndim == 3:
            weights = mask[:, :, None].astype(np.float32)
            states = (states * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
        lengths = np.linalg.norm(states, axis=1, keepdims=True)
        return np.asarray(states / np.maximum(lengths, 1e-9), dtype=np.float32)


def open_embeddings(folder: Path) -> OnnxEmbedder:
    """Load the model in a folder, to run on one thread so that vectors are the same on every run.

    Raises:
        ConfigurationError: the extra is not installed, a file is missing, or the model is none of this kind.
    """
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError:
        raise ConfigurationError(
            "motivation.embeddings needs onnxruntime and tokenizers, which are not installed",
            'Install the extra: pip install "audience-activator[embeddings]", or leave `embeddings` out.',
        ) from None
    _check_files(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    except Exception as error:  # noqa: BLE001 - both libraries raise plain exceptions of their own
        raise ConfigurationError(
            f"motivation.embeddings: {folder.name} cannot be loaded: {type(error).__name__}",
            f"Export the model to {MODEL_FILE} with its {TOKENIZER_FILE} again.",
        ) from None
    unknown = [each.name for each in session.get_inputs() if each.name not in KNOWN_INPUTS]
    if unknown:
        raise ConfigurationError(
            f"motivation.embeddings: {MODEL_FILE} asks for an input `{unknown[0]}`",
            f"Use a sentence model that takes {', '.join(KNOWN_INPUTS)}.",
        )
    tokenizer.enable_truncation(TOKENS_MAX)
    tokenizer.enable_padding()
    return OnnxEmbedder(session, tokenizer)


def embeddings_digest(folder: Path) -> bytes:
    """What tells one model from another.

    Raises:
        ConfigurationError: a file is missing.
    """
    _check_files(folder)
    total = hashlib.sha256()
    for name in (MODEL_FILE, TOKENIZER_FILE):
        with (folder / name).open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.digest()


def _check_files(folder: Path) -> None:
    for name in (MODEL_FILE, TOKENIZER_FILE):
        if not (folder / name).is_file():
            raise ConfigurationError(
                f"motivation.embeddings: {folder.name} has no {name}",
                f"Name a folder with {MODEL_FILE} and {TOKENIZER_FILE}.",
            )
