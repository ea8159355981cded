"""A/B studies: Meta divides people at random, and each cell's campaigns or ad sets see only their own.

DOC/marketing-api/guides/split-testing, checked 2026-11-22. Studies belong to the business, so the token needs
business_management, and the account a business.
"""

from typing import Any

from activator.errors import ConfigurationError, PermanentRefusalError
from activator.model.naming import marked_name, marker
from activator.model.split_test import SplitCell, SplitTest
from connectors.meta.transport import GraphApi
from connectors.meta.version import STUDY_CELLS_MAX, STUDY_OBJECTS_MAX

TYPE = "SPLIT_TEST"


def start_study(api: GraphApi, account: str, project_id: str, destination: str, test: SplitTest) -> str:
    """Start a study unless one of the same key is there; returns its id.

    Raises:
        ConfigurationError: cells Meta cannot test.
        PermanentRefusalError: the account has no business, or two studies carry the same marker.
        OutcomeUnknownError: it may or may not have been started; asking again looks first.
    """
    check_cells(test)
    business = api.get((account,), fields="business").get("business")
    if not isinstance(business, dict) or not business.get("id"):
        fix = "Claim the account for your business in Business Settings, and give the token business_management."
        raise PermanentRefusalError("the ad account belongs to no business, and studies do", fix)
    edge = (str(business["id"]), "ad_studies")
    mark = marker(project_id, destination, f"study/{test.key}")
    there = [str(row["id"]) for row in api.rows(edge, ("id", "name")) if mark in str(row.get("name"))]
    if len(there) > 1:
        raise PermanentRefusalError(
            f"{len(there)} studies carry the marker of test {test.key} (ids {', '.join(sorted(there))})",
            "End the wrong one at Meta, and take the marker out of its name.",
        )
    return there[0] if there else api.create(edge, _params(test, project_id, destination))


def check_cells(test: SplitTest) -> None:
    """Refuse what Meta would refuse. Raises ConfigurationError."""
    shares = sum(cell.share_percent for cell in test.cells)
    objects = [object_id for cell in test.cells for object_id in (*cell.campaign_ids, *cell.group_ids)]
    faults = {
        f"a test has 2 to {STUDY_CELLS_MAX} cells": not 2 <= len(test.cells) <= STUDY_CELLS_MAX,
        f"the shares of a test total 100 %, not {shares} %": shares != 100,
        "every cell needs a share of people": any(cell.share_percent < 1 for cell in test.cells),
        f"a cell has 1 to {STUDY_OBJECTS_MAX} campaigns or ad sets": any(
            not 1 <= len(cell.campaign_ids) + len(cell.group_ids) <= STUDY_OBJECTS_MAX for cell in test.cells
        ),
        "a campaign or ad set is in one cell only": len(set(objects)) != len(objects),
        "a test ends after it starts": test.ends_at <= test.starts_at,
    }
    for fault, is_so in faults.items():
        if is_so:
            raise ConfigurationError(f"test {test.key}: {fault}", "Correct its cells.")


def _params(test: SplitTest, project_id: str, destination: str) -> dict[str, Any]:
    return {
        "name": marked_name(test.name, project_id, destination, f"study/{test.key}"),
        "type": TYPE,
        "start_time": int(test.starts_at.timestamp()),
        "end_time": int(test.ends_at.timestamp()),
        "cells": [_cell(cell) for cell in test.cells],
    }


def _cell(cell: SplitCell) -> dict[str, Any]:
    objects = {"campaigns": list(cell.campaign_ids), "adsets": list(cell.group_ids)}
    chosen = {edge: ids for edge, ids in objects.items() if ids}
    return {"name": cell.name, "treatment_percentage": cell.share_percent, **chosen}
