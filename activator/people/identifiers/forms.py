"""The columns a member carries to each platform, by identifier form."""

import ibis
import ibis.expr.types as ir

# Meta: schema keys of the customer file. Google: the user identifiers of one audience member.
FORM_COLUMNS: dict[str, tuple[str, ...]] = {
    "meta": ("EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY", "GEN", "DOBY", "DOBM", "DOBD"),
    "google": ("emails", "phones", "given_name", "family_name", "region_code", "postal_code"),
}
LIST_COLUMNS = frozenset({"emails", "phones"})


def member_key(form: str, members: ir.Table) -> ir.StringValue:
    """32 hex digits over all columns of the form: the same identifiers have the same key, on any run."""
    parts = [members[name].join(",") if name in LIST_COLUMNS else members[name] for name in FORM_COLUMNS[form]]
    return ibis.literal("\n").join(parts).hexdigest("sha256").left(32)
