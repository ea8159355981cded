"""The columns a member carries to each platform, by identifier form."""

import ibis
import ibis.expr.types as ir

# Column -> type. Meta: schema keys of the customer file. Google: the user identifiers of one audience member.
FORM_COLUMNS: dict[str, dict[str, str]] = {
    "meta": dict.fromkeys(
        ("EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY", "GEN", "DOBY", "DOBM", "DOBD"), "string"
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
STRONG_COLUMNS: dict[str, tuple[str, ...]] = {"meta": ("EMAIL", "PHONE"), "google": ("emails", "phones")}


def member_key(form: str, members: ir.Table) -> ir.StringValue:
    """32 hex digits over all columns of the form: the same identifiers have the same key, on any run."""
    parts = [_text(members[name]) for name in FORM_COLUMNS[form]]
    return ibis.literal("\n").join(parts).hexdigest("sha256").left(32)


def _text(column: ir.Value) -> ir.StringValue:
    return column.join(",") if column.type().is_array() else column
