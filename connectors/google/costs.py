"""What a plan's changes spend of Google's daily operations, counted before anything is sent.

A search is one operation however many rows it gives, each object a request creates, changes or removes is one
(developers.google.com/google-ads/api/docs/api-policy/rate-sheet, read 2026-11-22). Lists and members go through the
Data Manager API, whose requests are counted apart.
"""

from collections.abc import Sequence

from activator.model.ads import AdSpec, AudienceSpec, CampaignSpec, GroupField, GroupSpec, ObjectSpec
from activator.model.plan import (
    Change,
    ChangeMembers,
    CreateObject,
    PauseObject,
    ReplaceMembers,
    StartTest,
    UpdateObject,
)
from connectors.google.options import GoogleOptions
from connectors.google.version import OBSERVING_OPERATIONS

_GOAL = 5  # link and goal looked up, where conversions are counted, goal made, link made
_JOB = 4  # made, filled, started, and looked at in the next run


def words_of_cost(changes: Sequence[Change], options: GoogleOptions, allowed: int, left: int) -> str | None:
    """How much of the day's operations carrying out changes takes, in a sentence; None where there is nothing to do.

    allowed: a day, 0 for any number; left: of them, now.
    """
    if not changes:
        return None
    looking = OBSERVING_OPERATIONS + bool(options.customer_types) + bool(options.lookalikes)
    needed = looking + sum(operations_of(change, options) for change in changes)
    uploads = sum(len(change.batches) for change in changes if isinstance(change, ChangeMembers | ReplaceMembers))
    words = f"applying this takes about {needed:,} operations of the Google Ads API"
    words += f", and {uploads:,} upload{'s' * (uploads > 1)} of members" if uploads else ""
    words += f"; {left:,} of {allowed:,} a day are left" if allowed else ""
    if allowed and needed > left:
        days = -(-(needed - left) // allowed)
        words += f", so it stops when these are used up and goes on when applied again, on {days} more day"
        words += "s" * (days > 1)
    return words


def operations_of(change: Change, options: GoogleOptions) -> int:
    """Operations of one change, at most."""
    match change:
        case CreateObject():
            return _created(change.spec, options)
        case UpdateObject():
            if isinstance(change.spec, AudienceSpec):
                named = {"customer_types", "lookalike"}
                return sum(_different(*change.differences[field]) for field in change.differences.keys() & named)
            searches = {CampaignSpec: 2, GroupSpec: 4, AdSpec: 1}[type(change.spec)]
            searches += (_GOAL - 1) * ("new_customer_value_minor" in change.differences)
            return searches + sum(_different(*pair) for pair in change.differences.values())
        case PauseObject():
            return {"audience": 0, "ad": 2}.get(change.remote.kind, 1)
        case ChangeMembers() | ReplaceMembers():  # whole lists go through the Data Manager API only
            is_job = options.uploads == "offline_jobs" and isinstance(change, ChangeMembers)
            return _JOB * len(change.batches) if is_job else 0
        case StartTest():  # looked up, made, its two arms, looked at, copied lists levelled, started
            return 7


def _created(spec: ObjectSpec, options: GoogleOptions) -> int:
    match spec:
        case AudienceSpec():
            return len(options.customer_types.get(spec.tier, ()))
        case CampaignSpec():  # look for the label, make it, attach it; budget, campaign, places, languages
            goal = 0 if spec.new_customer_value_minor is None else _GOAL
            return 5 + len(options.countries) + len(options.language_ids()) + goal
        case GroupSpec():  # group, list, label; a rule of value is looked up, made and put in a set
            rule = 0 if spec.bid.value_bp is None else 4
            lists = bool(spec.audience_key) + len(set(spec.in_market)) + len(set(spec.excluded_audience_keys))
            return 2 + rule + lists + len(options.keywords)
        case AdSpec():
            return 2


def _different(now: GroupField, wanted: GroupField) -> int:
    """Single values are one operation; of lists of things, each that comes or goes."""
    if isinstance(now, tuple) and isinstance(wanted, tuple):
        return max(len(set(now) ^ set(wanted)), 1)
    return 1
