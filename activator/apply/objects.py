"""Creating, updating and pausing ad objects: intent first, look before repeating, receipt after."""

from collections.abc import Mapping

from activator.apply.context import ApplyContext
from activator.errors import DestinationError, OutcomeUnknownError, PermanentRefusalError
from activator.ledger import batches, objects
from activator.model.ads import ObjectSpec, RemoteObject, kind_of
from activator.model.plan import CreateObject, PauseObject, StartTest, UpdateObject
from activator.ports import SplitTesting


def create(context: ApplyContext, change: CreateObject) -> bool:
    """Create one object unless it is there. Returns whether anything had to be done.

    Raises:
        DestinationError: refused, or still unknown after looking.
    """
    spec, destination = change.spec, change.destination
    mine = context.ledger.owned(destination).get(spec.key)
    if mine is not None and mine.platform_id is not None and mine.plan_id == context.plan.plan_id:
        return False  # created by an earlier try of this plan; listings may lag behind, the ledger does not
    found = context.observed[destination].get(spec.key)
    if found is not None:
        _take(context, destination, spec, found)
        return False
    with context.announcing() as connection:
        if mine is not None and mine.platform_id is not None:  # gone from the platform, and its members with it
            objects.forget(connection, destination, spec.key)
            batches.clear_audience(connection, context.clock, destination, spec.key)
        objects.intend(connection, context.clock, context.plan.plan_id, destination, kind_of(spec), spec.key, spec.name)
    _create_once(context, destination, spec)
    return True


def _create_once(context: ApplyContext, destination: str, spec: ObjectSpec) -> None:
    """Send the create once. After an unknown outcome look for the marker; only if it is surely not there, send again.

    Neither platform has idempotency keys: a blind second create would make a twin (docs/reference).
    """
    port = context.destinations[destination]
    ids = known_ids(context, destination)
    try:
        remote = port.create(spec, ids)
    except OutcomeUnknownError:
        observation = port.observe()
        found = observation.by_key().get(spec.key)
        if found is not None:
            _take(context, destination, spec, found)
            return
        if not observation.complete:
            raise
        with context.announcing():
            pass
        remote = port.create(spec, ids)
    _acknowledge(context, destination, spec, remote)


def _take(context: ApplyContext, destination: str, spec: ObjectSpec, found: RemoteObject) -> None:
    """What is there is ours. What is sent after the object itself may still be missing, and may be refused."""
    _acknowledge(context, destination, spec, found)
    context.destinations[destination].update(spec, found, known_ids(context, destination))


def _acknowledge(context: ApplyContext, destination: str, spec: ObjectSpec, remote: RemoteObject) -> None:
    with context.writing() as connection:
        objects.intend(connection, context.clock, context.plan.plan_id, destination, kind_of(spec), spec.key, spec.name)
        objects.acknowledge(connection, destination, spec.key, remote.platform_id)


def know_again(context: ApplyContext) -> None:
    """Write down the ids of objects whose create nobody answered, and that are there: our intent and marker say whose.

    Without its id an audience would be left out of assertions, and a forgotten person left in it.
    """
    for destination, observed in context.observed.items():
        for key, mine in context.ledger.owned(destination).items():
            if mine.platform_id is None and key in observed:
                with context.writing() as connection:
                    objects.acknowledge(connection, destination, key, observed[key].platform_id)


def update(context: ApplyContext, change: UpdateObject) -> None:
    """Bring one object back in line."""
    remote = context.observed[change.destination].get(change.spec.key)
    if remote is None:
        raise DestinationError(f"{change.spec.key} is gone from the platform", "Run `activator plan` again.")
    context.destinations[change.destination].update(change.spec, remote, known_ids(context, change.destination))


def pause(context: ApplyContext, change: PauseObject) -> None:
    """Stop one object."""
    context.destinations[change.destination].pause(change.remote)


def start_test(context: ApplyContext, change: StartTest) -> None:
    """Start a split test, once: the platform is asked for one of the same key first."""
    port = context.destinations[change.destination]
    assert isinstance(port, SplitTesting), "planned for destinations that have split tests only"
    with context.announcing() as connection:
        plan_id, name = context.plan.plan_id, change.test.name
        objects.intend(connection, context.clock, plan_id, change.destination, "test", change.key, name)
    try:
        platform_id = port.start_split_test(change.test)
    except PermanentRefusalError as refused:
        fix = f"Correct {change.test.key} in `tests` of destinations.{change.destination} and plan again."
        raise PermanentRefusalError(refused.message, fix, refused.fault) from None
    with context.writing() as connection:
        objects.acknowledge(connection, change.destination, change.key, platform_id)


def known_ids(context: ApplyContext, destination: str) -> Mapping[str, str]:
    """Spec key -> platform id: what was observed at the start, and what has been created since."""
    created = context.ledger.owned(destination)
    ids = {key: remote.platform_id for key, remote in context.observed[destination].items()}
    ids |= {key: mine.platform_id for key, mine in created.items() if mine.platform_id is not None}
    return ids
