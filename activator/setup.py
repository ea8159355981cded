"""Setting up a project: recognise its exports, choose its first texts, write its files. Behind `init` and the demo."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from activator.config.copy import CopySection
from activator.config.documents import parse_document, validate
from activator.config.extensions import SOURCES, load_extension
from activator.config.presets import CUSTOMERS_MIN, PRESETS, STANDARD, Preset
from activator.config.project import PROJECT_FILE, Project
from activator.config.starter import SCHEMA_FILE, Starter, StarterSource, project_text, schema_text
from activator.config.workspace import open_workspace
from activator.errors import ConfigurationError, SourceError
from activator.people.engine import open_engine
from activator.plan.inputs import motivations_of, read_people
from activator.ports import Source
from mappings.copy_library import copy_for
from mappings.drafting import draft_mapping
from mappings.loader import RECOGNISED, load_mapping, mapping_text, recognise

GENERIC = "generic"
# Where an answer stands in the project file -> the option of `init` that gives it, and what it must be.
_ANSWERED = {
    "project.name": ("--name", "1 to 60 letters"),
    "currency": ("--currency", "three letters, like EUR"),
    "time_zone": ("--time-zone", "a name like Europe/Berlin"),
    "identity.default_country": ("--country", "two letters, like DE"),
    "destinations.meta.landing_url": ("--landing-url", "an address that begins with https://"),
    "destinations.meta.account_id": ("--meta-account", "the digits of an ad account's id"),
    "destinations.google.account_id": ("--google-customer", "the ten digits of a customer id"),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user says about the new project; accounts may be filled in later. preset: a name of PRESETS.

    eu_political_ads: None where the user has declared nothing.
    """

    name: str
    currency: str
    time_zone: str
    country: str | None
    landing_url: str
    meta_account: str | None = None
    meta_page: str | None = None
    meta_pixel: str | None = None
    google_customer: str | None = None
    customer_match_terms_accepted: bool = False
    eu_political_ads: bool | None = None
    preset: str = STANDARD.name


@dataclass(frozen=True, slots=True)
class WrittenSource:
    """One export and how it will be read."""

    path: str
    mapping: str
    note: str


@dataclass(frozen=True, slots=True)
class WrittenProject:
    """What was written, and what the user still has to fill in."""

    folder: Path
    sources: tuple[WrittenSource, ...]
    motivations: tuple[str, ...]
    changes: tuple[str, ...]


def write_project(folder: Path, exports: Sequence[Path], answers: Answers, today: date) -> WrittenProject:
    """Write activator.yaml, its schema and the mappings of the exports into folder.

    The texts speak to the motivations that the exports' own survey answers show, and are generic otherwise. Orders of
    days after today do not count, as in every plan.

    Raises:
        SourceError: an export cannot be read. ConfigurationError: an answer is wrong.
    """
    if not exports:
        raise ConfigurationError("no export given", "activator init contacts.csv orders.csv [survey.csv]")
    _check(answers)
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    sources = tuple(_source(folder, path, answers.currency) for path in exports)
    names = [Path(source.path).stem for source in sources]
    starter_sources = [
        StarterSource(_name(stem, names[:position]), source.path, source.mapping)
        for position, (stem, source) in enumerate(zip(names, sources, strict=True))
    ]
    preset = _preset(answers.preset)
    _write(folder, _text(answers, starter_sources, (GENERIC,)))
    changes = _changes(answers)
    by_tier: dict[str, str] = {}
    try:
        motivations, customers = _found(folder, today)
    except SourceError as error:  # e.g. no orders yet: the project stands, and says what it still needs
        motivations, changes = {}, (*changes, f"{error.message}. {error.next_step}")
    else:
        advice = _too_few(preset, customers)
        if preset.one_motivation:
            by_tier, advice = _one_each(preset, motivations, customers)
            motivations = {tier: (motive,) for tier, motive in by_tier.items()}
        changes = (*changes, *advice)
    named = tuple(dict.fromkeys(motive for motives in motivations.values() for motive in motives))
    _write(folder, _text(answers, starter_sources, (*named, GENERIC), by_tier))
    return WrittenProject(folder, sources, named, changes)


def _check(answers: Answers) -> None:
    """Refuse a wrong answer before anything is written. Raises ConfigurationError, which names its option."""
    if not answers.name:
        raise ConfigurationError("--name must be 1 to 60 letters", "Nothing was written.")
    for option, given in (("--meta-page", answers.meta_page), ("--meta-pixel", answers.meta_pixel)):
        if given and not given.isdecimal():  # a connector's own options: the project file does not know them
            raise ConfigurationError(f"{option} must be the digits of its id", "Nothing was written.")
    text = _text(answers, [StarterSource("contacts", "contacts.csv", "contacts.yaml")], (GENERIC,))
    try:
        validate(parse_document(Path(PROJECT_FILE), text.encode()), Project)
    except ConfigurationError as error:
        for place, (option, words) in _ANSWERED.items():
            if f": {place}: " in error.message:
                raise ConfigurationError(f"{option} must be {words}", "Nothing was written.") from None
        raise


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        raise ConfigurationError(f"there is no preset `{name}`", f"Presets: {', '.join(PRESETS)}.")
    return PRESETS[name]


def _too_few(preset: Preset, customers: int) -> tuple[str, ...]:
    """What few customers mean for a preset of several tiers."""
    if customers >= CUSTOMERS_MIN or len(preset.tiers) <= 2:
        return ()
    few = f"{customers:,} customers are fewer than {CUSTOMERS_MIN}: what differs between small tiers is mostly chance"
    return (f"{few}; begin with two tiers and the same texts for both (`--preset small-team`)",)


