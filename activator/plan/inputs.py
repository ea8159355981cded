"""What a plan is made from: the project's exports, read into people and their motivations."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import ibis.expr.types as ir

from activator.config.documents import read_document
from activator.config.exports import SourceSection
from activator.config.extensions import SOURCES, load_extension
from activator.config.mapping import OrdersMapping
from activator.config.project import PROJECT_FILE, Project
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.model.plan import TierMotivation
from activator.motivation.corrections import read_corrections
from activator.motivation.embeddings import embeddings_digest, open_embeddings
from activator.motivation.labelled import labelled
from activator.motivation.lexicon import Lexicon, load_lexicon, shipped_lexicon
from activator.motivation.profile import profile
from activator.motivation.reader import Reader, reader_for
from activator.people.consent import ConsentPolicy
from activator.people.decimals import check_decimals
from activator.people.engine import Engine, open_engine
from activator.people.holdout import Holdout
from activator.people.mapping import canonical
from activator.people.pipeline import CanonicalSource, People, PeoplePolicy, build_people
from activator.people.recall import Recall
from activator.plan.earlier import earlier_tiers
from activator.plan.erased import read_erased
from activator.plan.looks import look_of
from activator.plan.quick_buyers import quick_buyers
from activator.plan.suppressions import list_parts, read_lists
from activator.plan.texts import texts_for_tier, written_texts
from activator.plan.valuing import tier_cuts, valuing_policy
from activator.ports import Source
from activator.segments.attributes import person_attributes
from mappings.loader import load_mapping

EXPORTS_DIGITS = 32


def read_people(
    workspace: Workspace,
    engine: Engine,
    today: date | None = None,
    *,
    traced: bool = False,
    recall: Recall | None = None,
) -> People:
    """Exports -> canonical relations -> consolidated people in tiers. traced: as explaining one of them needs it.

    today: later orders do not count yet, unless the project says as of when; recall: what earlier runs worked out, if
    it is to be used and added to.

    Raises:
        SourceError: an export cannot be used; names file, line, field and fix.
    """
    reader: Source = load_extension(SOURCES, "crm")
    sources, looks = [], []
    for section in workspace.project.sources:
        mapping = load_mapping(section.mapping, workspace.folder)
        raw = reader.read(engine.backend, section.name, section.place(workspace.folder), mapping.known_columns())
        check_decimals(raw, mapping)
        looks.append(look_of(raw, mapping))
        relation = canonical(raw, mapping)
        if raw.held:  # a Parquet file is read where it lies, as often as it is asked: held as text it fills the memory
            relation = engine.materialise("canonical", relation)
            raw.release()
        whole = isinstance(mapping, OrdersMapping) and mapping.one_row_per == "order"
        sources.append(CanonicalSource(section.name, mapping.entity, relation, raw.find, whole, mapping.id_space))
    policy = replace(people_policy(workspace.project), today=today)
    lists, looks_of_lists = read_lists(workspace, engine)
    earlier = earlier_tiers(workspace, engine)
    people = build_people(
        engine, sources, policy, lists, traced=traced, recall=recall, earlier=earlier, erased=read_erased(workspace)
    )
    people.looks = (*looks, *looks_of_lists)
    if (geography := workspace.project.geography) is not None:
        people.centroids = workspace.folder / geography.centroids
    return people


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """What reading one export has shown. fields: those of its mapping whose columns the export has."""

    rows: int
    fields: frozenset[str]


def check_source(workspace: Workspace, section: SourceSection) -> CheckedSource:
    """Read one export through its mapping. Raises SourceError as a sync would."""
    reader: Source = load_extension(SOURCES, "crm")
    mapping = load_mapping(section.mapping, workspace.folder)
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        raw = reader.read(engine.backend, section.name, section.place(workspace.folder), mapping.known_columns())
        canonical(raw, mapping)
        check_decimals(raw, mapping)
    header = set(raw.header)
    there = {field for field, verb in mapping.fields() if not header.isdisjoint({verb.from_, *verb.first_of})}
    return CheckedSource(raw.rows, frozenset(there))


def people_policy(project: Project) -> PeoplePolicy:
    """The project file's rules about people, in the data plane's terms."""
    as_of = project.value.as_of
    return PeoplePolicy(
        default_country=project.identity.default_country,
        shared_contacts_max=project.identity.shared_contacts_max,
        as_of=None if as_of == "latest_order" else as_of,
        currency=project.currency,
        rates=project.value.rates,
        tiers=tier_cuts(project),
        valuing=valuing_policy(project),
        rules=project.identity.rules(),
        external_id_space=project.identity.meta_external_ids,
        consent=ConsentPolicy(project.consent.elsewhere, project.identity.default_country),
        holdout=None
        if project.holdout is None
        else Holdout(project.holdout.name, project.holdout.share, project.project.id),
    )


def motivations_of(
    workspace: Workspace, engine: Engine, people: People, reader: Reader | None = None
) -> Mapping[str, TierMotivation]:
    """Why each tier buys, from what is known of its own people, else from their answers."""
    tiers = [tier.tier for tier in people.tiers]
    found = profile(engine, people.responses, reader or reader_of(workspace), tiers=tiers)
    if attribute := workspace.project.motivation.attribute:
        known = labelled(labels_of(engine, people, attribute), attribute, tiers)
        found |= {tier: why for tier, why in known.items() if why.motivations}
    if any(text.lapsed for text in workspace.project.copy_variants):
        lapsed = _lapsed_shares(people)
        found = {tier: replace(why, lapsed_share=lapsed.get(tier, 0.0)) for tier, why in found.items()}
    if discount := next((text for text in workspace.project.copy_variants if text.discount), None):
        quick = quick_buyers(people, discount.line)
        for tier, (first_visits, soon) in quick.items():
            found[tier] = replace(found[tier], first_visits=first_visits, quick_buyers=soon)
    return found


def labels_of(engine: Engine, people: People, attribute: str) -> ir.Table:
    """(tier, value) of every customer of whom the attribute is known.

    Raises:
        ConfigurationError: no mapping of contacts or accounts gives it.
    """
    table, _ = person_attributes(engine, people.sources, people.rows)
    if table is None or attribute not in table.columns:
        raise ConfigurationError(
            f"{PROJECT_FILE}: motivation.attribute: no mapping of contacts or accounts gives `{attribute}`",
            f"Name its column in the mapping: `attributes: {{{attribute}: {{from: COLUMN}}}}`.",
        )
    tiered = people.known.filter(people.known.tier.notnull()).select("person", "tier").join(table, "person")
    known = tiered.select("tier", value=tiered[attribute].cast("string"))
    return engine.materialise("labels", known.filter(known.value.notnull()))


def _lapsed_shares(people: People) -> dict[str, float]:
    """Of the customers of each tier, those who by their own interval have stopped buying."""
    standing = people.standing()
    gone = standing.activity.isin(["dormant", "churned"]).cast("float64")
    rows = standing.group_by("tier").agg(gone=gone.mean()).to_pyarrow().to_pylist()
    return {row["tier"]: round(row["gone"] or 0.0, 4) for row in rows if row["tier"] is not None}


def reader_of(workspace: Workspace) -> Reader:
    """How the project reads comments: its lexicons, and what was learned from its corrections.

    Raises:
        ConfigurationError: a lexicon, or the folder of embeddings, cannot be used.
        SourceError: the corrections cannot be read; names file, line and fix.
    """
    section = workspace.project.motivation
    corrections = read_corrections(workspace.folder / section.corrections)
    embedder = open_embeddings(workspace.folder / section.embeddings) if section.embeddings and corrections else None
    return reader_for(lexicon_of(workspace), corrections, embedder)


def lexicon_of(workspace: Workspace) -> Lexicon:
    """The shipped lexicons, and the project's own on top."""
    own = [workspace.folder / path for path in workspace.project.motivation.lexicons]
    return load_lexicon(own, shipped_lexicon())


