"""Changes of tiers and segments that are told to a webhook, and the settings of that webhook."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from activator.config.sections import Section
from activator.config.settings import PREFIX, SettingsSection

Tag = Annotated[str, Field(pattern=r"^(tier|segment):[a-z][a-z0-9_]{0,39}$")]
WEBHOOK_PREFIX = f"{PREFIX}WEBHOOK__"


class OutboxEventSection(Section):
    """One tag whose comings and goings are told."""

    tag: Tag = Field(description="tier:NAME or segment:NAME")
    changes: tuple[Literal["entered", "left"], ...] = Field(
        default=("entered", "left"), min_length=1, description="Which changes are told"
    )
    hours_after: int = Field(
        default=0, ge=0, le=720, description="entered: told so much later, and not at all to who has left by then"
    )
    event: str | None = Field(
        default=None, min_length=1, description="hours_after counts from the person's newest event of this name"
    )


class OutboxSection(Section):
    """Changes of tiers and segments told to a webhook (ACTIVATOR_WEBHOOK__URL)."""

    events: tuple[OutboxEventSection, ...] = ()
    source_ids: bool = Field(
        default=False, description="Tell the person's ids in your own systems; without it only a key of ours"
    )


def outbox_fault(section: OutboxSection, tiers: Sequence[str], segments: Sequence[str]) -> tuple[int, str] | None:
    """The first event that cannot be meant: its number and what is wrong with it."""
    known = {*(f"tier:{name}" for name in tiers), *(f"segment:{name}" for name in segments)}
    seen: set[str] = set()
    for number, event in enumerate(section.events):
        if event.tag not in known:
            return number, f"there is no {event.tag.replace(':', ' `', 1)}`"
        if event.tag in seen:
            return number, f"{event.tag} stands twice"
        if event.hours_after and "entered" not in event.changes:
            return number, f"{event.tag}: hours_after is for `entered`, which is not told"
        if event.event and not event.hours_after:
            return number, f"{event.tag}: `event` is what hours_after counts from; say how many"
        seen.add(event.tag)
    return None


class WebhookSettings(SettingsSection):
    """Where changes are told, and the secret they are signed with."""

    url: SecretStr = Field(description="https address of the receiver")
    secret: SecretStr = Field(min_length=24, description="Shared with the receiver; whsec_ and base64, or any text")
    allow_private: bool = Field(default=False, description="Let the address lead into a private network")
    ca_file: Path | None = Field(default=None, description="Bundle to verify the receiver with; default: the system's")
