"""What a plan is made from: the project's exports, read into people and their motivations."""

import hashlib
from collections.abc import Mapping, Sequence

from activator.config.exports import SourceSection
from activator.config.extensions import SOURCES, load_extension
from activator.config.project import Project
from activator.config.workspace import Workspace
from activator.model.people import Entity, SourceCount, SuppressionCount
from activator.model.plan import TierMotivation
from activator.motivation.profile import profile
from activator.people.consent import ConsentPolicy
from activator.people.decimals import check_decimals
from activator.people.engine import Engine, open_engine
from activator.people.holdout import Holdout
from activator.people.mapping import canonical
from activator.people.pipeline import CanonicalSource, People, PeoplePolicy, TierCut, build_people
from activator.people.recall import Recall, version_of
from activator.plan.suppressions import list_parts, read_lists
from activator.ports import Source
from mappings.loader import load_mapping


def read_people(workspace: Workspace, engine: Engine, *, traced: bool = False) -> People:
    """Exports -> canonical relations -> consolidated people in tiers. traced: as explaining one of them needs it.

    Raises:
        SourceError: an export cannot be used; names file, line, field and fix.
    """
    reader: Source = load_extension(SOURCES, "crm")
    sources = []
    for section in workspace.project.sources:
        mapping = load_mapping(section.mapping, workspace.folder)
        raw = reader.read(engine.backend, section.name, section.place(workspace.folder), mapping.known_columns())
        check_decimals(raw, mapping)
        relation = canonical(raw, mapping)
        if mapping.entity is not Entity.ORDERS:  # orders are gathered in one pass; the rest would be parsed per use
            relation = engine.materialise("canonical", relation)
            raw.release()
        sources.append(CanonicalSource(section.name, mapping.entity, relation, raw.find))
    policy = people_policy(workspace.project)
    recall = Recall(engine, workspace.recall, version_of(policy.rules))
    lists = read_lists(workspace, engine)
    return build_people(engine, sources, policy, lists, traced=traced, recall=recall)


def check_source(workspace: Workspace, section: SourceSection) -> int:
    """Read one export through its mapping; returns its rows. Raises SourceError as a sync would."""
    reader: Source = load_extension(SOURCES, "crm")
    mapping = load_mapping(section.mapping, workspace.folder)
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        raw = reader.read(engine.backend, section.name, section.place(workspace.folder), mapping.known_columns())
        canonical(raw, mapping)
        check_decimals(raw, mapping)
    return raw.rows


def people_policy(project: Project) -> PeoplePolicy:
    """The project file's rules about people, in the data plane's terms."""
    as_of = project.value.as_of
    return PeoplePolicy(
        default_country=project.identity.default_country,
        shared_contacts_max=project.identity.shared_contacts_max,
        as_of=None if as_of == "latest_order" else as_of,
        currency=project.currency,
        rates=project.value.rates,
        tiers=tuple(TierCut(tier.name, tier.top_share) for tier in project.tiers),
        rules=project.identity.rules(),
        external_id_space=project.identity.meta_external_ids,
        consent=ConsentPolicy(project.consent.elsewhere, project.identity.default_country),
        holdout=None
        if project.holdout is None
        else Holdout(project.holdout.name, project.holdout.share, project.project.id),
    )


def motivations_of(engine: Engine, people: People) -> Mapping[str, TierMotivation]:
    """Why each tier buys, from the answers of its own people."""
    return profile(engine, people.responses, tiers=[tier.tier for tier in people.tiers])


def source_digest(workspace: Workspace) -> str:
    """One digest over the bytes of every export and suppression list, and the mapping each is read with."""
    reader: Source = load_extension(SOURCES, "crm")
    total = hashlib.sha256()
    for section in workspace.project.sources:
        mapping = load_mapping(section.mapping, workspace.folder)
        total.update(f"{section.name}\n{mapping.model_dump_json()}\n".encode())
        total.update(reader.digest(section.place(workspace.folder), mapping.known_columns()).encode())
    total.update("\n".join(list_parts(workspace)).encode())
    return total.hexdigest()


def rows_by_source(counts: Sequence[SourceCount], suppressions: Sequence[SuppressionCount]) -> dict[str, int]:
    """Rows of each source, whatever became of them, and of each suppression list those that keep somebody out."""
    by_destination: dict[str, dict[str, int]] = {}
    for count in counts:
        rows = by_destination.setdefault(count.source, {})
        rows[count.destination] = rows.get(count.destination, 0) + count.rows
    found = {}
    for source, rows in by_destination.items():
        everywhere = rows.pop("", 0)
        found[source] = everywhere + max(rows.values(), default=0)
    return found | {listed.name: listed.usable for listed in suppressions}
