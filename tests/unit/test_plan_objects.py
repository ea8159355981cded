"""What is to be created, brought back in line or paused, and which audiences are not ours to touch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from activator.errors import PermanentRefusalError
from activator.model.ads import AudienceSpec, BidStrategy, CampaignSpec, ObjectSpec, Observation, RemoteObject
from activator.model.ledger import OwnedObject
from activator.model.plan import CreateObject, PauseObject, UpdateObject
from activator.plan.desired import Desired
from activator.plan.guards import accept, to_accept
from activator.plan.objects import (
    ABSENT,
    fingerprint,
    fingerprints,
    known_again,
    object_changes,
    observed_by_key,
    ownership_guards,
)

AUDIENCE = AudienceSpec("audience/high", "High [act:000000000001]", "", "high", suppress=False)
CAMPAIGN = CampaignSpec("campaign", "Nordlicht [act:000000000002]", 5000, BidStrategy.MANUAL_CPC)
DESIRED = Desired((AUDIENCE,), CAMPAIGN, (), ())
THERE = RemoteObject("audience", "audience/high", "501", AUDIENCE.name, "ready", {})
RUNNING = RemoteObject("campaign", "campaign", "900", CAMPAIGN.name, "ENABLED", {"daily_budget_minor": 5000})
MINE = OwnedObject("meta", "audience/high", "audience", AUDIENCE.name, "501", "p1")


@dataclass(frozen=True)
class Platform:
    """Shows budgets and nothing else."""

    def comparable(self, spec: ObjectSpec) -> Mapping[str, Any]:
        return {"daily_budget_minor": spec.daily_budget_minor} if isinstance(spec, CampaignSpec) else {}


def by_key(*remotes: RemoteObject) -> dict[str, RemoteObject]:
    return {remote.key: remote for remote in remotes}


class TestObserved:
    def test_what_is_there_is_found_by_its_key(self) -> None:
        assert observed_by_key("meta", Observation((THERE, RUNNING), complete=True)) == by_key(THERE, RUNNING)

    def test_an_account_that_was_read_in_part_is_no_basis_for_anything(self) -> None:
        with pytest.raises(PermanentRefusalError, match="meta: the account could not be read completely") as refused:
            observed_by_key("meta", Observation((THERE,), complete=False))
        assert refused.value.next_step == "Run the command again."

    def test_twins_are_named_and_left_to_a_person(self) -> None:
        twin = replace(THERE, platform_id="409")
        with pytest.raises(
            PermanentRefusalError, match=r"meta: 2 objects carry .* audience/high \(ids 409, 501\)"
        ) as e:
            observed_by_key("meta", Observation((THERE, RUNNING, twin), complete=True))
        assert e.value.next_step == "Delete or rename the wrong one on the platform, then plan again."


class TestChanges:
    def test_what_is_missing_is_created_audiences_apart_from_the_rest(self) -> None:
        assert object_changes("meta", Platform(), DESIRED, {}) == (
            [CreateObject("meta", AUDIENCE)],
            [CreateObject("meta", CAMPAIGN)],
        )

    def test_what_is_as_it_should_be_is_left_alone(self) -> None:
        assert object_changes("meta", Platform(), DESIRED, by_key(THERE, RUNNING)) == ([], [])

    def test_what_differs_is_told_with_both_values(self) -> None:
        shown = replace(RUNNING, fields={"daily_budget_minor": 9900, "languages": ("de",)})
        assert object_changes("meta", Platform(), DESIRED, by_key(THERE, shown)) == (
            [],
            [UpdateObject("meta", CAMPAIGN, {"daily_budget_minor": (9900, 5000)})],
        )

    @pytest.mark.parametrize(("status", "paused"), [("ENABLED", True), ("active", True), ("PAUSED", False)])
    def test_what_is_no_longer_wanted_is_paused_where_it_runs(self, status: str, paused: bool) -> None:
        old = RemoteObject("ad", "ad/high/old", "77", "old", status)
        changes = object_changes("meta", Platform(), DESIRED, by_key(THERE, RUNNING, old))
        assert changes == ([], [PauseObject("meta", old)] * paused)

    def test_an_audience_that_is_no_longer_wanted_is_nothing_to_pause(self) -> None:
        old = RemoteObject("audience", "audience/old", "77", "old", "ACTIVE")
        assert object_changes("meta", Platform(), DESIRED, by_key(THERE, RUNNING, old)) == ([], [])


class TestOwnership:
    def objections(self, remote: RemoteObject | None, mine: OwnedObject | None) -> list[tuple[str, str, str]]:
        observed = by_key(remote) if remote else {}
        owned = {mine.key: mine} if mine else {}
        found = ownership_guards("meta", observed, owned, DESIRED)
        return [(each.guard, each.subject, each.message) for each in found]

    def test_ours_is_ours(self) -> None:
        assert self.objections(THERE, MINE) == []

    def test_what_is_neither_there_nor_known_is_simply_new(self) -> None:
        assert self.objections(None, None) == []

    def test_an_audience_this_ledger_did_not_make_is_not_touched_unasked(self) -> None:
        words = "audience 501 is to be ours, but this ledger does not know who is in it"
        assert self.objections(THERE, None) == [("unknown-audience", "meta/audience/high", words)]

    def test_one_that_is_gone_is_not_made_again_unasked(self) -> None:
        words = "audience 501 is gone from the platform and would be made and filled anew"
        assert self.objections(None, MINE) == [("lost-audience", "meta/audience/high", words)]

    def test_a_create_whose_outcome_nobody_knows_is_no_loss(self) -> None:
        assert self.objections(None, replace(MINE, platform_id=None)) == []

    def test_one_that_is_still_there_while_another_is_gone(self) -> None:
        low = replace(AUDIENCE, key="audience/low", tier="low")
        found = ownership_guards("meta", by_key(THERE), {}, Desired((low, AUDIENCE), CAMPAIGN, (), ()))
        assert [each.subject for each in found] == ["meta/audience/high"]


class TestObjectsOfAnotherLedger:
    """Nothing that carries our marker is changed unless this ledger made it, or the project file names its id."""

    CAMPAIGN_THERE = RemoteObject("campaign", "campaign", "9", "c", "PAUSED")
    GROUP = RemoteObject("group", "group/high", "91", "g", "PAUSED")
    AD = RemoteObject("ad", "ad/high/plain", "911", "a", "PAUSED")

    def owned(self, *objects: RemoteObject) -> dict[str, OwnedObject]:
        return {o.key: OwnedObject("meta", o.key, o.kind, o.name, o.platform_id, "p") for o in objects}

    def objections(self, owned: dict[str, OwnedObject], adopted: tuple[str, ...] = ()) -> list[tuple[str, str | None]]:
        there = by_key(self.CAMPAIGN_THERE, self.GROUP, self.AD)
        found = ownership_guards("meta", there, owned, Desired((), CAMPAIGN, (), ()), adopted)
        assert {each.guard for each in found} <= {"unknown-object"}
        return [(each.subject, each.accepted) for each in found]

    def test_what_this_ledger_made_is_not_asked_about(self) -> None:
        assert self.objections(self.owned(self.CAMPAIGN_THERE, self.GROUP, self.AD)) == []

    def test_a_campaign_is_asked_about_with_all_that_lies_in_it(self) -> None:
        assert self.objections({}) == [("meta/campaign", None)]

    def test_a_group_in_a_known_campaign_is_asked_about_with_its_ads(self) -> None:
        assert self.objections(self.owned(self.CAMPAIGN_THERE)) == [("meta/group/high", None)]

    def test_an_ad_in_a_known_group(self) -> None:
        assert self.objections(self.owned(self.CAMPAIGN_THERE, self.GROUP)) == [("meta/ad/high/plain", None)]

    def test_a_copy_in_place_of_ours_is_not_ours(self) -> None:
        ours = self.owned(replace(self.CAMPAIGN_THERE, platform_id="8"), self.GROUP, self.AD)
        assert self.objections(ours) == [("meta/campaign", None)]

    def test_it_is_adopted_by_its_id_and_that_is_said(self) -> None:
        assert self.objections({}, ("9",)) == [("meta/campaign", "adopted by its id 9 in activator.yaml")]
        assert self.objections({}, ("8",)) == [("meta/campaign", None)]

    def test_no_option_adopts_it(self) -> None:
        found = ownership_guards("meta", by_key(self.CAMPAIGN_THERE), {}, Desired((), CAMPAIGN, (), ()))
        assert [each.accepted for each in accept(found, {"unknown-object": "because"})] == [None]
        assert to_accept(found) == ""

    def test_one_whose_create_nobody_answered_is_ours_and_that_is_said(self) -> None:
        unanswered = {"campaign": OwnedObject("meta", "campaign", "campaign", "c", None, "p")}
        assert ownership_guards("meta", by_key(self.CAMPAIGN_THERE), unanswered, Desired((), CAMPAIGN, (), ())) == []
        (notice,) = known_again("meta", by_key(self.CAMPAIGN_THERE), unanswered)
        assert (notice.notice, notice.subject) == ("known-again", "meta/campaign")
        assert "campaign 9 was made by an earlier run" in notice.message
        assert known_again("meta", {}, unanswered) == []


class TestFingerprints:
    def test_every_object_a_plan_may_touch_has_one(self) -> None:
        old = RemoteObject("ad", "ad/high/old", "77", "old", "ACTIVE")
        prints = fingerprints("meta", DESIRED, by_key(THERE, old))
        assert list(prints) == ["meta/ad/high/old", "meta/audience/high", "meta/campaign"]
        assert prints["meta/campaign"] == ABSENT
        assert prints["meta/audience/high"] == fingerprint(THERE)

    @pytest.mark.parametrize("change", [{"platform_id": "2"}, {"name": "x"}, {"fields": {"daily_budget_minor": 1}}])
    def test_it_changes_with_whatever_a_plan_relies_on(self, change: dict[str, Any]) -> None:
        assert fingerprint(replace(RUNNING, **change)) != fingerprint(RUNNING)

    def test_switching_an_ad_on_is_the_marketers_business(self) -> None:
        assert fingerprint(replace(RUNNING, status="PAUSED")) == fingerprint(RUNNING)

    def test_the_order_in_which_a_platform_tells_its_settings_is_no_change(self) -> None:
        one = replace(RUNNING, fields={"a": 1, "b": ("x", "y")})
        other = replace(RUNNING, fields={"b": ("x", "y"), "a": 1})
        assert fingerprint(one) == fingerprint(other)
        assert len(fingerprint(one)) == 32
