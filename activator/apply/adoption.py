"""Audiences somebody has accepted as ours although another ledger made them: from now on this one knows them."""

from activator.apply.context import ApplyContext
from activator.ledger import objects


def adopt(context: ApplyContext) -> None:
    """Write down every audience for which `unknown-audience` was accepted, so that nobody is asked again."""
    accepted = {f.subject for f in context.plan.guards if f.guard == "unknown-audience" and f.accepted}
    for destination, observed in context.observed.items():
        for key, remote in observed.items():
            if f"{destination}/{key}" in accepted:
                with context.writing() as connection:
                    plan_id = context.plan.plan_id
                    objects.intend(connection, context.clock, plan_id, destination, remote.kind, key, remote.name)
                    objects.acknowledge(connection, destination, key, remote.platform_id)
