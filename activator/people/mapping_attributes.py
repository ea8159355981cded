"""The value of an attribute from the text of its cell; NULL where it cannot be read."""

import ibis
import ibis.expr.types as ir

from activator.config.attributes import Attribute, AttributeType
from activator.config.verbs import NO_WORDS, YES_WORDS, Moment
from activator.people import mapping_cells as cells


def attribute_value(text: ir.StringValue, attribute: Attribute) -> ir.Value:
    """Text, a 64-bit float, a date or a flag. Numbers keep five decimals: of a latitude, that is one metre."""
    if attribute.type is AttributeType.NUMBER:
        return cells.number(text, attribute.decimal).cast("float64")
    if attribute.type is AttributeType.DATE:
        return cells.day(text, Moment(from_="attribute", format=attribute.format))
    if attribute.type is AttributeType.FLAG:
        words = dict.fromkeys(YES_WORDS, "yes") | dict.fromkeys(NO_WORDS, "no")
        given = {said.strip().lower(): meant for said, meant in attribute.values.items()}
        answer = cells.translated(text, words | given, ibis.null("string"))
        return ibis.cases((answer == "yes", True), (answer == "no", False), else_=ibis.null("boolean"))
    return cells.translated(text, attribute.values, text) if attribute.values else text


def attribute_fault(attribute: Attribute) -> str:
    """What is wrong with a cell that could not be read; empty where any text will do."""
    faults = {
        AttributeType.NUMBER: "not a number",
        AttributeType.DATE: "not a date",
        AttributeType.FLAG: "not yes or no",
    }
    return faults.get(attribute.type, "")
