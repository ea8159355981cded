"""Whether a tier has one dominant motivation, two, none, or too few answers to say. Pure arithmetic.

The rule and its error rates are simulated (docs/explanation/motivation.md): with one true driver of 50 % it is
declared right at 100 answers in 93 of 100 cases, a wrong motive in at most 0.5 of 100, and a flat spread in none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

from activator.model.plan import TierMotivation

Z_90 = 1.645  # two-sided 90 % interval
SHARE_LOW_ONE = 0.25  # the leading motive's lower bound
SHARE_LOW_TWO = 0.45  # the lower bound of the two leading motives together
P_MAX = 0.05
MINIMUM_ANSWERS = 30
ANSWERS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Dominance:
    """outcome: one | two | none | too_few. share and share_low are of the motives named, or of the leading one."""

    outcome: str
    motivations: tuple[str, ...]
    answers: int
    share: float
    share_low: float


def dominance(counts: Mapping[str, int], minimum_answers: int = MINIMUM_ANSWERS) -> Dominance:
    """Judge one tier. counts: customers by motive, one vote each, customers without a motive left out.

    One: the leading share's Wilson 90 % lower bound is at least 0.25 and it beats the second (one-sided sign test).
    Two: the bound of both leading shares together is at least 0.45 and the second beats the third.
    """
    ranked = sorted(((n, motive) for motive, n in counts.items() if n > 0), key=lambda item: (-item[0], item[1]))
    answers = sum(n for n, _ in ranked)
    (first, motive), (second, next_motive), (third, _) = (*ranked, (0, ""), (0, ""), (0, ""))[:3]
    share, low = _share(first, answers)
    if answers < minimum_answers:
        return Dominance("too_few", (), answers, share, low)
    if low >= SHARE_LOW_ONE and sign_test(first, second) <= P_MAX:
        return Dominance("one", (motive,), answers, share, low)
    share_two, low_two = _share(first + second, answers)
    if low_two >= SHARE_LOW_TWO and sign_test(second, third) <= P_MAX:
        return Dominance("two", (motive, next_motive), answers, share_two, low_two)
    return Dominance("none", (), answers, share, low)


def motivation_of(tier: str, judged: Dominance) -> TierMotivation:
    """A judgement as what is known about why a tier buys, without its evidence."""
    return TierMotivation(
        tier=tier,
        outcome=judged.outcome,
        motivations=judged.motivations,
        answers=judged.answers,
        share=judged.share,
        share_low=judged.share_low,
    )


def answers_wanted(counts: Mapping[str, int], minimum_answers: int = MINIMUM_ANSWERS) -> int:
    """How many more answers would probably name a motivation: as many as do if shares stay what they are.

    0 where one is named already, or where even ANSWERS_MAX answers with these shares would name none.
    """
    answers = sum(counts.values())
    if dominance(counts, minimum_answers).outcome in ("one", "two"):
        return 0
    if answers < minimum_answers:
        return minimum_answers - answers
    for wanted in range(answers + 10 - answers % 10, ANSWERS_MAX + 1, 10):
        grown = {motive: n * wanted // answers for motive, n in counts.items()}
        if dominance(grown, minimum_answers).outcome in ("one", "two"):
            return wanted - answers
    return 0


def wilson(successes: int, trials: int, z: float = Z_90) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson 1927); (0, 1) when there are no trials."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return (centre - spread) / scale, (centre + spread) / scale


def sign_test(more: int, less: int) -> float:
    """The chance of at least `more` heads in more + less throws of a fair coin: one-sided, exact."""
    throws = more + less
    logs = (lgamma(throws + 1) - lgamma(k + 1) - lgamma(throws - k + 1) for k in range(more, throws + 1))
    return min(1.0, sum(exp(each - throws * log(2)) for each in logs))


def _share(part: int, answers: int) -> tuple[float, float]:
    return (round(part / answers, 4) if answers else 0.0), round(wilson(part, answers)[0], 4)
