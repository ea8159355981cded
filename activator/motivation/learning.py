"""From corrections to a linear model that reads a motive in place of the lexicon, where cross-validation says so.

For each motive a logistic regression with a ridge penalty (one motive against all else), fitted by L-BFGS on scipy. The
lexicon and the model are compared on corrections the model has not seen: FOLDS parts, each predicted from the others.
A motive is taken over when it has CORRECTIONS_MIN corrections and the model is right more often where the two differ,
by more than chance (one-sided sign test, P_MAX). Then all motives taken over together must not read fewer corrections
right than the lexicon alone. Nothing here is random: parts go by the digest of the comment.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from activator.motivation.corrections import Correction
from activator.motivation.dominance import P_MAX, sign_test
from activator.motivation.features import Embedder, features
from activator.motivation.lexicon import MOTIVES, NONE, Lexicon
from activator.motivation.reading import Heard, hear

Floats = npt.NDArray[np.float64]
FOLDS = 5
CORRECTIONS_MIN = 30
LEARNED_MAX = 3_000  # of more, as many are taken by their digest: the fit grows with their cube
PENALTY = 1.0
SURE = 0.5  # probability from which the model says a motive


@dataclass(frozen=True, slots=True)
class Trial:
    """One motive: corrections with it, how many of all each reads right as it or not, and whether the model took over.

    p: the chance of such a lead of the model if neither were better.
    """

    motive: str
    corrections: int
    lexicon_right: int
    model_right: int
    p: float
    taken_over: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from the corrections of a project.

    corrections: how many there are; lexicon_right, right: of these read right by the lexicon alone, and now; kind: what
    the model reads (words, or words and embeddings); languages: those it was taught; trials: one per motive corrected.
    """

    corrections: int
    lexicon_right: int
    right: int
    kind: str
    languages: frozenset[str]
    trials: tuple[Trial, ...]
    motives: tuple[str, ...] = ()
    weights: Floats | None = None
    embedder: Embedder | None = None

    def probabilities(self, texts: Sequence[str], heard: Sequence[Heard]) -> Floats:
        """Of each motive taken over (columns, in the order of `motives`) in each text (rows)."""
        assert self.weights is not None
        return _sigmoid(_with_constant(features(texts, heard, self.embedder)) @ self.weights)


def learn(corrections: Sequence[Correction], lexicon: Lexicon, embedder: Embedder | None = None) -> Learned:
    """Try the model against the lexicon on the corrections, and fit what takes over on all of them."""
    ordered = sorted(corrections, key=lambda each: _digest(each.text))[:LEARNED_MAX]
    heard = [hear(each.text, each.language, lexicon) for each in ordered]
    tried = [_tried(ordered, heard, None, "words")]
    if embedder is not None:
        tried.append(_tried(ordered, heard, embedder, "words and embeddings"))
    return max(tried, key=lambda each: each.right)  # of two that are as good, the simpler


def choose(heard: Heard, motives: Sequence[str], probabilities: Floats) -> str | None:
    """The motive of one comment: the model's surest of those it took over, else what the lexicon heard of the rest."""
    if len(motives) and float(probabilities.max()) >= SURE:
        return motives[int(probabilities.argmax())]
    left = [motive for motive in heard.spoken if motive not in motives]
    return left[0] if left and left[0] != NONE else None


