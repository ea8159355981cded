"""People kept out of every audience, so that what advertising adds can be told from what would have happened anyway.

Chance decides once for each person: a digest of the project, the holdout's name and the person's key is a number from 0
to 2^32, and those below the share are held out. So a person is held out again tomorrow, and a larger share keeps
everyone a smaller one kept.
"""

from dataclasses import dataclass
from decimal import Decimal

import ibis
import ibis.expr.types as ir

_DIGITS = 8
_RANGE = 16**_DIGITS


@dataclass(frozen=True, slots=True)
class Holdout:
    """share: of people, above 0 and below 1; name and project_id: another name draws other people."""

    name: str
    share: Decimal
    project_id: str


def held_out(holdout: Holdout | None, person_key: ir.StringValue) -> ir.BooleanValue:
    """Whether a person is held out. Equally long hexadecimal numbers order as text does."""
    if holdout is None:
        return ibis.literal(False)
    drawn = (ibis.literal(f"{holdout.project_id}\x1f{holdout.name}\x1f") + person_key).hexdigest("sha256").left(_DIGITS)
    return drawn < format(int(holdout.share * _RANGE), f"0{_DIGITS}x")
