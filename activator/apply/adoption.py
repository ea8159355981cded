"""What another ledger made and somebody has said is ours: from now on this one knows it."""

from collections.abc import Iterator

from activator.apply.context import ApplyContext
from activator.ledger import objects
from activator.model.ads import RemoteObject
from activator.plan.guards import UNKNOWN_OBJECT
from activator.plan.objects import is_known


def adopt(context: ApplyContext) -> None:
    """Write down every audience, campaign, group and ad accepted as ours, so that nobody is asked again."""
    for destination, remote in _accepted(context):
        with context.writing() as connection:
            plan_id = context.plan.plan_id
            objects.intend(connection, context.clock, plan_id, destination, remote.kind, remote.key, remote.name)
            objects.acknowledge(connection, destination, remote.key, remote.platform_id)


def _accepted(context: ApplyContext) -> Iterator[tuple[str, RemoteObject]]:
    """Those a guard names, and what lies in them: a campaign's groups and ads, a group's ads."""
    named = {f.subject for f in context.plan.guards if f.guard in ("unknown-audience", UNKNOWN_OBJECT) and f.accepted}
    for destination, observed in context.observed.items():
        owned = context.ledger.owned(destination)
        for key, remote in observed.items():
            above = (
                () if remote.kind == "audience" else ("campaign", f"group/{key.split('/')[1]}" if "/" in key else key)
            )
            if not is_known(owned.get(key), remote) and any(f"{destination}/{one}" in named for one in (key, *above)):
                yield destination, remote
