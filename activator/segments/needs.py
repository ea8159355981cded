"""Why the people of each segment buy, in their own words: the same reading as for tiers."""

from activator.model.plan import TierMotivation
from activator.motivation.profile import profile
from activator.motivation.reader import Reader
from activator.people.engine import Engine
from activator.people.pipeline import People
from activator.segments.study import Study


def needs(engine: Engine, people: People, made: Study, reader: Reader) -> dict[str, TierMotivation]:
    """By segment, of those whose people have said anything. An answer counts in every segment of its person."""
    members = made.members.mutate(person_key=made.members.person.cast("string").replace("-", ""))
    said = people.responses.drop("tier").join(members.select("person_key", tier="segment"), "person_key")
    if not int(said.count().to_pyarrow().as_py()):
        return {}
    return profile(engine, engine.materialise("said", said.select(*people.responses.columns)), reader)
