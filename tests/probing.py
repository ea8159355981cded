"""What would be sent for a few values, asked with an engine for one call."""

from collections.abc import Sequence

from activator.people.identifiers import DEFAULT_RULES, IdentifierRules
from activator.people.probe import NEWEST_YEAR, Answer, Probe, Record


def explain_identifiers(
    records: Sequence[Record], rules: IdentifierRules = DEFAULT_RULES, newest_year: int = NEWEST_YEAR
) -> list[Answer]:
    """`Probe.explain` of these records."""
    with Probe(rules, newest_year=newest_year) as probe:
        return probe.explain(records)
