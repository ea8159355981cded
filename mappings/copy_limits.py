"""How long a text may be on each channel, and what may not stand in it; pure.

Google: responsive search ads take 3 to 15 headlines of 30 and 2 to 4 descriptions of 90; double-width characters count
twice and "!" in a headline is refused (developers.google.com/google-ads/api/docs/responsive-search-ads, 2026-11-22).
Meta shows about 125 characters of primary text and 40 of a headline before it cuts, and a description, at most two
lines of it, only where there is room. E-mail programs show about 60 of a
subject and 90 of a preheader. An SMS holds 160 characters of the GSM 7-bit alphabet (those of its extension count
twice) or 70 of any other (3GPP TS 23.038); longer ones are billed as several.
"""

import unicodedata
from dataclasses import dataclass

HEADLINE_MAX = 30
DESCRIPTION_MAX = 90
HEADLINES_MIN = 3
DESCRIPTIONS_MIN = 2
META_MESSAGE_MAX = 125
META_HEADLINE_MAX = 40
META_DESCRIPTION_MAX = 90
SUBJECT_MAX = 60
PREHEADER_MAX = 90
SMS_MAX = 160
SMS_UNICODE_MAX = 70
CHANNELS = ("meta", "google", "email", "sms")

_META = {"message": META_MESSAGE_MAX, "headline": META_HEADLINE_MAX, "description": META_DESCRIPTION_MAX}
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is, as its channel counts, and how long it may be."""

    used: int
    limit: int

    @property
    def fits(self) -> bool:
        """Whether nothing is cut or refused."""
        return self.used <= self.limit


def width(text: str) -> int:
    """Length as Google counts it: full-width characters twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def length(channel: str, part: str, text: str) -> Length:
    """The length of one part (headline, description, message, subject, preheader or text) on a channel."""
    if channel == "google":
        return Length(width(text), HEADLINE_MAX if part == "headline" else DESCRIPTION_MAX)
    if channel == "meta":
        return Length(len(text), _META[part])
    if channel == "email":
        return Length(len(text), SUBJECT_MAX if part == "subject" else PREHEADER_MAX)
    return sms_length(text)


def sms_length(text: str) -> Length:
    """Characters of one SMS; a single one outside the GSM alphabet makes all count against the lower limit."""
    if all(character in _GSM or character in _GSM_TWICE for character in text):
        return Length(sum(2 if character in _GSM_TWICE else 1 for character in text), SMS_MAX)
    return Length(len(text.encode("utf-16-le")) // 2, SMS_UNICODE_MAX)
