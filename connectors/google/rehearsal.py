"""Asking Google about everything a plan would make before any of it is made: texts, names, bids, declarations.

One mutate with `validate_only` and `partial_failure`: nothing is changed, and each thing that would be refused is named
(services/types/google_ads_service.py, v26). What refers to something that is still to be made refers to it by a
temporary id. Lists that do not exist yet are left out; Google would not know them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from activator.model.ads import AdSpec, CampaignSpec, GroupSpec, ObjectSpec
from activator.model.plan import Change, CreateObject, UpdateObject
from connectors.google.errors import words_of_refusal
from connectors.google.operations import Operation, ad_operation, campaign_operations, group_operations
from connectors.google.options import GoogleOptions
from connectors.google.transport import GoogleTransport

_PARENT_FAILED = "NewResourceCreationError.TEMP_ID_RESOURCE_HAD_ERRORS"


class Rehearsal:
    """What of one account's plan Google would refuse."""

    def __init__(self, transport: GoogleTransport, options: GoogleOptions) -> None:
        self._transport = transport
        self._options = options

    def refusals(self, changes: Sequence[Change], ids: Mapping[str, str]) -> dict[str, str]:
        """Spec key -> why Google would refuse it, made or changed. ids: of what is there. Raises DestinationError."""
        specs = [change.spec for change in changes if isinstance(change, CreateObject) or _new_texts(change)]
        planned = list(self._operations(specs, ids))
        if not planned:
            return {}
        refused = self._transport.rehearse([operation for _, operation in planned])
        return {
            planned[place][0]: words_of_refusal(found)
            for place, found in sorted(refused.items(), reverse=True)  # of several of one thing, the first counts
            if found.codes != (_PARENT_FAILED,)
        }

    def _operations(self, specs: Sequence[ObjectSpec], ids: Mapping[str, str]) -> Iterator[tuple[str, Operation]]:
        """Each operation with the key of the spec it is for, parents first."""
        names = {key: self._name(_COLLECTIONS[kind], number) for key, number, kind in _known(ids)}
        for place, spec in enumerate(specs, start=1):
            match spec:
                case CampaignSpec():
                    names[spec.key] = self._name("campaigns", f"-{place}")
                    budget = self._name("campaignBudgets", f"-{place + len(specs)}")
                    for operation in campaign_operations(names[spec.key], budget, spec, self._options):
                        yield spec.key, operation
                case GroupSpec() if spec.campaign_key in names:
                    names[spec.key] = self._name("adGroups", f"-{place}")
                    there = _with_known_lists(spec, ids)
                    campaign, customer = names[spec.campaign_key], self._transport.customer_id
                    for operation in group_operations(customer, names[spec.key], campaign, there, ids, self._options):
                        yield spec.key, operation
                case AdSpec() if spec.group_key in names:
                    group = names[spec.group_key]
                    ad = self._name("adGroupAds", f"{group.rpartition('/')[2]}~-{place}")
                    yield spec.key, ad_operation(ad, group, spec, self._options)
                case _:
                    pass  # a list, or below something that is not ours to make

    def _name(self, collection: str, number: str) -> str:
        return f"customers/{self._transport.customer_id}/{collection}/{number}"


_COLLECTIONS = {"campaign": "campaigns", "group": "adGroups"}


def _known(ids: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(key, id, kind) of the campaign and groups that are there."""
    for key, number in ids.items():
        kind = key.partition("/")[0]
        if kind in _COLLECTIONS:
            yield key, number, kind


def _new_texts(change: Change) -> TypeGuard[UpdateObject]:
    """An ad whose texts change: they are tried as those of a new ad in the same group."""
    return isinstance(change, UpdateObject) and isinstance(change.spec, AdSpec)


def _with_known_lists(spec: GroupSpec, ids: Mapping[str, str]) -> GroupSpec:
    known = tuple(key for key in spec.excluded_audience_keys if key in ids)
    return replace(
        spec, audience_key=spec.audience_key if spec.audience_key in ids else "", excluded_audience_keys=known
    )
