"""Everything known about the person behind one identifier: the exports' rows, the standing, and what was sent."""

import re
from dataclasses import replace

from activator.config.workspace import Workspace
from activator.ledger.sent import sent_about
from activator.ledger.store import LedgerReader
from activator.model.explanation import ExplainedPerson, Explanation
from activator.people.engine import open_engine
from activator.people.explain import Lookup
from activator.plan.inputs import people_policy, read_people
from activator.ports import Clock
from activator.segments.kept import KeptMemberships


def explain(workspace: Workspace, clock: Clock, text: str) -> Explanation:
    """Look one identifier up: in the exports as they are now, and in everything that was ever sent.

    text: an e-mail address, a phone (national ones are read in the project's default country) or a customer id.

    Raises:
        SourceError: an export cannot be used. LedgerError: the ledger cannot be read.
    """
    ledger = LedgerReader(workspace.ledger_place, clock)
    try:
        batches = ledger.every_batch()
        with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
            people_read = read_people(workspace, engine, clock.now().date(), traced=True)
            lookup = Lookup(engine, people_read, people_policy(workspace.project), text)
            hub, hub_rows = lookup.hub()
            people, nobody = ((), ()) if hub else lookup.people()
            kept = KeptMemberships(engine, workspace.state)
            digests = lookup.digests(text, [person.standing.person_key for person in people])
            return Explanation(
                asked={kind: masked(text) for kind in lookup.keys},
                hub=hub,
                hub_rows=hub_rows,
                rows_without_person=nobody,
                people=tuple(_with_segments(person, kept) for person in people),
                audiences=sent_about(engine, batches, digests),
            )
    finally:
        ledger.close()


def _with_segments(person: ExplainedPerson, kept: KeptMemberships) -> ExplainedPerson:
    found = kept.of(person.standing.person_key)
    return person if found is None else replace(person, segments_on=found[0], segments=found[1])


def masked(text: str) -> str:
    """Enough of an identifier to see a slip of the finger, and not enough to know it: j***@e***.com, +49***87."""
    text = text.strip()
    local, at, domain = text.rpartition("@")
    if at:
        name, _, ending = domain.rpartition(".")
        return f"{local[:1]}***@{name[:1]}***.{ending}" if name else f"{local[:1]}***@***"
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return "a SHA-256 digest"
    return f"{text[:1]}***{text[-1:]}" if len(text) > 4 else "***"
