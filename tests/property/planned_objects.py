"""What project files of any content lead to: the plan's objects, made on the sandbox and read back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from activator.config.project import DestinationSection, Project
from activator.errors import ConfigurationError
from activator.model.ads import ObjectSpec
from activator.plan.desired import desired_objects, markers
from activator.ports import Clock, Destination, DestinationConnector, DestinationContext
from connectors.sandbox.server import Sandbox

FEW = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking costs minutes of calls, and the first example says enough
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
LANDING_URLS = st.sampled_from(["https://shop.example/", "http://shop.example/a?b=c&d=%20#e"])
COUNTRIES = st.sampled_from([["DE"], ["DE", "AT"], ["US", "JP"]])


@st.composite
def tiers_delivered(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Two or three tiers, and those that are delivered to: the best one always, as project files must."""
    tiers = draw(st.lists(NAMES, min_size=2, max_size=3, unique=True))
    others = draw(st.lists(st.sampled_from(tiers[1:]), unique=True))
    return tiers, draw(st.permutations([tiers[0], *others]))


Options = Callable[[Sandbox, DestinationSection], Mapping[str, Any]]


@contextmanager
def both_currencies(tmp_path_factory: pytest.TempPathFactory, platform: str) -> Iterator[dict[str, Sandbox]]:
    """A sandbox of one platform for each currency: hundredths, and none."""
    started = {}
    for currency in ("EUR", "JPY"):
        folder = tmp_path_factory.mktemp(currency)
        started[currency] = Sandbox(folder, settle_seconds=0, platforms=(platform,), currency=currency).start()
    yield started
    for sandbox in started.values():
        sandbox.stop()


def project_file(
    number: int,
    name: str,
    currency: str,
    tiers: list[str],
    copy: dict[str, Any],
    platform: str,
    delivery: dict[str, Any],
) -> dict[str, Any]:
    """A project file with one destination, named like its platform; tiers it does not deliver to are suppressed."""
    shares = dict(zip(tiers[:-1], ("0.2", "0.5"), strict=False))
    return {
        "version": 1,
        "project": {"name": name, "id": f"plans-{number}"},
        "time_zone": "Europe/Berlin",
        "currency": currency,
        "sources": [{"name": "contacts", "path": "contacts.csv", "mapping": "generic_contacts"}],
        "tiers": [
            {
                "name": tier,
                "suppress": tier not in delivery["tiers"],
                **({"top_share": shares[tier]} if tier in shares else {}),
            }
            for tier in tiers
        ],
        "copy": [{"name": "plain", "motivation": "generic", **copy}],
        "destinations": {platform: delivery},
    }


@dataclass
class Trials:
    """All projects tried on one platform. made: how many were taken; refused: why the others were not planned.

    options: the destination's, with what the sandbox has made; hang_up: where a destination holds a connection.
    """

    platform: str
    connector: DestinationConnector
    budget_level: str
    clock: Clock
    options: Options = lambda _sandbox, section: section.options
    hang_up: Callable[[Any], None] = lambda _destination: None
    made: int = 0
    refused: list[ConfigurationError] = field(default_factory=list)

    def planned(
        self, content: dict[str, Any], sandboxes: dict[str, Sandbox], folder: Path
    ) -> tuple[tuple[ObjectSpec, ...], Destination] | None:
        """What is planned, and the destination; None where the project file or the plan refuses it."""
        try:
            project = Project.model_validate(content)
        except ValueError:
            return None
        sandbox, section = sandboxes[project.currency], project.destinations[self.platform]
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in sandbox.settings().items()))
        try:
            specs = desired_objects(project, self.platform, self.budget_level, {}).specs
            destination = self.connector.open(
                DestinationContext(
                    self.platform, project.project.id, section.account_digits, project.currency, project.time_zone,
                    folder, self.options(sandbox, section), self.clock, section.countries,
                    markers(project, self.platform),
                    in_market=section.acquisition.in_market if section.acquisition else (),
                    counts_new_customers=section.new_customer_value is not None,
                )
            )  # fmt: skip
            for spec in specs:
                destination.comparable(spec)
        except ConfigurationError as refused:
            self.refused.append(refused)
            return None
        return specs, destination

    def try_out(self, content: dict[str, Any], sandboxes: dict[str, Sandbox], folder: Path) -> None:
        """Make what is planned, and find all of it as wanted."""
        found = self.planned(content, sandboxes, folder)
        if found is None:
            return
        self.made += 1
        specs, destination = found
        ids: dict[str, str] = {}
        for spec in specs:
            ids[spec.key] = destination.create(spec, ids).platform_id
        seen = destination.observe().by_key()
        assert {key: remote.platform_id for key, remote in seen.items()} == ids
        for spec in specs:
            assert dict(seen[spec.key].fields) == dict(destination.comparable(spec))
        self.hang_up(destination)

    def were_not_simply_refused(self) -> None:
        """Most were taken, and every refusal says what to do."""
        assert self.made >= 10
        assert all(refused.next_step for refused in self.refused)
