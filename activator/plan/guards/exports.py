"""Guards over what a plan is made from: a file that is cut, old or changed parses perfectly (pure)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median_high

from activator.config.project import GuardSection
from activator.model.exports import ExportLook
from activator.model.ledger import Evidence, SourceUse
from activator.model.plan import GuardFinding
from activator.plan.guards.names import NO_EVIDENCE

SMALL_EXPORT = 10  # below this many rows a share of them says nothing


def evidence_guards(evidence: Evidence) -> list[GuardFinding]:
    """no-evidence: what cannot be compared is not taken for equal."""
    if evidence.whole:
        return []
    return [
        GuardFinding(
            NO_EVIDENCE,
            "the ledger",
            "it does not say, or no longer wholly, what the last applied plan was made from",
            "Restore the ledger from a backup, or look at the exports and the changes yourself.",
        )
    ]


def source_guards(rows: Mapping[str, int], evidence: Evidence, limits: GuardSection) -> list[GuardFinding]:
    """source-shrunk: against the trailing median, which a slow decline moves late, and against the last one."""
    findings = []
    for name, count in rows.items():
        usual = _usual([use.rows for use in evidence.uses.get(name, ())])
        if count < limits.source_rows_share_min * usual:
            findings.append(
                GuardFinding(
                    "source-shrunk",
                    name,
                    f"{count:,} rows, {usual:,} are usual (limit {100 * limits.source_rows_share_min:.0f} %)",
                    "Export it again, and check that it is complete.",
                )
            )
    return findings


def missing_guards(named: Collection[str], evidence: Evidence) -> list[GuardFinding]:
    """source-shrunk: an entry taken out of the project file takes its people, or its objections, with it."""
    return [
        GuardFinding(
            "source-shrunk",
            name,
            f"no longer in the project file; {uses[0].rows:,} rows when last used",
            "Put it back. If it was a suppression list, whoever it named may be sent again without it.",
        )
        for name, uses in sorted(evidence.uses.items())
        if name not in named and uses[0].rows
    ]


def suppression_guards(rows: Mapping[str, int], evidence: Evidence, limits: GuardSection) -> list[GuardFinding]:
    """suppression-shrunk: a list that lost its rows would let people back in, and only its size gives it away."""
    return [
        GuardFinding(
            "suppression-shrunk",
            found.subject,
            found.message.replace("rows,", "usable rows,", 1),
            "Export the list again, and check that it is complete: whoever it no longer names may be sent again.",
        )
        for found in source_guards(rows, evidence, limits)
    ]


def identifier_guards(
    shares: Mapping[str, int], rows: Mapping[str, int], evidence: Evidence, limits: GuardSection
) -> list[GuardFinding]:
    """identifiers-fell: masked or shifted columns leave the rows and take the people. shares: x 10,000, by source."""
    findings = []
    for name, share in shares.items():
        usual = _usual([use.usable_bp for use in evidence.uses.get(name, ()) if use.usable_bp is not None])
        if rows[name] >= SMALL_EXPORT and usual - share > 10_000 * limits.identifier_share_drop_max:
            findings.append(
                GuardFinding(
                    "identifiers-fell",
                    name,
                    f"{share / 100:.1f} % of its rows say whose they are, {usual / 100:.1f} % are usual "
                    f"(limit {100 * limits.identifier_share_drop_max:.0f} points less)",
                    "See `activator plan --rejects FILE` for the rows, and check the columns of the export.",
                )
            )
    return findings


def layout_guards(looks: Sequence[ExportLook], evidence: Evidence) -> list[GuardFinding]:
    """layout-changed: columns nobody reads may come and go; those in use, and the way it is written, may not."""
    findings = []
    for look in looks:
        last = _last(evidence, look.source)
        if last is None or not last.dialect:  # never used, or empty since it was taken out of the project file
            continue
        came_or_went = (set(look.columns) ^ set(last.columns)) & set(look.used)
        words = [f"the column {column!r} {_fate(column, look)}" for column in sorted(came_or_went)]
        if look.dialect != last.dialect:
            words.append(f"it is {look.dialect}, and was {last.dialect}")
        if words:
            findings.append(
                GuardFinding(
                    "layout-changed",
                    look.source,
                    "; ".join(words),
                    "Look at the export, and at its mapping: `activator profile` shows what is made of it.",
                )
            )
    return findings


def freshness_guards(
    looks: Sequence[ExportLook], hours: Mapping[str, int], evidence: Evidence, now: datetime
) -> list[GuardFinding]:
    """stale-export: only of the sources whose section says how fresh they must be. hours: of those, by source."""
    findings = []
    for look in looks:
        if look.source not in hours:
            continue
        words = _stale_words(look, timedelta(hours=hours[look.source]), evidence, now)
        if words:
            fix = "See to it that the export is made, or raise `fresh_hours` of this source."
            findings.append(GuardFinding("stale-export", look.source, words, fix))
    return findings


def _stale_words(look: ExportLook, life: timedelta, evidence: Evidence, now: datetime) -> str:
    last, since = _last(evidence, look.source), evidence.unchanged_since.get(look.source)
    if look.written_at is not None and now - look.written_at > life:
        return f"written {_stamp(look.written_at)}, longer ago than {_hours(life)}"
    if last is not None and last.written_at and look.written_at and look.written_at < last.written_at:
        return f"written {_stamp(look.written_at)}, before the one used last ({_stamp(last.written_at)})"
    if last is not None and since and look.digest == last.digest and now - since > life:
        return f"the very same that was first used {_stamp(since)}, longer ago than {_hours(life)}"
    return ""


def _fate(column: str, look: ExportLook) -> str:
    return "is new" if column in look.columns else "is gone"


def _last(evidence: Evidence, source: str) -> SourceUse | None:
    uses = evidence.uses.get(source, ())
    return uses[0] if uses else None


def _usual(newest_first: Sequence[int]) -> int:
    """The trailing median, or what there was last if that was more; 0 where nothing is known."""
    return max(median_high(newest_first), newest_first[0]) if newest_first else 0


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _hours(life: timedelta) -> str:
    hours = life // timedelta(hours=1)
    return f"{hours} hour{'s' if hours > 1 else ''}"
