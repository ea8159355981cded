"""A/B studies of a business: people are divided at random, and each cell's campaigns, ad sets or ads see their own."""

from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import AD, ADSET, BUSINESS, CAMPAIGN, STUDY, Context, Routes
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.listing import page
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.shapes import refuse_unknown_keys, sequence_in, whole_in
from connectors.sandbox.state import Document

_CELL_OBJECTS = {"campaigns": CAMPAIGN, "adsets": ADSET, "ads": AD}


def create(context: Context, business: Document, parameters: Parameters) -> Document:
    """POST /{business}/ad_studies."""
    name = parameters.required("name")
    kind = parameters.one_of("type", rules.STUDY_TYPES)
    start, end = parameters.integer("start_time"), parameters.integer("end_time")
    if start is None or end is None or start >= end:
        raise invalid("end_time", "A study needs a start_time before its end_time")
    cells = parameters.sequence("cells") or []
    if not 2 <= len(cells) <= rules.STUDY_CELLS_MAX:
        raise invalid("cells", f"A study has 2 to {rules.STUDY_CELLS_MAX} cells")
    if sum(_share(context, cell) for cell in cells) != 100:
        raise invalid("cells", "The treatment percentages of the cells must total 100")
    objects = [str(one) for cell in cells for edge in _CELL_OBJECTS for one in cell.get(edge) or ()]
    if len(set(objects)) != len(objects):
        raise invalid("cells", "An object can be in one cell only")
    document = {
        "id": context.state.new_id(),
        "business": {"id": business["id"]},
        "name": name,
        "type": kind,
        "start_time": start,
        "end_time": end,
        "cells": cells,
        "created_time": context.timestamp(),
    }
    context.put(STUDY, document)
    return {"id": document["id"]}


def listed(context: Context, business: Document, parameters: Parameters) -> Document:
    """GET /{business}/ad_studies."""
    rows = [row for row in context.list(STUDY) if row["business"]["id"] == business["id"]]
    return page(rows, parameters)


def _share(context: Context, cell: Any) -> int:
    if not isinstance(cell, dict) or not cell.get("name"):
        raise invalid("cells", "Each cell needs a name")
    refuse_unknown_keys(cell, ("name", "treatment_percentage", *_CELL_OBJECTS), "cells")
    chosen = [(kind, one) for edge, kind in _CELL_OBJECTS.items() for one in sequence_in(cell, edge, "cells")]
    if not 1 <= len(chosen) <= rules.STUDY_OBJECTS_MAX:
        raise invalid("cells", f"A cell has 1 to {rules.STUDY_OBJECTS_MAX} objects")
    if any(context.get(kind, str(one)) is None for kind, one in chosen):
        raise invalid("cells", "An object of a cell does not exist")
    return whole_in(cell, "treatment_percentage", "cells")


ROUTES: Routes = {
    (BUSINESS, "ad_studies", "POST"): create,
    (BUSINESS, "ad_studies", "GET"): listed,
}
