"""What customers are told: how their words are read, and the texts of the project file."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from activator.config.documents import Document
from activator.config.sections import Name, Section, Share

GENERIC = "generic"
AdChannel = Literal["meta", "google"]
Slot = Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]
Line = Annotated[str, Field(min_length=1, max_length=255)]


class MotivationSection(Section):
    """How customers' own words are read, and what else is known of why they buy."""

    lexicons: tuple[str, ...] = Field(
        default=(), description="Lexicon files relative to this file, read after the shipped ones"
    )
    corrections: str = Field(
        default="motivation_corrections.csv",
        description="What comments really speak of; kept by `activator profile correct`, and yours to edit",
    )
    embeddings: str | None = Field(
        default=None, description="Folder with model.onnx and tokenizer.json; needs the extra `embeddings`"
    )
    attribute: Name | None = Field(
        default=None,
        description="An attribute of contacts or accounts that says why they buy, e.g. need or competitor. Where one "
        "value dominates a tier, the tier is shown the copy for ATTRIBUTE_VALUE, before what is read from words",
    )
    copy_sets: tuple[str, ...] = Field(
        default=(),
        description="Copy library files of your own, in the form of mappings/copy; they replace shipped ones",
    )
    quick_buyers_share_max: Share = Field(
        default=Decimal("0.5"),
        description="From this share on of a tier's customers who first ordered within 3 days of their first visit, "
        "texts with `discount: true` are left out there",
    )


class CopySection(Section):
    """One text, or texts of the copy library.

    Used in the tiers whose dominant motivation it speaks to; `generic` is used where there is none. With `like` the
    library's texts are used as they are: `like: risk` on every platform, `like: risk/meta` on one.
    """

    name: Name | None = Field(default=None, description="Required without `like`; with it, put before each text's name")
    motivation: str | None = Field(default=None, min_length=1, description="Required without `like`")
    headlines: tuple[Line, ...] = ()
    descriptions: tuple[Annotated[str, Field(min_length=1, max_length=1024)], ...] = ()
    message: str | None = Field(default=None, min_length=1, max_length=1024, description="Meta's primary text")
    like: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9_]{0,39}(/(meta|google|email|sms))?$",
        description="MOTIVATION or MOTIVATION/CHANNEL of the copy library; see docs/reference/copy.md",
    )
    variants: tuple[Name, ...] = Field(default=(), description="With `like`: these of its texts only")
    slots: dict[Slot, Line] = Field(
        default_factory=dict, description="With `like`: words for its slots; {brand} is the project's name unless given"
    )
    reviewed: str | None = Field(
        default=None, min_length=3, description="With `like`: who confirmed what its texts claim, and when"
    )
    lapsed: bool = Field(
        default=False, description="Used instead of the others in a tier most of whose customers have stopped buying"
    )
    discount: bool = Field(
        default=False,
        description="It lowers the price: left out in a tier of quick buyers, who buy without it; needs an export of "
        "events. See `motivation.quick_buyers_share_max`",
    )

    _line: int = PrivateAttr(default=0)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        own = ("name", "motivation", "headlines", "descriptions", "message")
        if self.like is None:
            missing = [field for field in own if not getattr(self, field)]
            _check(not missing, f"`{missing[0] if missing else ''}` is required, or `like` to use the copy library")
            extra = [field for field in ("variants", "slots", "reviewed") if getattr(self, field)]
            _check(not extra, f"`{extra[0] if extra else ''}` is for texts of the copy library: needs `like`")
        else:
            extra = [field for field in own[1:] if getattr(self, field)]
            _check(not extra, f"`{extra[0] if extra else ''}` stands beside `like`: use one of them")
        return self

    @property
    def speaks_to(self) -> str:
        """The motivation it speaks to."""
        return self.motivation or (self.like or "").partition("/")[0]

    @property
    def channel(self) -> str:
        """The channel named after the motivation, '' for all."""
        return (self.like or "").partition("/")[2]

    @property
    def is_for_all(self) -> bool:
        """Whether it is shown on every platform, whoever the people are."""
        return not (self.channel or self.lapsed or self.discount)

    @property
    def line(self) -> int:
        """Where it stands in the project file, 0 where it came from none."""
        return self._line


def _check(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise ValueError(message)


def place_copy(sections: tuple[CopySection, ...], document: Document) -> None:
    """Tell each text the line it stands on, so that what is wrong with it later can be told with it."""
    for place, section in enumerate(sections):
        section._line = document.line(("copy", place))
