"""Keys of digests made in Meta's form: a suppression list that comes hashed may be in either platform's.

All other keys are made of Google's form. The two differ for a Gmail address with dots or a suffix, and for every phone,
which Meta takes without the plus sign. Other spellings (a phone as it was typed) cannot be told from their digests.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.identifiers import normalised
from activator.people.identifiers.email import address, google_form, meta_form
from activator.people.identity_keys import identity_key
from activator.people.rows import EMAIL_COLUMNS, PHONE_COLUMNS, NumberedSource, text_of

_DIGEST_LENGTH = 64


def may_hold_digests(sources: Sequence[NumberedSource]) -> bool:
    """Whether a cell of an e-mail or phone column is long enough to be a digest."""
    for source in sources:
        rows = source.each
        columns = [column for column in (*EMAIL_COLUMNS, *PHONE_COLUMNS) if source.has(column)]
        long = [text_of(rows, column).length() >= _DIGEST_LENGTH for column in columns]
        if long and ibis.or_(*long).any().to_pyarrow().as_py():
            return True
    return False


def keys_in_metas_form(
    engine: Engine, sources: Sequence[NumberedSource], keyed: ir.Table, phones: ir.Table
) -> ir.Table:
    """(row_id, key) of every address and phone whose digest is another one in Meta's form.

    keyed: `rows.keyed_rows` of sources; phones: `rows.phone_book`, whose recalled numbers are parsed again here.
    """
    parts = [_addresses(engine, source, column) for source in sources for column in EMAIL_COLUMNS if source.has(column)]
    parsed = normalised("google", "phone", phones.phone, phones.country)
    digits = ibis.coalesce(phones.e164, parsed).replace("+", "")
    book = phones.select("phone_key", other=identity_key(digits)).distinct()
    book = engine.materialise("digits", book)
    for column in PHONE_COLUMNS:
        if any(source.has(column) for source in sources):
            rows = keyed.select("row_id", phone_key=keyed[f"{column}_key"])
            parts.append(rows.join(book, "phone_key").select("row_id", key="other"))
    nothing = keyed.select("row_id", key=ibis.null("uuid")).limit(0)
    keys = engine.materialise("other_keys", ibis.union(nothing, *parts, distinct=False))
    engine.drop(book)
    return keys


def _addresses(engine: Engine, source: NumberedSource, column: str) -> ir.Table:
    valid = source.valid
    plain = engine.staged(valid.select("row_id", plain=address(text_of(valid, column))))
    written = engine.staged(plain.select("row_id", typed=meta_form(plain.plain), inbox=google_form(plain.plain)))
    return written.filter(written.typed != written.inbox).select("row_id", key=identity_key(written.typed))
