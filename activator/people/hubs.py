"""Identifiers that are nobody's: a reception's phone, a shop's filler, info@, a marketplace's relay.

They join no rows and are sent for nobody. What makes one is evidence of different people behind it, counted in the
rows that carry it; docs/explanation/consolidation.md gives each rule's reason. Text (names, addresses) is read only
for rows whose identifier is carried often enough to be suspected, so that ordinary exports pay for one count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.model.sharing import HubCount, HubKind
from activator.people.engine import Engine, rows_in
from activator.people.identifiers.text import folded, strip_accents
from activator.people.rows import ADDRESS_KEYS, EMAIL_COLUMNS, EMAIL_KEYS, PHONE_KEYS, NumberedSource, filled, text_of

_CONTACTS_END = 1 << 58  # row ids of contacts are below it; see activator.people.rows
_KINDS = tuple(HubKind)

# Mailboxes of a function: RFC 2142 (1997), sections 3 to 5; Mailjet's "What are role accounts or role addresses" and
# AWeber's "Role Based Email Address" (both read 2026-11); and the same words in the languages of the shipped lexicons.
ROLES = frozenset(
    {
        # RFC 2142
        "info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet",
        "news", "webmaster", "www", "uucp", "ftp",
        # Mailjet, AWeber
        "admin", "all", "billing", "contact", "everyone", "jobs", "list", "media", "orders", "payments", "press",
        "privacy", "remove", "spam", "subscribe", "sysadmin", "tech", "unsubscribe",
        # the same functions under other common names
        "accounts", "accounting", "administration", "customerservice", "enquiries", "finance", "hello", "help",
        "helpdesk", "hr", "invoice", "invoices", "it", "mail", "office", "order", "purchasing", "reception",
        "reservations", "service", "shop", "store", "team",
        "anfrage", "bestellung", "bestellungen", "buchhaltung", "buero", "büro", "einkauf", "empfang", "kontakt",
        "kundenservice", "post", "praxis", "rechnung", "sekretariat", "verkauf", "vertrieb", "verwaltung", "zentrale",
    }
)  # fmt: skip
_PUNCTUATION = r"[\x00-/:-@\[-`{-\x7f’‘´]+"
# A sole trader's info@ is his own, and a name is spelt twice; from the third on it is a function's.
ROLE_PEOPLE_MAX = 2


def _list_has_any(_one: Any, _other: Any) -> Any:
    raise NotImplementedError  # the engine's own; Ibis asks in a lambda, which the engine compiles anew per query


_have_common = ibis.udf.scalar.builtin(
    _list_has_any, name="list_has_any", signature=(("array<string>", "array<string>"), "boolean")
)


@dataclass(frozen=True)
class Unshared:
    """Rows with the keys of hubs cleared, and `shared`: whether the row lost one.

    hubs: (key, kind), kind an index into HubKind; None where there are none.
    """

    rows: ir.Table
    hubs: ir.Table | None
    counts: tuple[HubCount, ...]


def without_hubs(
    engine: Engine, sources: Sequence[NumberedSource], rows: ir.Table, people_max: int, repeated: ir.Table
) -> Unshared:
    """Clear identifiers behind which there is evidence of too many people.

    people_max: the project's limit; repeated: `consolidate.repeated_keys` of rows.
    """
    columns = filled(rows, ADDRESS_KEYS)
    hubs = _found(engine, sources, rows, columns, people_max, repeated) if columns else None
    if hubs is None:
        return Unshared(rows.mutate(shared=ibis.literal(False)), None, ())
    carries = ibis.or_(*[rows[column].isin(hubs.key).fill_null(False) for column in columns])
    cleared = {
        column: ibis.cases((rows[column].isin(hubs.key), ibis.null("uuid")), else_=rows[column]) for column in columns
    }
    lost = engine.materialise("unshared", rows.filter(carries).mutate(**cleared, shared=ibis.literal(True)))
    others = rows.anti_join(lost, "row_id").mutate(shared=ibis.literal(False))
    return Unshared(engine.view(ibis.union(others, lost), lost), hubs, _counted(hubs, rows, columns))


def _found(
    engine: Engine,
    sources: Sequence[NumberedSource],
    rows: ir.Table,
    columns: Sequence[str],
    people_max: int,
    repeated: ir.Table,
) -> ir.Table | None:
    suspects = engine.materialise("suspects", _suspects(rows, columns, people_max, repeated))
    hubs = _hubs(engine, sources, rows, columns, suspects, people_max) if rows_in(suspects) else None
    engine.drop(suspects)
    if hubs is not None and not rows_in(hubs):
        engine.drop(hubs)
        return None
    return hubs


def _suspects(rows: ir.Table, columns: Sequence[str], people_max: int, repeated: ir.Table) -> ir.Table:
    """(key, is_phone) carried by enough rows with evidence to be a hub. Counts only: no text, no distinct values."""
    role_max = min(ROLE_PEOPLE_MAX, people_max)
    parts = []
    for column in columns:
        told = rows.semi_join(repeated, rows[column] == repeated.key)
        told = told.filter(_has_evidence(told, columns, column))
        is_contact = told.row_id < _CONTACTS_END
        parts.append(
            told.select(
                key=told[column],
                is_phone=ibis.literal(column in PHONE_KEYS),
                is_contact=is_contact,
                mail=ibis.cases((is_contact, ibis.coalesce(*[told[key] for key in EMAIL_KEYS]))),
            )
        )
    carried = ibis.union(*parts, distinct=False)
    grouped = carried.group_by("key", "is_phone").agg(
        rows=lambda t: t.count(), contacts=carried.is_contact.sum(), least=carried.mail.min(), most=carried.mail.max()
    )
    several = (grouped.is_phone & (grouped.least != grouped.most)) | (~grouped.is_phone & (grouped.contacts > role_max))
    return grouped.filter((grouped.rows > people_max) | several.fill_null(False)).select("key", "is_phone")


def _has_evidence(rows: ir.Table, columns: Sequence[str], column: str) -> ir.BooleanValue:
    """Whether the row says anything about whose identifier it is."""
    others = [rows[other].notnull() for other in columns if other != column]
    numbered = rows.id_key.notnull() & (rows.row_id < _CONTACTS_END)
    return ibis.or_(*others, numbered, rows.name_parts > 0, rows.has_birth_date)


def _hubs(
    engine: Engine,
    sources: Sequence[NumberedSource],
    rows: ir.Table,
    columns: Sequence[str],
    suspects: ir.Table,
    people_max: int,
) -> ir.Table:
    """(key, kind) of suspects with evidence of too many people; the first kind that fits, in the order of HubKind."""
    parts = []
    for column in columns:
        mine = rows.join(suspects, rows[column] == suspects.key)
        carried = mine.select("key", "is_phone", "row_id", "id_key", *ADDRESS_KEYS, slot=ibis.literal(column))
        parts.append(carried)
    carried = engine.materialise("carried", ibis.union(*parts, distinct=False))
    mails = [column for column in EMAIL_COLUMNS if f"{column}_key" in columns]
    words = engine.materialise("told", _told(sources, carried, mails))
    told = carried.left_join(words, "row_id").drop("row_id_right")
    told = engine.materialise("told", told.mutate(role=_role(told, mails)))
    many = engine.materialise("many", _many(told, columns, people_max))
    few = told.anti_join(many, "key")  # what is left has few names and addresses, so that pairs of them stay few
    hubs = engine.materialise("hubs", ibis.union(many, _strangers(few), distinct=False))
    for used in (carried, words, told, many):
        engine.drop(used)
    return hubs


def _told(sources: Sequence[NumberedSource], carried: ir.Table, mails: Sequence[str]) -> ir.Table:
    """(row_id, name, born, and whether each e-mail address is a role's) of the rows that matter; name is an array."""
    wanted = carried.select("row_id").distinct()
    parts = []
    for source in sources:
        here = source.valid.semi_join(wanted, "row_id")
        first, last = (_words(text_of(here, column)) for column in ("first_name", "last_name"))
        both = (first.length() > 0) & (last.length() > 0)
        parts.append(
            here.select(
                "row_id",
                name=ibis.cases((both, first.concat(last).sort())),
                born=text_of(here, "birth_date"),
                **{f"{column}_role": _is_role(text_of(here, column)) for column in mails},
            )
        )
    return ibis.union(*parts, distinct=False)


def _words(text: ir.StringValue) -> ir.ArrayValue:
    """The words of a name in any spelling: no accents, no case, no punctuation."""
    plain = strip_accents(folded(text)).re_replace(_PUNCTUATION, " ").strip()
    return plain.nullif("").split(" ")


def _is_role(text: ir.StringValue) -> ir.BooleanValue:
    """Whether an address is a role's, told by what stands before the @ or +; it is known to be an address."""
    return text.lower().strip().re_extract(r"^([^@+]*)", 1).isin(sorted(ROLES)).fill_null(False)


def _role(told: ir.Table, mails: Sequence[str]) -> ir.BooleanValue:
    """Whether the suspected address of this line is a role's."""
    roles = [(told.slot == f"{column}_key") & told[f"{column}_role"] for column in mails]
    return ibis.or_(ibis.literal(False), *roles).fill_null(False)


def _many(told: ir.Table, columns: Sequence[str], people_max: int) -> ir.Table:
    """(key, kind) with more different names, birth dates, customer ids or other addresses than people have.

    The greatest of the counts decides, not combinations of them: one person spelt four ways with three phones is not
    twelve people. Customer ids count in contacts only, since shops number guest orders one by one.
    """
    contact = told.row_id < _CONTACTS_END
    in_contacts = {"names": told.name, "births": told.born, "ids": told.id_key}
    in_all = {"names": told.name, "births": told.born}
    counts = {f"all_{name}": value.nunique() for name, value in in_all.items()}
    counts |= {f"contact_{name}": value.nunique(where=contact) for name, value in in_contacts.items()}
    others = {column: ibis.cases((told[column] != told.key, told[column])) for column in columns}
    counts |= {f"all_{column}": other.nunique() for column, other in others.items()}
    grouped = told.group_by("key", "is_phone").agg(role=told.role.any(), **counts)
    everywhere = ibis.greatest(*[grouped[name] for name in counts if name.startswith("all_")], grouped.contact_ids)
    known = ibis.greatest(*[grouped[f"contact_{name}"] for name in in_contacts])
    kind = ibis.cases(
        ((everywhere > people_max) & grouped.is_phone, _KINDS.index(HubKind.PHONE)),
        (everywhere > people_max, _KINDS.index(HubKind.EMAIL)),
        (grouped.role & (known > min(ROLE_PEOPLE_MAX, people_max)), _KINDS.index(HubKind.ROLE_EMAIL)),
    ).cast("int8")
    return grouped.select("key", kind=kind).filter(lambda t: t.kind.notnull())


def _strangers(told: ir.Table) -> ir.Table:
    """(key, kind) of phones of contacts with different e-mail addresses and not one word of their names in common.

    Contacts only: the name on an order is often that of whoever gets the parcel.
    """
    mail = ibis.coalesce(*[told[column] for column in EMAIL_KEYS])
    named = told.filter(told.is_phone & (told.row_id < _CONTACTS_END) & mail.notnull() & told.name.notnull())
    named = named.select("key", "name", mail=ibis.coalesce(*[named[column] for column in EMAIL_KEYS])).distinct()
    others = named.view()
    pairs = named.join(others, (named.key == others.key) & (named.mail < others.mail))
    pairs = pairs.select(key=named.key, common=_have_common(named.name, others.name))
    kind = ibis.literal(_KINDS.index(HubKind.STRANGERS_PHONE), "int8")
    return pairs.filter(~pairs.common).select("key", kind=kind).distinct()


def _counted(hubs: ir.Table, rows: ir.Table, columns: Sequence[str]) -> tuple[HubCount, ...]:
    touched = ibis.union(
        *[rows.join(hubs, rows[column] == hubs.key).select("row_id", "kind") for column in columns],
        distinct=True,
    )
    by_kind = touched.group_by("kind").agg(rows=lambda t: t.count()).to_pyarrow().to_pylist()
    carried = {row["kind"]: row["rows"] for row in by_kind}
    found = hubs.group_by("kind").agg(identifiers=lambda t: t.count()).order_by("kind").to_pyarrow().to_pylist()
    return tuple(HubCount(_KINDS[row["kind"]], row["identifiers"], carried[row["kind"]]) for row in found)
