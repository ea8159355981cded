"""The guided demonstration: a brand's two days, through the very commands' own functions, against the sandbox.

It yields what happens; the command line tells it. Nothing here knows more about the product than a user's script would.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from activator.apply.result import ApplyResult
from activator.briefing.run import brief, page_path
from activator.config.clock import SystemClock
from activator.config.project import PROJECT_FILE
from activator.config.settings import PREFIX
from activator.config.workspace import open_workspace
from activator.demo.brand import BRAND_NAME, write_brand
from activator.model.briefing import Briefing
from activator.model.plan import Plan
from activator.setup import Answers, write_project
from activator.sync import Runner, apply_plan, make_plan
from connectors.sandbox.server import Sandbox

DAYS_LIVE = 42  # how long the sandbox pretends the ads have been on: the briefing's baseline needs weeks


@dataclass(frozen=True, slots=True)
class Step:
    """A new chapter. command: what a user would have typed for it."""

    title: str
    command: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan was made."""

    plan: Plan
    folder: Path
    currency: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan was applied."""

    result: ApplyResult


@dataclass(frozen=True, slots=True)
class Briefed:
    """The briefing was built; page is its HTML file."""

    briefing: Briefing
    page: Path


Event: TypeAlias = Step | Planned | Applied | Briefed


def run_demo(folder: Path, people: int, seed: int) -> Iterator[Event]:
    """Both days of the sample brand in a fresh folder."""
    exports = folder / "exports"
    exports.mkdir(parents=True, exist_ok=True)
    yield Step(f"A shop called {BRAND_NAME} exports its contacts, orders and survey answers", "")
    files = write_brand(exports, people=people, seed=seed, day=1)
    with Sandbox(folder / ".sandbox", seed=seed) as sandbox:
        _use(sandbox, folder)
        ids = sandbox.identities()
        yield Step("Set up the project", "activator init exports/*.csv")
        write_project(
            folder,
            files.paths,
            Answers(
                name=BRAND_NAME,
                currency=ids["currency"],
                time_zone=ids["time_zone"],
                country="DE",
                landing_url="https://shop.example.com/",
                meta_account=ids["meta_account_id"],
                meta_page=ids["meta_page_id"],
                meta_pixel=ids["meta_pixel_id"],
                google_customer=ids["google_customer_id"],
                customer_match_terms_accepted=True,  # the sandbox's
                eu_political_ads=False,  # outdoor gear
            ),
            SystemClock().now().date(),
        )
        _start_small(folder)
        runner = Runner(open_workspace(folder), SystemClock())
        yield from _plan_and_apply(runner, "Preview the first sync", "Apply exactly that plan")
        yield Step("Plan again: nothing is left to do", "activator plan")
        yield Planned(*make_plan(runner), runner.workspace.project.currency)
        yield Step("Next morning: new exports. People joined, left, changed tier, withdrew consent", "")
        write_brand(exports, people=people, seed=seed, day=2)
        yield from _plan_and_apply(runner, "Preview exactly those moves", "Apply them")
        yield Step(f"You switch the ads on; {DAYS_LIVE} days pass (the sandbox makes believe)", "")
        sandbox.activate(DAYS_LIVE)
        yield Step("The morning briefing: return by tier and text, and what needs attention", "activator briefing")
        briefing = brief(runner.workspace, runner.clock, pull=True, deliver=False)
        yield Briefed(briefing, page_path(runner.workspace))


def _plan_and_apply(runner: Runner, preview: str, doing: str) -> Iterator[Event]:
    yield Step(preview, "activator plan")
    plan, plan_folder = make_plan(runner)
    yield Planned(plan, plan_folder, runner.workspace.project.currency)
    yield Step(doing, f"activator apply {plan.plan_id}")
    yield Applied(apply_plan(runner, plan, plan_folder))


def _start_small(folder: Path) -> None:
    """Tiers of a sample may be smaller than what platforms deliver to; their audiences are to be seen all the same."""
    path = folder / PROJECT_FILE
    text = path.read_text(encoding="utf-8")
    smaller = re.sub(r"^    strategy:", "    audience_people_min: 1\n    strategy:", text, flags=re.MULTILINE)
    path.write_text(smaller, encoding="utf-8")


def _use(sandbox: Sandbox, folder: Path) -> None:
    """Point this process at the sandbox and at nothing else, whatever the environment says; keep the settings in .env.

    A demonstration must not reach somebody's real account because their shell names it.
    """
    for name in [name for name in os.environ if name.startswith((f"{PREFIX}META__", f"{PREFIX}GOOGLE__"))]:
        del os.environ[name]
    settings = sandbox.settings()
    os.environ.update(settings)
    env = folder / ".env"
    env.touch(mode=0o600)
    env.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
