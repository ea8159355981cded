"""Who a plan is about. When nothing it is made from has changed, the last run's answer is taken.

What is remembered is who is in which tier, as keys, and what the plan says of them in numbers. It is enough to compare
with the ledger. As soon as anybody is to be added or explained, the exports are read after all.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import ibis.expr.types as ir
from pydantic import TypeAdapter

from activator.config.bidding import from_value
from activator.config.workspace import Workspace
from activator.model.bidding import Worths
from activator.model.exports import ExportLook
from activator.model.people import SuppressionCount, TierSummary
from activator.model.plan import TierMotivation
from activator.model.sharing import Sharing
from activator.model.valuing import Valuing
from activator.people.accounting import Accounts
from activator.people.engine import Engine
from activator.people.members import sent_columns
from activator.people.membership import Members
from activator.people.pipeline import People
from activator.people.recall import Recall, version_of
from activator.plan.earlier import digest_of, earlier_tiers
from activator.plan.inputs import motivations_of, people_policy, read_people, source_digest
from activator.plan.looks import dated
from activator.plan.worth import tier_worths


@dataclass(frozen=True)
class Findings:
    """What a plan says of its people in numbers and words. No key and no identifier of anybody is in it.

    read_on, awaits_orders: on which day they were found, and whether orders of later days did not count yet.
    """

    accounts: Accounts
    tiers: tuple[TierSummary, ...]
    sharing: Sharing
    motivations: Mapping[str, TierMotivation]
    valuing: Valuing
    worths: Worths = field(default_factory=Worths)
    looks: tuple[ExportLook, ...] = ()
    read_on: date | None = None
    awaits_orders: bool = True

    def hold_on(self, day: date) -> bool:
        """Whether reading the same again on a day would find the same. An earlier version did not say when it read."""
        return self.read_on is not None and (self.read_on == day or (self.read_on < day and not self.awaits_orders))


_FINDINGS: TypeAdapter[Findings] = TypeAdapter(Findings)


@dataclass
class Population:
    """What planning asks about people. source_digest: of what was read, or would be.

    The same questions and answers as `People` has; `people` is computed when an answer needs it.
    """

    workspace: Workspace
    engine: Engine
    source_digest: str
    today: date
    _recall: Recall
    _forms: dict[str, Members] = field(default_factory=dict)

    @cached_property
    def people(self) -> People:
        """Everyone, read and computed.

        Raises:
            SourceError: an export cannot be used.
        """
        return read_people(self.workspace, self.engine, self.today, recall=self._recall)

    @cached_property
    def _findings(self) -> Findings:
        return self._remembered or Findings(
            self.people.accounts,
            self.people.tiers,
            self.people.sharing,
            motivations_of(self.workspace, self.engine, self.people),
            self.people.valuing,
            self._worths() if self._bids_from_value else Worths(),
            self.people.looks,
            self.today,
            self.workspace.project.value.as_of == "latest_order" and self.people.has_orders_after(self.today),
        )

    @property
    def _bids_from_value(self) -> bool:
        return any(from_value(section.bidding) for section in self.workspace.project.destinations.values())

    def _worths(self) -> Worths:
        """Read only where bids are made from it: predicting costs more than planning."""
        from activator.people.forecast.slope import slope_of

        return Worths(tier_worths(self.engine, self.people.standing()), slope_of(self.people.valuation.tried))

    @cached_property
    def _remembered(self) -> Findings | None:
        """What the last run found, if it was made from the same."""
        content = self._recall.note(self._inputs)
        found = None if content is None else _FINDINGS.validate_json(content)
        return found if found and found.hold_on(self.today) else None

    @property
    def _inputs(self) -> str:
        parts = (self.source_digest, self.workspace.project_digest, self._earlier)
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    @cached_property
    def _earlier(self) -> str:
        """Who was in which tier, where that decides who is in it now."""
        return digest_of(earlier_tiers(self.workspace, self.engine))

    @property
    def accounts(self) -> Accounts:
        """Where every row ended."""
        return self._findings.accounts

    @property
    def tiers(self) -> tuple[TierSummary, ...]:
        """The tiers, best first."""
        return self._findings.tiers

    @property
    def valuing(self) -> Valuing:
        """What the tiers go by."""
        return self._findings.valuing

    @property
    def sharing(self) -> Sharing:
        """What sources share."""
        return self._findings.sharing

    @property
    def motivations(self) -> Mapping[str, TierMotivation]:
        """Why each tier buys."""
        return self._findings.motivations

    @property
    def looks(self) -> tuple[ExportLook, ...]:
        """What the exports and suppression lists look like."""
        return dated(self.workspace, self._findings.looks)

    @property
    def worths(self) -> Worths:
        """What each tier will bring; empty where no destination leaves its bids to value."""
        return self._findings.worths

    @property
    def suppressions(self) -> tuple[SuppressionCount, ...]:
        """What became of the rows of each suppression list."""
        return self.accounts.suppressions

    def membership(self, form: str) -> Members:
        """Everyone who may be sent in a form. Keys may be remembered; what is sent is always made of the exports."""
        if form not in self._forms:
            known = self._recall.known(_kind(form)) if self._remembered else None
            if known is None:
                self._forms[form] = self.people.membership(form)
            else:
                keys = self.engine.materialise("keys", known.select("person_key", "tier", "member_key"))
                self._forms[form] = Members(
                    keys,
                    lambda wanted: self.people.membership(form).written(wanted),
                    lambda rows: sent_columns(form, rows),
                )
        return self._forms[form]

    @property
    def values(self) -> ir.Table:
        """person_key, as text, and value_minor of everyone."""
        return self.people.people.select("person_key", "value_minor")

    def status(self, form: str, small: Collection[str] = ()) -> ir.Table:
        """person_key, tier and outcome of everyone."""
        return self.people.status(form, small)

    def remember(self) -> None:
        """Keep for the next run what this one worked out.

        Raises:
            OSError: the disk is full.
        """
        read = "people" in self.__dict__
        if read and source_digest(self.workspace) == self.source_digest:  # nothing changed while it was read
            for form, members in self._forms.items():
                keys = members.keys
                self._recall.keep(
                    _kind(form), keys.mutate(mark=self._recall.mark("person", keys.person_key.cast("string")))
                )
            self._recall.keep_note(self._inputs, _FINDINGS.dump_json(self._findings))
        self._recall.save()


def _kind(form: str) -> str:
    return f"everyone_{form}"


def population(workspace: Workspace, engine: Engine, today: date) -> Population:
    """The people of a project, as of today at most.

    Raises:
        SourceError: an export cannot be read.
    """
    recall = Recall(engine, workspace.recall, version_of(people_policy(workspace.project).rules))
    return Population(workspace, engine, source_digest(workspace), today, recall)