@dataclass(frozen=True, slots=True)
class TierProfile:
    """Why a tier buys. people: how many customers it has; texts: the names of those it is shown, by destination."""

    motivation: TierMotivation
    people: int
    texts: Mapping[str, tuple[str, ...]]


def read_motivations(workspace: Workspace, reader: Reader, today: date) -> list[TierProfile]:
    """Why each tier buys that is not suppressed, best tier first.

    Raises:
        SourceError: an export cannot be used.
        ConfigurationError: a text has an unfilled slot.
    """
    project = workspace.project
    texts = written_texts(project)
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        people = read_people(workspace, engine, today)
        found = motivations_of(workspace, engine, people, reader)
    sizes = {tier.tier: tier.people for tier in people.tiers}
    return [
        TierProfile(
            found[tier.name],
            sizes[tier.name],
            {
                name: tuple(
                    text.name
                    for text in texts_for_tier(project, destination.connector, found[tier.name], tier.name, texts)
                )
                for name, destination in project.destinations.items()
                if tier.name in destination.tiers
            },
        )
        for tier in project.tiers
        if not tier.suppress
    ]


def source_digest(workspace: Workspace) -> str:
    """Of every export and suppression list and the mapping each is read with; then of what comments and texts go by.

    The first EXPORTS_DIGITS are of the exports: see `same_exports`.
    """
    reader: Source = load_extension(SOURCES, "crm")
    total = hashlib.sha256()
    for section in workspace.project.sources:
        mapping = load_mapping(section.mapping, workspace.folder)
        total.update(f"{section.name}\n{mapping.model_dump_json()}\n".encode())
        total.update(reader.digest(section.place(workspace.folder), mapping.known_columns()).encode())
    total.update("\n".join(list_parts(workspace)).encode())
    erased = read_erased(workspace)
    total.update(b"" if erased is None else erased.digest.encode())
    return total.hexdigest()[:EXPORTS_DIGITS] + _reading_digest(workspace)[:EXPORTS_DIGITS]


def same_exports(one: str, other: str) -> bool:
    """Whether two digests of sources are of the same exports, however comments were read."""
    return one[:EXPORTS_DIGITS] == other[:EXPORTS_DIGITS]


def _reading_digest(workspace: Workspace) -> str:
    """Of lexicons and copy sets, of what the reader learns from, and of the embeddings it may use."""
    section = workspace.project.motivation
    corrections = workspace.folder / section.corrections
    total = hashlib.sha256(corrections.read_bytes() if corrections.exists() else b"")
    for path in (*section.lexicons, *section.copy_sets):
        total.update(read_document(workspace.folder / path).path.read_bytes())
    if section.embeddings:
        total.update(embeddings_digest(workspace.folder / section.embeddings))
    return total.hexdigest()
