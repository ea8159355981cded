"""Whatever text a value is: an answer or a reason comes back, and nothing is never hashed.

Every example is a whole batch in one call, as the engine works; one call per value would mostly plan queries.
"""

import hashlib

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS, PhoneNumberFormat, example_number_for_type, format_number
from phonenumbers.phonenumberutil import PhoneNumberType

from activator.people.identifiers import FIELDS
from activator.people.identifiers.phone import e164
from activator.people.identifiers.text import PLACEHOLDERS
from tests.probing import explain_identifiers

FEW = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # the assertions name the values; shrinking whole batches takes hours
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
BATCH = 200
COUNTRIES = ("", "DE", "US", "GB", "IT", "BR", "AR", "JP", "Deutschland", "n/a")
ANYTHING = st.text(st.characters(codec="utf-8"), max_size=30)
# Pieces that mean something to one of the rules, joined at random: far more often nearly right than any text is.
MEANINGFUL = (
    "jane", "Doe", ".", "+", "@", "gmail.com", "googlemail.com", "example.org", "<", ">", "mailto:", " ", "\u200b",
    "0", "00", "49", "151", "23456789", "(0)", "-", "\u2011", "/", "ext. 4", ".0", "E+11", "４", "٤", "n/a", "nan",
    "Müller", "mu\u0308", "Dr.", "jr", "İ", "ß", "ΑΣ", "정", "東京", "שלום", "O'", "\U0001f600", "a" * 64, "\0",
)  # fmt: skip
PIECES = st.lists(st.sampled_from(MEANINGFUL), max_size=6).map("".join)
BATCHES = st.lists(st.one_of(ANYTHING, PIECES), min_size=BATCH, max_size=BATCH + 50)
DIGESTS_OF_NOTHING = {
    hashlib.sha256(spelling.encode()).hexdigest()
    for word in ("", " ", *PLACEHOLDERS)
    for spelling in (word, word.upper(), word.capitalize())
}


def explained(fields: list[tuple[str, str]], texts: list[str], country: str = "") -> list[dict[str, str | None]]:
    return explain_identifiers(
        [
            {"platform": platform, "field": field, "value": text, "country": country}
            for platform, field in fields
            for text in texts
        ]
    )


@FEW
@given(texts=BATCHES, country=st.sampled_from(COUNTRIES))
def test_any_text_has_an_answer_or_a_reason_and_nothing_is_never_hashed(texts: list[str], country: str) -> None:
    answers = explained(list(FIELDS), texts, country)
    asked = [(field, text) for field in FIELDS for text in texts]
    wrong = [
        (field, text, answer)
        for (field, text), answer in zip(asked, answers, strict=True)
        if answer["normalized"] == ""
        or (answer["sha256"] in DIGESTS_OF_NOTHING and field != ("meta", "COUNTRY"))  # "na" is Namibia there
        or (answer["normalized"] is None and (answer["sha256"] is not None or not answer["reason"]))
    ]
    assert wrong == []


def test_every_regions_mobile_number_is_read_without_its_plus() -> None:
    """What Meta asks for, and what many exports hold: country code and number, in a row that names the country."""
    misread = []
    for region in sorted(SUPPORTED_REGIONS):
        number = example_number_for_type(region, PhoneNumberType.MOBILE)
        written = format_number(number, PhoneNumberFormat.E164) if number else ""
        if len(written) > 11 and e164(written[1:], region) != e164(written, region):
            misread.append((region, written, e164(written[1:], region)))
    assert misread == []
