"""Answers of a survey as relations: the motive of every comment, and one vote per customer."""

from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from activator.motivation.reader import Reader

BATCH_ROWS = 20_000
READINGS = pa.schema(
    [("comment", pa.string()), ("language", pa.string()), ("motive", pa.string()), ("confidence", pa.float64())]
)


class Relations(Protocol):
    """What is needed of the data engine (people.engine.Engine, one floor up)."""

    backend: Any

    def materialise(self, label: str, expression: ir.Table) -> ir.Table:
        """Compute a relation now and return the table holding it."""
        ...


def classify(engine: Relations, responses: ir.Table, reader: Reader) -> ir.Table:
    """One row per answer that has a comment: its motive, or null where nothing can be said.

    responses: person_key, tier, answered_at, score, comment, language, source, source_row; one row per answer. The
    result has these columns, without language, plus motive and confidence. Each different text is read once.
    """
    answers = responses.select(
        "person_key",
        "tier",
        "answered_at",
        "source",
        "source_row",
        "score",
        comment=responses.comment.cast("string").strip(),
        language=ibis.coalesce(responses.language.cast("string").strip(), ""),
    ).filter(lambda answer: answer.comment.length() > 0)
    answers = engine.materialise("answers", answers)
    readings = engine.materialise("readings", ibis.memtable(_readings(answers, reader)))
    joined = answers.inner_join(readings, ["comment", "language"]).drop("language")
    return engine.materialise("motives", joined)


def votes(engine: Relations, classified: ir.Table) -> ir.Table:
    """The latest answer with a motive of each customer in a tier: one customer, one vote."""
    spoken = classified.filter(
        classified.motive.notnull() & classified.person_key.notnull() & classified.tier.notnull()
    )
    latest = ibis.row_number().over(
        group_by=spoken.person_key,
        order_by=[
            spoken.answered_at.desc(nulls_first=False),
            spoken.source,
            spoken.source_row.desc(),
        ],
    )
    ranked = spoken.mutate(place=latest)
    return engine.materialise("votes", ranked.filter(ranked.place == 0).drop("place"))


def _readings(answers: ir.Table, reader: Reader) -> pa.Table:
    """Read the distinct texts in Arrow batches; the engine is asked once."""
    distinct = answers.select("comment", "language").distinct()
    batches = [_read_batch(batch, reader) for batch in distinct.to_pyarrow().to_batches(BATCH_ROWS)]
    return pa.Table.from_batches(batches, READINGS)


def _read_batch(batch: pa.RecordBatch, reader: Reader) -> pa.RecordBatch:
    comments, languages = batch.column("comment"), batch.column("language")
    readings = reader.read_all(list(zip(comments.to_pylist(), languages.to_pylist(), strict=True)))
    motives = pa.array([reading.motive for reading in readings], pa.string())
    confidences = pa.array([reading.confidence for reading in readings], pa.float64())
    return pa.RecordBatch.from_arrays(
        [comments.cast(pa.string()), languages.cast(pa.string()), motives, confidences], schema=READINGS
    )