def _tried(ordered: Sequence[Correction], heard: Sequence[Heard], embedder: Embedder | None, kind: str) -> Learned:
    truth = [each.motive for each in ordered]
    said = [each.motive or NONE for each in heard]
    lexicon_right = sum(map(str.__eq__, truth, said))
    languages = frozenset(
        each.language[:2] or spoken.language or "" for each, spoken in zip(ordered, heard, strict=True)
    )
    enough = [motive for motive in MOTIVES if truth.count(motive) >= CORRECTIONS_MIN]
    nothing = Learned(len(ordered), lexicon_right, lexicon_right, kind, languages, ())
    if not enough or len(enough) + (NONE in truth) + len(set(truth) - set(enough)) < 2:
        return nothing
    table = features([each.text for each in ordered], heard, embedder)
    turned, back = _turned(table)
    unseen = _cross_validated(turned, truth, enough)
    trials = tuple(_trial(motive, truth, said, unseen[:, place]) for place, motive in enumerate(enough))
    taken = [place for place, trial in enumerate(trials) if trial.taken_over]
    motives = tuple(enough[place] for place in taken)
    now = [choose(each, motives, unseen[row, taken]) or NONE for row, each in enumerate(heard)]
    right = sum(map(str.__eq__, truth, now))
    if not motives or right < lexicon_right:
        lost = tuple(Trial(t.motive, t.corrections, t.lexicon_right, t.model_right, t.p, False) for t in trials)
        return Learned(len(ordered), lexicon_right, lexicon_right, kind, languages, lost)
    weights = np.column_stack([back(_fit(turned, _is(truth, motive))) for motive in motives])
    return Learned(len(ordered), lexicon_right, right, kind, languages, trials, motives, weights, embedder)


def _trial(motive: str, truth: Sequence[str], said: Sequence[str], unseen: Floats) -> Trial:
    is_it, lexicon, model = _is(truth, motive), _is(said, motive), unseen >= SURE
    better = int(((model == is_it) & (lexicon != is_it)).sum())
    worse = int(((model != is_it) & (lexicon == is_it)).sum())
    p = sign_test(better, worse) if better + worse else 1.0
    return Trial(
        motive, int(is_it.sum()), int((lexicon == is_it).sum()), int((model == is_it).sum()), round(p, 4), p <= P_MAX
    )


def _is(said: Sequence[str], motive: str) -> npt.NDArray[np.bool_]:
    return np.array([each == motive for each in said], dtype=bool)


def _turned(table: sp.csr_matrix) -> tuple[Floats, Callable[[Floats], Floats]]:
    """The comments in as few columns as there are comments, a constant last; and the way back to weights of features.

    A ridge penalty is the same in every rotation, so nothing is lost, and a fit takes a hundredth of the time.
    """
    values, vectors = np.linalg.eigh((table @ table.T).toarray())
    kept = values > max(values.max(), 1.0) * 1e-10
    lengths = np.sqrt(values[kept])
    columns = vectors[:, kept] * lengths

    def back(weights: Floats) -> Floats:
        return np.append(table.T @ (vectors[:, kept] @ (weights[:-1] / lengths)), weights[-1])

    return np.column_stack([columns, np.ones(len(columns))]), back


def _cross_validated(table: Floats, truth: Sequence[str], motives: Sequence[str]) -> Floats:
    """Each correction's probabilities from models that have not seen it. Parts hold as much of each motive."""
    parts = np.zeros(len(truth), dtype=np.int64)
    for motive in sorted(set(truth)):
        of_it = np.flatnonzero(_is(truth, motive))
        parts[of_it] = np.arange(len(of_it)) % FOLDS
    unseen = np.zeros((len(truth), len(motives)))
    for part in range(FOLDS):
        seen, rest = parts != part, parts == part
        for place, motive in enumerate(motives):
            weights = _fit(table[seen], _is(truth, motive)[seen])
            unseen[rest, place] = _sigmoid(table[rest] @ weights)
    return unseen


def _fit(table: Floats, wanted: npt.NDArray[np.bool_]) -> Floats:
    """Weights of a logistic regression with a ridge penalty; the constant, in the last column, has none."""
    from scipy.optimize import minimize

    signs = np.where(wanted, 1.0, -1.0)
    free = np.ones(table.shape[1])
    free[-1] = 0.0

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (table @ weights)
        slopes = -signs * _sigmoid(-margins)
        penalised = PENALTY * free * weights
        return float(np.logaddexp(0, -margins).sum() + penalised @ weights / 2), table.T @ slopes + penalised

    return np.asarray(minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B").x)


def _with_constant(table: sp.csr_matrix) -> sp.csr_matrix:
    return sp.csr_matrix(sp.hstack([table, sp.csr_matrix(np.ones((table.shape[0], 1)))], format="csr"))


def _sigmoid(margins: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(margins))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
