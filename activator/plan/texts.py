"""The texts a project has: those written in it, and those it takes from the copy library with their slots filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from activator.config.copy import CopySection
from activator.config.documents import read_document, validate
from activator.config.project import PROJECT_FILE, Project
from activator.errors import ConfigurationError
from activator.model.ads import CopyVariant
from activator.model.plan import TierMotivation
from activator.plan.copy import GENERIC, refuse_unfilled, variants_for_tier
from mappings.copy_library import StarterCopy, StarterVariant, fill, starter_copy

AD_CHANNELS = ("meta", "google")
FIRST_VISITS_MIN = 30  # known, before a share of them says anything about a tier
LAPSED_SHARE = 0.5  # of a tier's customers; from then on it is told what those who stopped buying are told


@dataclass(frozen=True, slots=True)
class WrittenText:
    """One text and where it may be used.

    channel '': on every platform; lapsed: where most have stopped buying; discount: not where most buy without one.
    """

    variant: CopyVariant
    channel: str = ""
    lapsed: bool = False
    discount: bool = False


def copy_library(project: Project) -> dict[str, StarterCopy]:
    """The shipped library, and the project's own files in place of it.

    Raises:
        ConfigurationError: names file, line and field.
    """
    own = {}
    for path in project.motivation.copy_sets:
        document = read_document(project.folder / path)
        found = validate(document, StarterCopy)
        own[found.motivation] = found
    return starter_copy() | own


def written_texts(project: Project) -> tuple[WrittenText, ...]:
    """Every text of the project, in its order.

    Raises:
        ConfigurationError: names line, text and fix: a slot without words, a claim nobody reviewed, words too long, a
            text or motivation the library does not have, or one name for two texts on the same channel.
    """
    library = copy_library(project)
    texts = tuple(text for section in project.copy_variants for text in _texts(section, project, library))
    names: set[tuple[str, str]] = set()
    for text in texts:
        for channel in (text.channel,) if text.channel else AD_CHANNELS:
            if (text.variant.name, channel) in names:
                raise ConfigurationError(
                    f"{PROJECT_FILE}: copy: the name `{text.variant.name}` stands twice", "Give one of them a `name`."
                )
            names.add((text.variant.name, channel))
    return texts


def text_names(project: Project) -> tuple[str, ...]:
    """The names of every text the project could publish, also while one cannot yet be published."""
    library = copy_library(project)
    names: dict[str, None] = {}
    for section in project.copy_variants:
        found = library.get(section.speaks_to) if section.like is not None else None
        if section.like is None:
            names[section.name or ""] = None
        elif found is not None:
            offered = found.reactivation if section.lapsed else found.variants
            names |= {_named(section, template.name): None for template in offered}
    return tuple(names)


def shown_on(
    texts: Sequence[WrittenText], connector: str, *, lapsed: bool, discounts: bool = True
) -> tuple[CopyVariant, ...]:
    """The texts a platform may show; to a lapsed tier those for it, where there are any for the motivation.

    discounts: whether those that lower the price are among them.
    """
    here = [text for text in texts if text.channel in ("", connector) and (discounts or not text.discount)]
    for_lapsed = {text.variant.motivation for text in here if text.lapsed} if lapsed else set()
    return tuple(text.variant for text in here if text.lapsed == (text.variant.motivation in for_lapsed))


def texts_for_tier(
    project: Project, connector: str, why: TierMotivation | None, tier: str, texts: Sequence[WrittenText]
) -> tuple[CopyVariant, ...]:
    """What a tier is shown on a platform: for why it buys, whether it still does, and whether it needs a discount.

    A tier of quick buyers whose motivation only discounts were written for is told what everybody is told.

    Raises:
        ConfigurationError: the tier asks for a motivation nothing was written for.
    """
    override = next(section.motivation for section in project.tiers if section.name == tier)
    every = _with_discounts(project, connector, why, tier, texts)
    if not buys_quickly(why, project.motivation.quick_buyers_share_max):
        return every
    kept = shown_on(texts, connector, lapsed=_has_lapsed(why), discounts=False)
    if override is not None and override not in {variant.motivation for variant in kept}:
        override = GENERIC
    return variants_for_tier(why, override, kept)


def discounts_left_out(
    project: Project, connector: str, why: TierMotivation | None, tier: str, texts: Sequence[WrittenText]
) -> tuple[str, ...]:
    """Names of the texts a tier is not shown on a platform because most of its customers buy without a discount."""
    shown = {variant.name for variant in texts_for_tier(project, connector, why, tier, texts)}
    every = _with_discounts(project, connector, why, tier, texts)
    return tuple(variant.name for variant in every if variant.name not in shown)


def buys_quickly(why: TierMotivation | None, share_max: Decimal) -> bool:
    """Whether a tier's customers mostly buy without a discount; False where too little is known of them."""
    if why is None or why.first_visits < FIRST_VISITS_MIN:
        return False
    return why.quick_buyers >= share_max * why.first_visits


