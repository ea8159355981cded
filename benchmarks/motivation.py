"""How long 100,000 comments take to be read, with a plain keyword loop over the same cues as the peer.

    python -m benchmarks.motivation [--comments 100000]

Every comment is different. Read on two processes as a machine of two cores would, and on one; the peer looks every cue
of the lexicon up in every comment (`cue in text`), the usual first way, and is given a tenth of the comments. A model
learned from 400 corrections is measured as well.
"""

import argparse
import csv
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from activator.motivation.corrections import Correction
from activator.motivation.lexicon import MOTIVES, WEIGHTS, shipped_lexicon
from activator.motivation.reader import Reader, reader_for

SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
PARTS = 2


def samples() -> list[tuple[str, str]]:
    """(text, motive) of the labelled comments: our own verbatims and real clothing reviews."""
    found = []
    for name in ("verbatims_labelled.csv", "clothing_reviews_labelled.csv", "clothing_reviews_labelled_later.csv"):
        with (SAMPLES / name).open(encoding="utf-8", newline="") as stream:
            found += [(row["text"], row["motive"]) for row in csv.DictReader(stream)]
    return found


def comments(count: int, seed: int = 11) -> list[str]:
    """Different comments, each two of the samples and a number."""
    generator = np.random.default_rng(seed)
    texts = [text for text, _ in samples()]
    first, second = generator.integers(0, len(texts), (2, count))
    return [f"{texts[a]} {texts[b]} {n}" for n, (a, b) in enumerate(zip(first, second, strict=True))]


def read(texts: Sequence[str]) -> int:
    """How many have a motive."""
    reader = Reader(shipped_lexicon())
    return sum(reading.motive is not None for reading in reader.read_all([(text, "") for text in texts]))


def plain_loop(texts: Sequence[str]) -> int:
    """The peer: every cue looked up in every comment, weights added, the heaviest motive taken."""
    content = shipped_lexicon().contents["en"]
    cues = [
        (phrase.replace("*", "").replace(" ~ ", " "), motive, WEIGHTS[weight])
        for motive in MOTIVES
        for weight in WEIGHTS
        for phrase in getattr(content.motives[motive], weight)
    ]
    found = 0
    for text in texts:
        lower, scores = text.lower(), dict.fromkeys(MOTIVES, 0)
        for cue, motive, weight in cues:
            if cue in lower:
                scores[motive] += weight
        found += max(scores.values()) >= 2
    return found


def timed(label: str, count: int, work: Callable[[], int]) -> float:
    """Run, and print seconds and comments a second."""
    start, processor = time.perf_counter(), time.process_time()
    found = work()
    seconds, used = time.perf_counter() - start, time.process_time() - processor
    print(
        f"{label:<40} {seconds:7.1f} s ({used:6.1f} s of this process)  {count / seconds:8,.0f} comments/s"
        f"  {found / count:6.1%} with a motive"
    )
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    count = parser.parse_args().comments
    texts = comments(count)
    print(f"{count:,} different comments, {sum(map(len, texts)) / count:.0f} characters on average")
    timed("activator, one core", count, lambda: read(texts))
    halves = [texts[part::PARTS] for part in range(PARTS)]
    with ProcessPoolExecutor(PARTS, mp_context=get_context("spawn")) as pool:
        timed("activator, two processes", count, lambda: sum(pool.map(read, halves)))
    corrections = [Correction(text, "en", motive) for text, motive in samples()[:400]]
    start, processor = time.perf_counter(), time.process_time()
    taught = reader_for(shipped_lexicon(), corrections)
    seconds, used = time.perf_counter() - start, time.process_time() - processor
    print(
        f"learning from {len(corrections)} corrections, cross-validated: {seconds:.1f} s ({used:.1f} s of this process)"
    )
    tenth = texts[: count // 10]
    timed("activator with corrections, a tenth", len(tenth), lambda: _taught(taught, tenth))
    timed("peer: plain loop over the cues, a tenth", len(tenth), lambda: plain_loop(tenth))


def _taught(reader: Reader, texts: Sequence[str]) -> int:
    return sum(reading.motive is not None for reading in reader.read_all([(text, "") for text in texts]))


if __name__ == "__main__":
    main()
