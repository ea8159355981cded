"""What `activator doctor` looks at in customer lists: whether they can be used, and whether Google would take members.

Uploads are tried with `validate_only`: Google checks access, terms, eligibility and form, and takes nobody.
"""

from collections.abc import Iterator
from typing import Any

from activator.model.checks import Finding, Severity
from activator.model.naming import marker_in
from connectors.google.audiences import Audiences
from connectors.google.enums import enum_name
from connectors.google.errors import TERMS
from connectors.google.uploads import Uploads
from connectors.google.version import MEMBERS_MIN

UNSAID_TERMS = (
    "nobody has said here that the Customer Match terms are accepted, and Google tells only when there is a list: "
    "if they are not accepted in Google Ads either, it refuses the first upload"
)


class ListChecks:
    """The lists of one account. markers: those of the project's own lists."""

    def __init__(self, audiences: Audiences, uploads: Uploads, markers: frozenset[str], *, terms: bool) -> None:
        """terms: whether the project says that the Customer Match terms are accepted."""
        self._audiences = audiences
        self._terms = terms
        self._uploads = uploads
        self._markers = markers
        self._found: list[Any] | None = None

    def lists(self) -> Iterator[Finding]:
        """Whether each list of ours can be used on Search. Raises DestinationError."""
        ours = self.ours()
        for found in ours:
            yield from _list_findings(found)
        if not any(_list_findings(found) for found in ours):
            yield Finding("customer lists", Severity.OK, f"{len(ours)} lists of ours, all usable")

    def uploads(self) -> Iterator[Finding]:
        """Whether Google would take members, or a first list. Raises DestinationError with what it objects to."""
        ours = self.ours()
        if ours:
            self._uploads.rehearse(str(ours[0].id))
            yield Finding("uploads", Severity.OK, "Google would take members: access, terms and form are right")
        else:
            self._audiences.rehearse_create()
            yield Finding("uploads", Severity.OK, "Google would let a first customer list be made")
            if not self._terms:
                yield Finding("terms", Severity.WARNING, UNSAID_TERMS, TERMS)

    def ours(self) -> list[Any]:
        """The project's lists, as raw protobuf. Raises DestinationError."""
        if self._found is None:
            self._found = self._audiences.all()
        return [found for found in self._found if marker_in(found.display_name) in self._markers]


def _list_findings(found: Any) -> list[Finding]:
    """What keeps one list from being used in a search campaign."""
    check, name = "customer lists", found.display_name
    if enum_name(found, "membership_status") == "CLOSED":
        return [Finding(check, Severity.ERROR, f"{name} is closed", "Open it under Audience manager in Google Ads.")]
    members = found.size_info.search_network_members_count
    if members < MEMBERS_MIN:
        message = f"{name} has {members} members Google can reach on Search; below {MEMBERS_MIN} it does not serve"
        return [Finding(check, Severity.WARNING, message, "Wait up to 48 hours after an upload, or merge small tiers.")]
    if found.target_network_info.HasField("eligible_for_search") and not found.target_network_info.eligible_for_search:
        return [
            Finding(check, Severity.ERROR, f"{name} may not be used on Search", "See its page in Audience manager.")
        ]
    return []
