"""The columns a member carries to each platform, by identifier form."""

import ibis
import ibis.expr.types as ir

# Column -> type. Meta: schema keys of the customer file. Google: the user identifiers of one audience member.
FORM_COLUMNS: dict[str, dict[str, str]] = {
    "meta": dict.fromkeys(
        (
            *("EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY", "GEN", "DOBY", "DOBM", "DOBD"),
            *("EXTERN_ID", "MADID"),
        ),
        "string",
    ),
    "google": {
        "emails": "array<string>",
        "phones": "array<string>",
        "given_name": "string",
        "family_name": "string",
        "region_code": "string",
        "postal_code": "string",
    },
}
# The columns that alone can match a person; a name or a postal code cannot.
STRONG_COLUMNS: dict[str, tuple[str, ...]] = {
    "meta": ("EMAIL", "PHONE", "EXTERN_ID", "MADID"),
    "google": ("emails", "phones"),
}
# Columns that came later. They count only where they are filled, so that a new one changes nobody's key who lacks it.
_LATER_COLUMNS = ("EXTERN_ID", "MADID")


def member_key(form: str, values: ir.Table) -> ir.StringValue:
    """32 hex digits over all columns of the form, before hashing: the same values have the same key, on any run.

    Digests are made for what is sent; for whether it has changed they would say no more and cost most of a first run.
    """
    names = FORM_COLUMNS[form]
    text = ibis.literal("\n").join([_text(values[name]) for name in names if name not in _LATER_COLUMNS])
    for name in names:
        if name in _LATER_COLUMNS:
            text = text + ibis.coalesce(f"\n{name}=" + values[name], ibis.literal(""))
    return text.hexdigest("sha256").left(32)


def _text(column: ir.Value) -> ir.StringValue:
    return ibis.coalesce(column.join(",") if column.type().is_array() else column, ibis.literal(""))
