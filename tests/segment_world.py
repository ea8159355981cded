"""People with fields and happenings, for specifications of rules: who is selected."""

from datetime import date, datetime, time, timedelta
from typing import Any

import ibis

from activator.config.segments import SegmentSection
from activator.people.engine import Engine
from activator.segments.compile import Compiler
from activator.segments.fields import Kind, Subjects
from mappings.segment_library import shipped_segments

AS_OF = date(2026, 6, 30)
PEOPLE = {
    "person": "int64", "tier": "string", "value": "int64", "orders": "int64", "days_since_last_order": "int64",
    "last_order_on": "date", "country": "string", "churn_risk": "float64", "latitude": "float64",
    "longitude": "float64", "age": "int64", "newsletter": "boolean", "activity": "string", "pattern": "string",
    "score": "int64", "days_to_first_order": "int64",
}  # fmt: skip


class World:
    """People by number, and what happened to them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._people: list[dict[str, Any]] = []
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def person(self, number: int, **fields: Any) -> None:
        self._people.append({**dict.fromkeys(PEOPLE), "person": number, **fields})

    def order(self, person: int, days_ago: int, amount: int = 1_000) -> None:
        order = len(self._rows.get("orders", ()))
        self._add("orders", person, days_ago, amount=amount, order_amount=amount, order=order, currency="EUR")

    def event(self, person: int, days_ago: float, event: str) -> None:
        self._add("events", person, days_ago, event=event, amount=None, quantity=None)

    def _add(self, happening: str, person: int, days_ago: float, **fields: Any) -> None:
        at = datetime.combine(AS_OF, time(12)) - timedelta(days=days_ago)
        self._rows.setdefault(happening, []).append({"person": person, "at": at, **fields})

    def select(self, *sections: dict[str, Any]) -> dict[str, list[int]]:
        """Who is in which segment."""
        segments = [
            SegmentSection.model_validate({"title": "A title", **section, "name": section.get("name", f"s{number}")})
            for number, section in enumerate(sections)
        ]
        table = Compiler(self._engine, self._subjects()).table(segments)
        rows = self._engine.materialise("found", table).to_pyarrow().to_pylist()
        columns = [name for name in table.columns if name != "person"]
        return {name: sorted(row["person"] for row in rows if row[name]) for name in columns}

    def library(self, name: str) -> list[int]:
        """Who is in a shipped segment."""
        table = Compiler(self._engine, self._subjects()).table([shipped_segments()[name]])
        rows = self._engine.materialise("found", table).to_pyarrow().to_pylist()
        return sorted(row["person"] for row in rows if row[f"in_{name}"])

    def who(self, rule: dict[str, Any]) -> list[int]:
        return self.select({"who": rule})["in_s0"]

    def _subjects(self) -> Subjects:
        kinds = {
            "orders": {"amount": "int64", "order_amount": "int64", "order": "int64", "currency": "string"},
            "events": {"event": "string", "amount": "int64", "quantity": "int64"},
        }
        happenings = {
            name: self._table(rows, {"person": "int64", "at": "timestamp", **kinds[name]})
            for name, rows in self._rows.items()
        }
        people = self._table(self._people, PEOPLE)
        return Subjects(people, happenings, AS_OF, {"age": Kind.NUMBER, "newsletter": Kind.FLAG})

    def _table(self, rows: list[dict[str, Any]], kinds: dict[str, str]) -> Any:
        return self._engine.materialise("made", ibis.memtable(rows, schema=ibis.schema(kinds)))