def _one_each(
    preset: Preset, motivations: Mapping[str, tuple[str, ...]], customers: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The strongest motivation of each delivered tier, and what is missing for those that have none."""
    delivered = [tier.name for tier in preset.tiers if tier.delivered]
    if customers < preset.customers_min:
        few = f"{customers:,} customers are fewer than {preset.customers_min}"
        return {}, (f"{few}: texts stay generic, since what so few say in one tier is mostly chance",)
    found = {tier: motivations[tier][0] for tier in delivered if motivations.get(tier)}
    lacking = [tier for tier in delivered if tier not in found]
    if not lacking:
        return found, ()
    none = f"no dominant motivation in tier {' and '.join(lacking)}"
    until = "until `activator profile` shows one, or you set `motivation` on the tier"
    return found, (f"{none}: texts there stay generic {until}",)


def _source(folder: Path, path: Path, currency: str) -> WrittenSource:
    reader: Source = load_extension(SOURCES, "crm")
    scratch = folder / ".activator" / "scratch"
    with open_engine(scratch) as engine:
        header = reader.read(engine.backend, "export", path).header
    mapping, note = _mapping(folder, path, header, currency)
    return WrittenSource(_relative(folder, path), mapping, note)


def _mapping(folder: Path, path: Path, header: Sequence[str], currency: str) -> tuple[str, str]:
    """The project's own copy of a mapping, to be adapted; an existing one is kept."""
    found = recognise(header)
    if found and found[0][1] >= RECOGNISED:
        known = found[0][0]
        target = folder / "mappings" / f"{known.name}.yaml"
        if not target.exists():
            target.write_text(mapping_text(known.name), encoding="utf-8")
        return str(target.relative_to(folder)), f"recognised as {known.title}"
    name = _name(path.stem, ())
    text = draft_mapping(name, header, currency)
    if text is None:
        raise SourceError(
            f"{path.name}, line 1: no column says whose a row is (e-mail, phone or customer id)",
            "Name such a column `email`, `phone` or `customer_id`, or write a mapping: docs/reference/mappings.md.",
        )
    target = folder / "mappings" / f"{name}.yaml"
    if not target.exists():
        target.write_text(text, encoding="utf-8")
    load_mapping(str(target.relative_to(folder)), folder)
    return str(target.relative_to(folder)), f"not recognised: look at the draft mappings/{name}.yaml"


def _relative(folder: Path, path: Path) -> str:
    try:
        return str(path.resolve().relative_to(folder.resolve()))
    except ValueError:
        return str(path.resolve())


def _name(stem: str, taken: Sequence[str]) -> str:
    """A source name from a file name, unlike those already taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:36] or "export"
    plain = plain if plain[0].isalpha() else f"e_{plain}"[:36]
    return f"{plain}_{len(taken) + 1}" if stem in taken else plain


def _write(folder: Path, text: str) -> None:
    (folder / PROJECT_FILE).write_text(text, encoding="utf-8")
    (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")


def _text(
    answers: Answers,
    sources: Sequence[StarterSource],
    motivations: Sequence[str],
    by_tier: Mapping[str, str] | None = None,
) -> str:
    variants = [
        CopySection.model_validate(variant)
        for motivation in motivations
        for variant in copy_for(motivation, answers.name)
    ]
    return project_text(
        Starter(
            name=answers.name,
            currency=answers.currency,
            time_zone=answers.time_zone,
            country=answers.country,
            landing_url=answers.landing_url,
            sources=sources,
            variants=variants,
            meta_account=answers.meta_account,
            meta_page=answers.meta_page,
            meta_pixel=answers.meta_pixel,
            google_customer=answers.google_customer,
            customer_match_terms_accepted=answers.customer_match_terms_accepted,
            eu_political_ads=answers.eu_political_ads,
            preset=_preset(answers.preset),
            tier_motivations=by_tier or {},
        )
    )


def _found(folder: Path, today: date) -> tuple[dict[str, tuple[str, ...]], int]:
    """The dominant motivations of each tier, best tier first, and how many customers there are."""
    workspace = open_workspace(folder)
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        people = read_people(workspace, engine, today)
        found = motivations_of(workspace, engine, people)
    named = {tier.name: found[tier.name].motivations for tier in workspace.project.tiers if tier.name in found}
    return named, sum(tier.people for tier in people.tiers)


def _changes(answers: Answers) -> tuple[str, ...]:
    changes = []
    if not (answers.meta_account and answers.meta_page and answers.meta_pixel):
        changes.append("destinations.meta: account_id, page_id and pixel_id marked CHANGE")
    if not answers.google_customer:
        changes.append("destinations.google: account_id marked CHANGE")
    if not answers.customer_match_terms_accepted:
        changes.append(
            "destinations.google: read the Customer Match terms (https://support.google.com/adspolicy/answer/6299717) "
            "and accept them, in Google Ads under Audience manager or by `customer_match_terms_accepted: true`"
        )
    if answers.eu_political_ads is None:
        changes.append(
            "destinations.google: declare whether its ads are political advertising aimed at the European Union, by "
            "`contains_eu_political_advertising: false` or `true`; until then nothing is planned"
        )
    if answers.country is None:
        changes.append("identity.default_country, if phone numbers come without a country")
    return tuple(changes)
