"""The part of `identity:` that says which position to take where sources disagree on how an identifier is written."""

from pydantic import Field

from activator.config.sections import Name, Section
from activator.model.identity import (
    IdentifierRules,
    Letters,
    Punctuation,
    Separators,
    State,
    Suffix,
    ZipExtension,
    ZipSpaces,
)

_SEE = "see docs/reference/identifiers.md"


class Positions(Section):
    """One switch per disagreement. Changing one changes digests: everyone it touches is removed and added again."""

    google_gmail_suffix: Suffix = Field(
        default=Suffix.CUT, description=f"Google: +suffix of Gmail addresses, cut or keep; {_SEE}"
    )
    google_family_name_punctuation: Punctuation = Field(
        default=Punctuation.REMOVE, description="Google: apostrophes and hyphens of family names, remove or keep"
    )
    meta_name_separators: Separators = Field(
        default=Separators.REMOVE, description="Meta: spaces and hyphens inside names, remove or keep"
    )
    meta_state_letters: State = Field(
        default=State.US_AND_CANADA, description="Meta: whose states are two letters: us_and_canada, us or nobody"
    )
    meta_place_letters: Letters = Field(
        default=Letters.TRANSLITERATE,
        description="Meta: letters beyond a-z in cities and states: transliterate, keep or drop",
    )
    meta_zip_extension: ZipExtension = Field(
        default=ZipExtension.CUT, description="Meta: the last four digits of a ZIP+4, cut or keep"
    )
    meta_zip_spaces: ZipSpaces = Field(
        default=ZipSpaces.REMOVE, description="Meta: the space inside a postal code, remove or keep"
    )
    meta_external_ids: Name | None = Field(
        default=None,
        description="Meta: the id_space whose customer ids are sent as EXTERN_ID, in plain text; absent: none are",
    )

    def rules(self) -> IdentifierRules:
        """The switches as the data plane takes them."""
        return IdentifierRules(**{name: getattr(self, name) for name in IdentifierRules.__dataclass_fields__})
