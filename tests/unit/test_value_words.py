"""What tiers go by, in sentences."""

import pytest

from activator.cli.amounts import hundredths, money, whole
from activator.cli.value_words import basis_lines, method_line, rule_words
from activator.model.people import TierSummary
from activator.model.valuing import Basis, TierRule, Valuing


def test_the_basis_is_said_with_what_is_subtracted_and_how_it_is_estimated() -> None:
    assert list(basis_lines(Valuing(), ())) == ["Tiers go by what customers have brought so far, net of returns."]
    valuing = Valuing(Basis.PREDICTED, 90, "past_spend", "nothing did better", 0.7, 1.4, costs=True)
    basis, method = basis_lines(valuing, ())
    assert basis == "Tiers go by what customers are expected to bring within 90 days, less the cost to serve."
    assert method.startswith(
        "Estimated by past spend going on at its pace (nothing did better); what came was 0.70 to 1.40"
    )


def test_names_are_a_basis_of_their_own_and_those_who_are_kept_are_counted() -> None:
    valuing = Valuing(rules=(TierRule("best", rfm=("loyal",)), TierRule("rest")))
    tiers = (TierSummary("best", 3, 9, 1, 5, 2), TierSummary("rest", 5, 5, 1, 1, 1))
    assert list(basis_lines(valuing, tiers)) == [
        "Tiers go by RFM names.",
        "3 customers keep the tier they had, where a newcomer of the same value would be in another.",
    ]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (TierRule("t", 100, 100, 100), "1.00 EUR or more"),
        (TierRule("t", 100, 110, 90), "1.00 EUR or more; from a lesser tier 1.10; who is in stays down to 0.90"),
        (TierRule("t"), "its share of customers reaches nobody"),
        (TierRule("t", rfm=("new",), stay_rfm=("regular",)), "RFM new; who is in stays as regular too"),
        (TierRule("t", 100, 100, 100, closed="next"), "closed: too few, so they are in next"),
    ],
)
def test_what_it_takes_to_be_in_a_tier(rule: TierRule, words: str) -> None:
    assert rule_words(rule, "EUR") == words


def test_amounts_have_the_decimals_of_their_currency() -> None:
    rule = TierRule("t", 1234567, 1234567, 1000)
    assert rule_words(rule, "JPY") == "1,234,567 JPY or more; who is in stays down to 1,000"
    assert rule_words(rule, "KWD") == "1,234.567 KWD or more; who is in stays down to 1.000"
    assert money(-5, "EUR") == "-0.05"
    assert (whole(1234567, "JPY"), whole(1234567, "KWD"), hundredths(1234567)) == ("1,234,567", "1,235", "12,345.67")


def test_what_was_never_tried_is_said_to_be_assumed() -> None:
    said = method_line(Valuing(method="past_spend", reason="20 days", low=0.5, high=2.0, tried=False))
    assert said.endswith("(20 days); not tried, so we assume that what comes is 0.50 to 2.00 of what was predicted")
