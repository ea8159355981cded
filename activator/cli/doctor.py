"""`activator doctor`: what is wrong before it costs a sync, each finding with its fix."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say
from activator.errors import ActivatorError
from activator.model.checks import Finding, Severity

if TYPE_CHECKING:
    from activator.config.workspace import Workspace

MARKS = {Severity.OK: "ok     ", Severity.WARNING: "warning", Severity.ERROR: "error  "}


def doctor(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Check the project file, exports, installation, credentials and accounts. Changes nothing.

    Exits 2 when something would stop a sync.
    """
    findings = [*_installation(), *_project(project)]
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            say(f"{MARKS[finding.severity]}  {finding.check}: {printable(finding.message)}")
            if finding.fix and finding.severity is not Severity.OK:
                say(f"         what to do: {printable(finding.fix)}")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(2)


def _installation() -> list[Finding]:
    """Two distributions owning our top-level packages overwrite each other in silence; see docs/adr."""
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    findings = []
    for package in ("connectors", "mappings"):
        names = sorted(set(owners.get(package, ())))
        if len(names) > 1:
            findings.append(
                Finding(
                    "installation",
                    Severity.ERROR,
                    f"the package `{package}` is owned by {' and '.join(names)}",
                    "Install activator in an environment of its own.",
                )
            )
    return findings or [Finding("installation", Severity.OK, "our packages are ours alone")]


def _project(folder: Path) -> Sequence[Finding]:
    from activator.config.workspace import open_workspace

    try:
        workspace = open_workspace(folder)
    except ActivatorError as error:
        return [_failed("project file", error)]
    from activator.config.clock import SystemClock
    from activator.plan.inputs import check_source

    findings = [Finding("project file", Severity.OK, f"{workspace.project.project.name}: read and consistent")]
    fields: set[str] = set()
    for section in workspace.project.sources:
        try:
            checked = check_source(workspace, section)
        except ActivatorError as error:
            findings.append(_failed(f"source {section.name}", error))
        else:
            fields |= checked.fields
            findings.append(Finding(f"source {section.name}", Severity.OK, f"{checked.rows:,} rows in {section.shown}"))
    findings.append(_matching(fields))
    findings += _lists(workspace)
    findings += _segments(workspace)
    findings += _private_files(folder)
    from activator.plan.destinations import known_allowances, open_destination

    for name in workspace.project.destinations:
        try:
            with known_allowances(workspace, SystemClock()) as allowances:
                findings += open_destination(workspace, name, SystemClock(), allowances).check()
        except ActivatorError as error:
            findings.append(_failed(f"destination {name}", error))
    return findings


def _matching(fields: set[str]) -> Finding:
    """Which columns platforms can find people by; every one that is missing costs matches."""
    names = {"email": "e-mail addresses", "phone": "phones"}
    ways = [name for field, name in names.items() if field in fields]
    if {"first_name", "last_name", "postal_code", "country"} <= fields:
        ways.append("names with postal code and country")
    missing = [field for field in names if field not in fields]
    if not ways:
        message = "no export has e-mail addresses, phones, or names with postal code and country: nobody can be matched"
        return Finding(
            "matching", Severity.ERROR, message, "Map `email` or `phone` of a source; see the mappings page."
        )
    if missing:
        fix = f"Map `{missing[0]}` of a source if your exports have it; platforms find more people by both."
        return Finding("matching", Severity.WARNING, f"people are matched by {' and '.join(ways)} only", fix)
    return Finding("matching", Severity.OK, f"people are matched by {', '.join(ways)}")


def _lists(workspace: "Workspace") -> list[Finding]:
    from activator.plan.suppressions import check_list

    findings = []
    for section in workspace.project.suppressions:
        name = f"suppression list {section.name}"
        try:
            rows = check_list(workspace, section)
        except ActivatorError as error:
            findings.append(_failed(name, error))
        else:
            findings.append(Finding(name, Severity.OK, f"{rows:,} rows in {section.path}"))
    return findings


def _segments(workspace: "Workspace") -> list[Finding]:
    """Whether the shipped segments named exist; `activator segments check` looks at the people too."""
    if not workspace.project.segments:
        return []
    from activator.segments.declared import declared

    try:
        sections, _ = declared(workspace)
    except ActivatorError as error:
        return [_failed("segments", error)]
    return [Finding("segments", Severity.OK, f"{len(sections)} segments; `activator segments check` judges them")]


def _private_files(folder: Path) -> list[Finding]:
    env = folder / ".env"
    if env.exists() and env.stat().st_mode & 0o077:
        return [Finding("secrets", Severity.WARNING, ".env can be read by others", "chmod 600 .env")]
    return []


def _failed(check: str, error: ActivatorError) -> Finding:
    return Finding(check, Severity.ERROR, error.message, error.next_step)
