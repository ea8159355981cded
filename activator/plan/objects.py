"""Which ad objects to create, bring back in line, or pause, from what should exist and what was observed (pure)."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from activator.errors import PermanentRefusalError
from activator.model.ads import AudienceSpec, ObjectSpec, Observation, RemoteObject
from activator.model.bidding import Notice
from activator.model.ledger import OwnedObject
from activator.model.plan import Change, CreateObject, GuardFinding, PauseObject, UpdateObject
from activator.plan.desired import Desired
from activator.plan.guards import UNKNOWN_OBJECT

ABSENT = "absent"
RUNNING = frozenset({"ACTIVE", "ENABLED"})


class Comparable(Protocol):
    """The part of a destination reader this room needs."""

    def comparable(self, spec: ObjectSpec) -> Mapping[str, Any]:
        """See ports.DestinationReader."""
        ...


def observed_by_key(destination: str, observation: Observation) -> dict[str, RemoteObject]:
    """What is there, by spec key.

    Raises:
        PermanentRefusalError: the observation is incomplete, or two objects carry the same marker.
    """
    if not observation.complete:
        raise PermanentRefusalError(
            f"{destination}: the account could not be read completely", "Run the command again."
        )
    twice = [key for key, count in Counter(remote.key for remote in observation.objects).items() if count > 1]
    if twice:
        ids = sorted(remote.platform_id for remote in observation.objects if remote.key == twice[0])
        raise PermanentRefusalError(
            f"{destination}: {len(ids)} objects carry the marker of {twice[0]} (ids {', '.join(ids)})",
            "Delete or rename the wrong one on the platform, then plan again.",
        )
    return observation.by_key()


def object_changes(
    destination: str, reader: Comparable, desired: Desired, observed: Mapping[str, RemoteObject]
) -> tuple[list[Change], list[Change]]:
    """(changes to audiences, changes to everything else), parents first."""
    audiences: list[Change] = []
    delivery: list[Change] = []
    for spec in desired.specs:
        fields = reader.comparable(spec)  # raises for what the platform cannot have, before anything is created
        remote = observed.get(spec.key)
        target = audiences if isinstance(spec, AudienceSpec) else delivery
        if remote is None:
            target.append(CreateObject(destination, spec))
        elif differences := _differences(fields, remote):
            target.append(UpdateObject(destination, spec, differences))
    wanted = {spec.key for spec in desired.specs}
    for key, remote in sorted(observed.items()):
        if key not in wanted and remote.kind != "audience" and remote.status.upper() in RUNNING:
            delivery.append(PauseObject(destination, remote))
    return audiences, delivery


def _differences(wanted: Mapping[str, Any], remote: RemoteObject) -> dict[str, tuple[Any, Any]]:
    return {
        field: (remote.fields.get(field), value) for field, value in wanted.items() if remote.fields.get(field) != value
    }


def ownership_guards(
    destination: str,
    observed: Mapping[str, RemoteObject],
    owned: Mapping[str, OwnedObject],
    desired: Desired,
    adopted: Collection[str] = (),
) -> list[GuardFinding]:
    """unknown-audience, lost-audience and unknown-object: ledger and platform disagree on what is there.

    adopted: ids of campaigns, groups and ads that the project file says are ours although another ledger made them.
    """
    findings = [
        GuardFinding(
            UNKNOWN_OBJECT,
            f"{destination}/{remote.key}",
            f"{remote.kind} {remote.platform_id} carries our marker, but this ledger did not make it",
            f"Use the ledger that made it; rename it, if it is a copy; or, to have it changed as planned here, write "
            f"`adopt: [{remote.platform_id}]` in destinations.{destination} of activator.yaml.",
            f"adopted by its id {remote.platform_id} in activator.yaml" if remote.platform_id in adopted else None,
        )
        for remote in _unknown_objects(observed, owned)
    ]
    for spec in desired.audiences:
        subject = f"{destination}/{spec.key}"
        mine = owned.get(spec.key)
        remote = observed.get(spec.key)
        if remote is not None and mine is None:
            findings.append(
                GuardFinding(
                    "unknown-audience",
                    subject,
                    f"audience {remote.platform_id} is to be ours, but this ledger does not know who is in it",
                    "Use the ledger that made it, delete the audience, or accept it: unknown members stay in it until "
                    "`activator plan --refresh` puts a whole new list in its place.",
                )
            )
        if remote is None and mine is not None and mine.platform_id is not None:
            findings.append(
                GuardFinding(
                    "lost-audience",
                    subject,
                    f"audience {mine.platform_id} is gone from the platform and would be made and filled anew",
                    "Restore it on the platform, or accept making a new one.",
                )
            )
    return findings


def _unknown_objects(observed: Mapping[str, RemoteObject], owned: Mapping[str, OwnedObject]) -> list[RemoteObject]:
    """Campaign, groups and ads that this ledger does not know, but for what lies in an unknown one: it goes with it."""
    unknown = {key: it for key, it in observed.items() if it.kind != "audience" and not is_known(owned.get(key), it)}
    if "campaign" in unknown:
        return [unknown["campaign"]]
    return [it for key, it in sorted(unknown.items()) if f"group/{key.split('/')[1]}" not in unknown or it.kind != "ad"]


def is_known(mine: OwnedObject | None, remote: RemoteObject) -> bool:
    """Whether an object is the one this ledger made, or may have made: of a create nobody answered there is no id."""
    return mine is not None and mine.platform_id in (None, remote.platform_id)


def known_again(
    destination: str, observed: Mapping[str, RemoteObject], owned: Mapping[str, OwnedObject]
) -> list[Notice]:
    """known-again: what an earlier run of ours was making when it got no answer, and is there."""
    return [
        Notice(
            "known-again",
            f"{destination}/{key}",
            f"{mine.kind} {observed[key].platform_id} was made by an earlier run that got no answer; it is ours",
        )
        for key, mine in sorted(owned.items())
        if mine.platform_id is None and key in observed
    ]


def fingerprints(destination: str, desired: Desired, observed: Mapping[str, RemoteObject]) -> dict[str, str]:
    """One digest per object a plan may touch. Status is left out: switching an ad on is the marketer's business."""
    keys = {spec.key for spec in desired.specs} | set(observed)
    return {f"{destination}/{key}": fingerprint(observed.get(key)) for key in sorted(keys)}


def fingerprint(remote: RemoteObject | None) -> str:
    """The digest of one object as observed."""
    if remote is None:
        return ABSENT
    body = json.dumps([remote.platform_id, remote.name, dict(sorted(remote.fields.items()))])
    return hashlib.sha256(body.encode()).hexdigest()[:32]
