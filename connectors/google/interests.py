"""In-Market segments named in the project: whether Google has them, and whether they are In-Market segments at all.

A segment of another taxonomy (an affinity, say) is taken by Google without a word, and aims at other people
(resources/types/user_interest.py, v26).
"""

from collections.abc import Collection

from connectors.google.enums import enum_name
from connectors.google.transport import GoogleTransport

LIST = "https://developers.google.com/google-ads/api/data/codes-formats#in-market-categories"
_INTERESTS = (
    "SELECT user_interest.user_interest_id, user_interest.name, user_interest.taxonomy_type FROM user_interest "
    "WHERE user_interest.user_interest_id IN ({})"
)


def wrong_interests(transport: GoogleTransport, ids: Collection[str]) -> dict[str, str]:
    """Id -> what is wrong with it, of those that are no In-Market segments. One operation. Raises DestinationError."""
    if not ids:
        return {}
    wanted = sorted({int(number) for number in ids})
    rows = transport.search(_INTERESTS.format(", ".join(map(str, wanted))))
    found = {row.user_interest.user_interest_id: row.user_interest for row in rows}
    wrong = {}
    for number in wanted:
        if number not in found:
            wrong[str(number)] = f"Google has no segment {number}"
        elif (kind := enum_name(found[number], "taxonomy_type")) != "IN_MARKET":
            what = f"is no In-Market segment but {kind.replace('_', ' ').lower()}"
            wrong[str(number)] = f"segment {number} (“{found[number].name}”) {what}"
    return wrong