def _has_lapsed(why: TierMotivation | None) -> bool:
    return why is not None and why.lapsed_share >= LAPSED_SHARE


def _with_discounts(
    project: Project, connector: str, why: TierMotivation | None, tier: str, texts: Sequence[WrittenText]
) -> tuple[CopyVariant, ...]:
    override = next(section.motivation for section in project.tiers if section.name == tier)
    return variants_for_tier(why, override, shown_on(texts, connector, lapsed=_has_lapsed(why)))


def texts_for_strangers(
    connector: str, texts: Sequence[WrittenText], names: Sequence[str] = ()
) -> tuple[CopyVariant, ...]:
    """What people see who are no customers yet: the texts of these names, or what everybody is told.

    Raises:
        ConfigurationError: there is no text of that name here.
    """
    shown = shown_on(texts, connector, lapsed=False)
    if not names:
        return variants_for_tier(None, None, shown)
    by_name = {variant.name: variant for variant in shown}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise ConfigurationError(
            f"acquisition: there is no text `{missing[0]}`", f"Choose from: {', '.join(sorted(by_name))}."
        )
    return tuple(by_name[name] for name in names)


def _texts(section: CopySection, project: Project, library: Mapping[str, StarterCopy]) -> list[WrittenText]:
    if section.like is not None:
        return [_from_library(template, section, project) for template in _templates(section, library)]
    variant = CopyVariant(
        section.name or "", section.speaks_to, section.headlines, section.descriptions, section.message or ""
    )
    try:
        refuse_unfilled(variant)
    except ConfigurationError as error:
        raise _fault(section, error.message, error.next_step) from None
    return [WrittenText(variant, "", section.lapsed, section.discount)]


def _templates(section: CopySection, library: Mapping[str, StarterCopy]) -> tuple[StarterVariant, ...]:
    found = library.get(section.speaks_to)
    if found is None:
        message = f"the copy library has nothing for motivation `{section.speaks_to}`"
        raise _fault(section, message, f"Choose from: {', '.join(sorted(library))}.")
    if section.channel not in ("", *AD_CHANNELS):
        fix = f"Print them with `activator profile copy {section.speaks_to} --channel {section.channel}`."
        raise _fault(section, f"`{section.like}`: a plan publishes on {' and '.join(AD_CHANNELS)} only", fix)
    offered = found.reactivation if section.lapsed else found.variants
    unknown = [name for name in section.variants if name not in {each.name for each in offered}]
    if unknown:
        names = ", ".join(each.name for each in offered)
        raise _fault(section, f"`{section.like}` has no text `{unknown[0]}`", f"Choose from: {names}.")
    return tuple(each for each in offered if not section.variants or each.name in section.variants)


def _from_library(template: StarterVariant, section: CopySection, project: Project) -> WrittenText:
    values = {"brand": project.project.name, **section.slots}
    missing = sorted(template.slots() - values.keys())
    if missing:
        words = ", ".join(f"{name}: ..." for name in missing)
        fix = f"Add `slots: {{{words}}}`, or name the texts you want: `variants: [...]`."
        raise _fault(section, f"`{template.name}` has an unfilled slot {{{missing[0]}}}", fix)
    if template.claims and section.reviewed is None:
        fix = "Once somebody has confirmed it, add `reviewed: who, when`, or choose other `variants`."
        raise _fault(section, f"`{template.name}` needs a review: {template.claims}", fix)
    try:
        texts = fill(template, section.speaks_to, values)
    except ConfigurationError as error:
        raise _fault(section, error.message, error.next_step) from None
    name = _named(section, template.name)
    return WrittenText(replace(CopyVariant(**texts), name=name), section.channel, section.lapsed, section.discount)


def _named(section: CopySection, template: str) -> str:
    """The name of a library text in a project: its own, or with the section's before it."""
    return f"{section.name}_{template}"[:40].rstrip("_") if section.name else template


def _fault(section: CopySection, message: str, fix: str) -> ConfigurationError:
    where = f"{PROJECT_FILE}, line {section.line}: copy: " if section.line else f"{PROJECT_FILE}: copy: "
    return ConfigurationError(where + message, fix)
