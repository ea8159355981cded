"""The positions a project may take where the platforms' own sources disagree on how an identifier is written.

Each has a default, and the reason for it stands in docs/reference/identifiers.md. They travel as one frozen object
into the expressions, and as `IdentifierRules.version` into every plan and every batch.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

# Kept with everything sent: a removal must repeat what was added. Raise it whenever any default would come out
# different; docs/reference/identifiers.md lists what each number changed.
NORMALISER_VERSION = "3"


class Suffix(StrEnum):
    """What becomes of `+news` in jane+news@gmail.com, Google only."""

    CUT = "cut"
    KEEP = "keep"


class Punctuation(StrEnum):
    """What becomes of the apostrophe and hyphen of a family name, Google only."""

    REMOVE = "remove"
    KEEP = "keep"


class Separators(StrEnum):
    """What becomes of spaces and hyphens inside a name, Meta only."""

    REMOVE = "remove"
    KEEP = "keep"


class State(StrEnum):
    """Whose states are two letters, Meta only; all others are the letters of the full name."""

    US_AND_CANADA = "us_and_canada"
    US = "us"
    NOBODY = "nobody"


class Letters(StrEnum):
    """What becomes of letters that are not a-z in a city or a state, Meta only."""

    TRANSLITERATE = "transliterate"
    KEEP = "keep"
    DROP = "drop"


class ZipExtension(StrEnum):
    """What becomes of the last four digits of a ZIP+4, Meta only."""

    CUT = "cut"
    KEEP = "keep"


class ZipSpaces(StrEnum):
    """What becomes of the space inside a postal code, Meta only."""

    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class IdentifierRules:
    """One position per question the sources answer differently."""

    google_gmail_suffix: Suffix = Suffix.CUT
    google_family_name_punctuation: Punctuation = Punctuation.REMOVE
    meta_name_separators: Separators = Separators.REMOVE
    meta_state_letters: State = State.US_AND_CANADA
    meta_place_letters: Letters = Letters.TRANSLITERATE
    meta_zip_extension: ZipExtension = ZipExtension.CUT
    meta_zip_spaces: ZipSpaces = ZipSpaces.REMOVE

    @property
    def version(self) -> str:
        """What made a digest: the normaliser's number, and every position that is not the default."""
        chosen = [
            f"{field.name}={getattr(self, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        return " ".join([NORMALISER_VERSION, *chosen])


DEFAULT_RULES = IdentifierRules()
