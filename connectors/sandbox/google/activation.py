"""What a marketer does in Google Ads outside the API: switching everything on."""

from datetime import datetime

from connectors.sandbox.google.account import DELIVERING, PLATFORM
from connectors.sandbox.state import PlatformState


def activate(state: PlatformState, since: datetime) -> int:
    """Enable every campaign, ad group and ad, as if it had been done at `since`. Returns how many there are.

    since: midnight in the account's time zone. Days whose figures have been read keep them.
    """
    count = 0
    with state.transaction():
        for kind in sorted(DELIVERING):
            for document in state.list(PLATFORM, kind):
                if document["resource"]["status"] == "REMOVED":
                    continue
                before = [period for period in document["enabled_days"] if period[0] < since.date().isoformat()]
                if not before or before[-1][1] is not None:
                    before.append([since.date().isoformat(), None])
                document["resource"]["status"] = "ENABLED"
                document["enabled_days"] = before
                state.put(PLATFORM, kind, document["id"], document)
                count += kind != "conversion_value_rule_set"
    return count
