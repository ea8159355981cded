"""Who may be sent to which platform: answers per purpose and platform, and which of them a person's region asks for.

Answers are small integers whose order is their strictness, so that the greatest one wins wherever rows, purposes and
platforms come together: nothing said < granted < denied. The whole rule: docs/explanation/consent-and-outcomes.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir

from activator.model.people import Consent, ConsentRule
from activator.people.identifiers import FORM_COLUMNS

UNKNOWN, GRANTED, DENIED = 0, 1, 2
PURPOSES = ("ad_user_data", "ad_personalization")
# Google takes a declared yes to both purposes with every member (Data Manager API, `consent`): none is ever declared
# that was not given, so there the strict rule holds everywhere. Meta takes no consent field.
DECLARED = frozenset({"google"})
PLATFORMS = tuple(FORM_COLUMNS)
# Column of identity rows -> field of the canonical contacts relation it is read from.
ANSWERS = {purpose: f"consent_{purpose}" for purpose in PURPOSES} | {
    f"for_{platform}": f"consent_{platform}" for platform in PLATFORMS
}

# Where both purposes must have been granted, whatever the project says. ISO 3166-1 alpha-2, read 2026-11-25.
# EEA: the EU's 27 members (european-union.europa.eu, "EU countries") with Iceland, Liechtenstein and Norway (EEA
# Agreement); the EU's outermost regions with a code of their own, and Aland, where its law applies too (TFEU 349, 355);
# the United Kingdom (UK GDPR) and Switzerland, which Google's EU user consent policy names beside the EEA.
_EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
_EEA_BESIDES = "IS LI NO"
_REGIONS_OF_MEMBERS = "AX GF GP MF MQ RE YT"
STRICT_COUNTRIES = frozenset(f"{_EU} {_EEA_BESIDES} {_REGIONS_OF_MEMBERS} GB CH".split())


@dataclass(frozen=True, slots=True)
class ConsentPolicy:
    """elsewhere: the rule outside STRICT_COUNTRIES; default_country: where people are whose rows name no country."""

    elsewhere: ConsentRule = ConsentRule.OPT_IN
    default_country: str | None = None


def answer_code(text: ir.StringValue) -> ir.IntegerValue:
    """An answer of the canonical relation as UNKNOWN, GRANTED or DENIED. What is no answer is UNKNOWN."""
    denied, granted = (text.isin([word.value]) for word in (Consent.DENIED, Consent.GRANTED))
    return cast("ir.IntegerValue", ibis.cases((denied, DENIED), (granted, GRANTED), else_=UNKNOWN).cast("int8"))


def answer_word(code: ir.IntegerValue) -> ir.StringValue:
    """The code as the word people read."""
    words = ((code == DENIED, Consent.DENIED.value), (code == GRANTED, Consent.GRANTED.value))
    return ibis.cases(*words, else_=Consent.UNKNOWN.value)


def purpose_answer(persons: ir.Table, purpose: str, platform: str) -> ir.IntegerValue:
    """What a person has said on one purpose as far as one platform goes: the general answer and the platform's own.

    An answer given for a platform stands for both purposes there.
    """
    return ibis.greatest(persons[purpose], persons[f"for_{platform}"])


def denied(persons: ir.Table, platform: str) -> ir.BooleanValue:
    """Whether somebody has said no to anything a platform would do."""
    return ibis.or_(*[purpose_answer(persons, purpose, platform) == DENIED for purpose in PURPOSES])


def allowed(persons: ir.Table, platform: str, policy: ConsentPolicy) -> ir.BooleanValue:
    """Whether somebody may be sent. persons has the columns of ANSWERS and, where the rule asks, `strict`."""
    granted = ibis.and_(*[purpose_answer(persons, purpose, platform) == GRANTED for purpose in PURPOSES])
    if policy.elsewhere is ConsentRule.OPT_IN or platform in DECLARED:
        return granted
    return granted | (~persons.strict & ~denied(persons, platform))


def row_facts(rows: ir.Table) -> dict[str, ir.BooleanValue]:
    """What a row says about consent, so that a person's facts are those that hold in any of their rows."""
    facts = {"located": rows.country.notnull(), "inside": rows.country.isin(sorted(STRICT_COUNTRIES)).fill_null(False)}
    for name in ANSWERS:
        facts |= {f"{name} {code}": rows[name] == code for code in (GRANTED, DENIED)}
    return facts


def strictest(facts: Mapping[str, ir.BooleanValue]) -> dict[str, ir.IntegerValue]:
    """A person's answers. facts: `row_facts` that hold in any of their rows."""
    return {
        name: ibis.cases(
            (facts[f"{name} {DENIED}"], DENIED), (facts[f"{name} {GRANTED}"], GRANTED), else_=UNKNOWN
        ).cast("int8")
        for name in ANSWERS
    }


def strict(facts: Mapping[str, ir.BooleanValue], policy: ConsentPolicy) -> ir.BooleanValue:
    """Whether a person is under the strict rule. facts: as in `strictest`.

    One row inside is enough; without any country the project's default decides, and without that the strict rule.
    """
    default = policy.default_country is None or policy.default_country in STRICT_COUNTRIES
    return facts["inside"] | ~facts["located"] if default else facts["inside"]
