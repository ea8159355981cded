"""One briefing from end to end: pull, judge, build, write the page, and deliver where asked."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from activator.briefing.build import build_briefing
from activator.briefing.deliver import write_page
from activator.briefing.deliver_mail import MailServer, mail, send_mail
from activator.briefing.deliver_slack import post_to_slack
from activator.briefing.render_html import render_html
from activator.briefing.render_slack import render_slack
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError, StalePlanError
from activator.ledger import flags, performance
from activator.ledger.overview import last_plan, open_erasures
from activator.ledger.refusals import refused_removals
from activator.ledger.store import Ledger
from activator.model.briefing import Briefing, BriefingInput
from activator.model.ledger import BatchState
from activator.model.performance import AdDay, Attention
from activator.model.plan import Plan
from activator.performance.flags import attention
from activator.performance.label import ad_days
from activator.performance.pull import pull_performance
from activator.plan.destinations import open_destinations
from activator.plan.files import load_plan
from activator.ports import Clock

HISTORY_DAYS = 92  # what flags look back on, and a baseline before the period shown


def brief(workspace: Workspace, clock: Clock, *, pull: bool, deliver: bool) -> Briefing:
    """Build this morning's briefing and write its page; deliver sends it where activator.yaml says as well.

    Raises:
        ConfigurationError: delivery is asked for and its settings are missing. DestinationError: it failed.
    """
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        problems: list[str] = []
        if pull:
            _, problems = pull_performance(
                ledger, open_destinations(workspace, clock, ledger.allowances), workspace.project, clock
            )
        briefing = build_briefing(_gather(workspace, clock, ledger, problems))
    finally:
        ledger.close()
    write_page(workspace.folder, workspace.project.briefing.html, render_html(briefing))
    if deliver:
        _deliver(workspace, briefing)
    return briefing


def page_path(workspace: Workspace) -> Path:
    """Where the page lies."""
    return workspace.folder / workspace.project.briefing.html


def _gather(workspace: Workspace, clock: Clock, ledger: Ledger, problems: list[str]) -> BriefingInput:
    project = workspace.project
    now = clock.now().astimezone(ZoneInfo(project.time_zone))
    days = _ad_days(ledger, workspace, now.date())
    judged = _judge(ledger, days, now.date())
    plan, applied_at, state = _last_plan(workspace, ledger)
    with ledger.reading() as connection:
        erasures, refused = open_erasures(connection), refused_removals(connection)
    unresolved = sum(record.state is not BatchState.PROCESSING for record in ledger.open_batches())
    if unresolved:
        problems = [*problems, f"{unresolved} uploads have no answer yet; `activator sync` settles them."]
    return BriefingInput(
        project_name=project.project.name,
        currency=project.currency,
        generated_at=now,
        as_of=now.date() - timedelta(days=1),
        ad_days=days,
        flags=judged.flags,
        watched=judged.watched,
        audiences=plan.audiences if plan else (),
        movements=plan.movements if plan else (),
        sources=plan.sources if plan else (),
        suppressions=plan.suppressions if plan else (),
        guards=plan.guards if plan else (),
        last_sync_at=applied_at,
        all_done=state == "applied",
        problems=problems,
        erasures=erasures,
        refused_removals=refused,
        lookback_days=project.briefing.lookback_days,
        tier_order=[tier.name for tier in project.tiers],
    )


def _ad_days(ledger: Ledger, workspace: Workspace, today: date) -> list[AdDay]:
    ad_keys = {
        (name, owned.platform_id): key
        for name in workspace.project.destinations
        for key, owned in ledger.owned(name).items()
        if owned.kind == "ad" and owned.platform_id is not None
    }
    with ledger.reading() as connection:
        rows = performance.latest(connection, today - timedelta(days=HISTORY_DAYS), today - timedelta(days=1))
    return ad_days(rows, ad_keys)


def _judge(ledger: Ledger, days: list[AdDay], today: date) -> Attention:
    """Today's flags; their episodes are kept, so that tomorrow knows which are new."""
    with ledger.reading() as connection:
        known = flags.episodes(connection)
    judged = attention(days, today, known)
    with ledger.writing() as connection:
        flags.replace(connection, judged.episodes)
    return judged


def _last_plan(workspace: Workspace, ledger: Ledger) -> tuple[Plan | None, datetime | None, str]:
    """The plan begun last, as far as it is still kept, when it ended, and its state in the ledger."""
    with ledger.reading() as connection:
        last = last_plan(connection)
    if last is None:
        return None, None, ""
    try:
        plan, _ = load_plan(workspace.plans / last["plan_id"], with_batches=False)
    except StalePlanError:
        return None, last["finished_at"], last["state"]
    return plan, last["finished_at"], last["state"]


def _deliver(workspace: Workspace, briefing: Briefing) -> None:
    settings, section = workspace.settings, workspace.project.briefing
    if section.slack:
        if settings.slack_webhook_url is None:
            raise ConfigurationError("ACTIVATOR_SLACK_WEBHOOK_URL is not set", "Set it, or briefing.slack: false.")
        post_to_slack(settings.slack_webhook_url, render_slack(briefing))
    if section.email_to:
        if settings.smtp_host is None or settings.smtp_from is None:
            raise ConfigurationError(
                "ACTIVATOR_SMTP_HOST and ACTIVATOR_SMTP_FROM are not set", "Set them, or empty briefing.email_to."
            )
        server = MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            user=settings.smtp_user,
            password=settings.smtp_password,
        )
        send_mail(server, mail(briefing, settings.smtp_from, section.email_to))
