"""The common spellings of phone numbers as engine expressions, by the patterns `phonenumbers` itself uses.

Far quicker than its parser, and never a different answer: what these rules cannot decide is left to it. A test holds
the two against each other in every region.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import ibis
import ibis.expr.types as ir

from activator.people.identifiers.phone_plans import (
    BARE_INTERNATIONAL_DIGITS_MIN,
    EXTENSIONS,
    LABELS,
    Plan,
    families,
    international,
    keyed,
    plan,
)

REFUSED = ""
# Regions one pattern speaks for: with many more, the automaton outgrows its memory and is built again and again.
_TOGETHER = 24
Stage: TypeAlias = Callable[..., ir.Table]
_UNDECIDED = ibis.null("string")
_SIMPLE = r"^ *\(?\+?[0-9 ()./-]*$"
_WHOLE = r"^ *(\+?[0-9]{6,})\.0+ *$"  # 4915123456789.0 went through a spreadsheet or a data frame
# What else is understood as the parser's callers do: hyphens and blanks of other kinds, a label, an extension.
_HYPHENS = r"[\x{B7}\x{2010}-\x{2015}\x{2212}]"
_BLANKS = r"[\x{A0}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]"
_LABEL = rf"(?i)^ *(?:{LABELS}) *\.?:? *"
_EXTENSION = rf"(?i) *(?:;ext=|,? *(?:{EXTENSIONS}) *[.:]?) *[0-9]{{1,7}} *$"
_TRUNK_ZERO = r"\( *0 *\)"
_DIGITS_MIN, _INTERNATIONAL_DIGITS_MIN, _DIGITS_MAX = 6, 8, 20


def country_code(region: ir.StringValue, regions: Iterable[str]) -> ir.StringValue:
    """The country code of a region among `regions`, NULL where patterns cannot say its numbering plan."""
    codes = [(region == known.region, known.country_code) for known in _plans(regions)]
    return ibis.cases(*codes, else_=_UNDECIDED) if codes else _UNDECIDED


def decided(stage: Stage, numbers: ir.Table, regions: Iterable[str], fillers: Sequence[str]) -> ir.Table:
    """The table with `quick`: E.164, REFUSED where it certainly is no number, NULL where the parser must decide.

    Args:
        stage: adds columns that later expressions refer to, `Engine.staged`.
        numbers: has phone (as exported), region (alpha-2 or "") and its code (`country_code`).
        regions: the regions that occur; patterns are made for these only.
        fillers: patterns of digits typed to get past a form.
    """
    plans = _plans(regions)
    t = stage(numbers, spelt_=_spelt(numbers.phone))
    t = stage(t, bare_=t.spelt_.re_replace("[^0-9+]+", ""))
    t = stage(t, digits_=_digits(t.spelt_, t.bare_))
    t = stage(t, length_=t.digits_.replace("+", "").length(), key_=t.region + t.digits_)
    t = stage(t, rest_=_without_trunk(t.key_, plans), begins_=t.digits_.startswith(t.code))
    t = stage(t, trunk_=t.rest_.length() < t.length_)
    t = stage(t, coded_=ibis.cases((t.begins_ & ~t.trunk_, _read_with_code(t, plans)), else_=False))
    rest = ibis.cases((t.coded_, t.digits_.substr(t.code.length())), else_=t.rest_)
    t = stage(t, candidate_=t.region + rest)
    t = stage(t, number_=ibis.cases((t.digits_.startswith("+"), _from_abroad(t)), else_=_at_home(t, plans)))
    return stage(t.select(*numbers.columns, quick=_unless_filler(t, fillers)))


def _plans(regions: Iterable[str]) -> list[Plan]:
    return [known for region in sorted(set(regions)) if (known := plan(region)) is not None]


def _spelt(phone: ir.StringValue) -> ir.StringValue:
    """One number in digits and the usual separators, without label and extension; NULL for anything else."""
    whole = ibis.cases((phone.contains(".0"), phone.re_replace(_WHOLE, r"\1")), else_=phone)
    usual = phone.re_replace(_HYPHENS, "-").re_replace(_BLANKS, " ").re_replace(_LABEL, "").re_replace(_EXTENSION, "")
    unusual = usual.re_replace(r"^.*\.0.*$", "").re_extract(_SIMPLE, 0).nullif("")  # of ".0" and more only one may go
    return ibis.cases((phone.re_search(_SIMPLE), whole), else_=unusual)


def _digits(spelt: ir.StringValue, bare: ir.StringValue) -> ir.StringValue:
    """`+` and digits where the number was written with its country code, digits elsewhere."""
    untrunked = spelt.re_replace(_TRUNK_ZERO, "").re_replace("[^0-9]+", "")
    whole = ibis.cases((spelt.contains("("), untrunked), else_=bare)
    coded = ibis.literal("+") + whole.re_replace(r"^[+0]+", "")
    return ibis.cases((bare.startswith("+") | bare.startswith("00"), coded), else_=bare)


def _from_abroad(t: ir.Table) -> ir.StringValue:
    """With "+" or "00": taken when its length is possible, as the parser takes it."""
    possible, undecided = international()
    return ibis.cases(
        (t.digits_.re_search(undecided) & (t.length_ >= _INTERNATIONAL_DIGITS_MIN), _UNDECIDED),
        (t.digits_.re_search(possible) & (t.length_ >= _INTERNATIONAL_DIGITS_MIN), t.digits_),
        (t.bare_.startswith("00") & (t.region != ""), _UNDECIDED),  # 0011 in Australia dials abroad too
        else_=REFUSED,
    )


def _without_trunk(key: ir.StringValue, plans: Sequence[Plan]) -> ir.StringValue:
    """The digits of a national spelling without the national prefix."""
    trunks = [f"{known.region}(?:{known.trunk})" for known in plans if known.trunk]
    return key.re_replace(f"^(?:{'|'.join((*trunks, '[A-Z][A-Z]'))})", "")


def _read_with_code(t: ir.Table, plans: Sequence[Plan]) -> ir.BooleanValue:
    """Whether digits that begin with the country code are read so before anything else."""
    first = "|".join(known.region for known in plans if known.code_before_trunk)
    long_enough = (t.length_ >= BARE_INTERNATIONAL_DIGITS_MIN) & t.region.re_search(f"^(?:{first})$")
    return long_enough | ~_matches(
        t.region, t.key_, plans, lambda group: keyed(group, lambda known: known.general, "$")
    )


def _at_home(t: ir.Table, plans: Sequence[Plan]) -> ir.StringValue:
    """As dialled in the region: a valid number of it, or certainly none of any region, or undecided."""
    short = t.length_ < BARE_INTERNATIONAL_DIGITS_MIN
    american = (t.code == "1") & t.digits_.re_search(r"^1[2-9]\d{9}$")
    # In North America the trunk prefix is the country code: whichever it was, what follows must be valid.
    either = (t.code == "1") & short & t.begins_ & t.trunk_
    # No country code begins with 0; and North America also takes 01 and ten digits.
    hopeless = either | (~t.begins_ & (short | (t.digits_.startswith("0") & (t.code != "1"))))
    with_code = t.code + ":"
    return ibis.cases(
        (t.region == "", ibis.cases((short, REFUSED), else_=_UNDECIDED)),
        (t.code.isnull() | _matches(t.region, t.key_, plans, _dials_elsewhere), _UNDECIDED),
        (american, ibis.literal("+") + t.digits_),
        (t.begins_ & t.trunk_ & ~either, _UNDECIDED),
        ((t.coded_ | either) & _matches(t.region, t.candidate_, plans, _begins_with_trunk), _UNDECIDED),
        (_fits(t, plans), ibis.literal("+") + t.code + t.candidate_.substr(2)),
        (t.coded_ | ~hopeless, _UNDECIDED),
        (_matches(t.region, with_code + t.candidate_.substr(2), plans, families), _UNDECIDED),
        (_matches(t.region, with_code + t.digits_, plans, families), _UNDECIDED),
        else_=REFUSED,
    )


def _dials_elsewhere(plans: Sequence[Plan]) -> str:
    return keyed(plans, lambda known: "|".join(filter(None, (known.foreign, known.rewritten))))


def _begins_with_trunk(plans: Sequence[Plan]) -> str:
    return keyed(plans, lambda known: "|".join(filter(None, (known.trunk, known.rewritten))))


def _fits(t: ir.Table, plans: Sequence[Plan]) -> ir.BooleanValue:
    """Valid in the region, and no other region of the country code claims it first."""
    valid = _matches(t.region, t.candidate_, plans, lambda group: keyed(group, lambda known: known.valid, "$"))
    general = _matches(t.region, t.candidate_, plans, lambda group: keyed(group, lambda known: known.general, "$"))
    fits = valid & general
    shared = [known for known in plans if known.claimed]
    if not shared:
        return fits
    return fits & ~_matches(t.region, t.candidate_, shared, lambda group: keyed(group, lambda known: known.claimed))


def _matches(
    region: ir.StringValue, text: ir.StringValue, plans: Sequence[Plan], pattern: Callable[[Sequence[Plan]], str]
) -> ir.BooleanValue:
    """Whether the text fits the pattern of its region's plans, which are in the order of their regions."""
    groups = [plans[at : at + _TOGETHER] for at in range(0, len(plans), _TOGETHER)]
    cases = [(region <= group[-1].region, text.re_search(pattern(group))) for group in groups]
    return cases[0][1] if len(cases) == 1 else ibis.cases(*cases, else_=False) if cases else ibis.literal(False)


def _unless_filler(t: ir.Table, fillers: Sequence[str]) -> ir.StringValue:
    nothing = rf"(?:{'|'.join(fillers)})$"
    return ibis.cases(
        (t.length_ > _DIGITS_MAX, _UNDECIDED),
        ((t.length_ < _DIGITS_MIN) | t.digits_.re_search(rf"^\+?{nothing}"), REFUSED),
        (t.number_.re_search(rf"^\+\d\d?\d?{nothing}"), _UNDECIDED),
        (t.digits_.isnull(), _UNDECIDED),
        else_=t.number_,
    )
