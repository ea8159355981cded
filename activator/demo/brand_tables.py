"""The sample brand's exports as tables of text, with the very columns and spellings of the tools they imitate."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from activator.demo.brand_names import COUNTRIES, FIRST_NAMES, LAST_NAMES
from activator.demo.brand_orders import PRODUCTS, STATUSES, UNTIL, VOIDED, Instants, Orders
from activator.demo.brand_people import (
    Flags,
    Indices,
    People,
    chosen,
    country_text,
    email,
    joined,
    phone,
    place_text,
)

# HubSpot, contact export with these properties; the two consents are properties the brand has added.
HUBSPOT = (
    "Record ID", "First Name", "Last Name", "Email", "Additional email addresses", "Phone Number",
    "Mobile Phone Number", "City", "State/Region", "Postal Code", "Country/Region", "Create Date", "Lifecycle Stage",
    "Marketing contact status", "Legal basis for processing contact's data", "Ad consent", "Ad personalization consent",
)  # fmt: skip

# https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders, read 2026-11-24
SHOPIFY = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing",
    "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price", "Lineitem sku",
    "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status", "Billing Name", "Billing Street",
    "Billing Address1", "Billing Address2", "Billing Company", "Billing City", "Billing Zip", "Billing Province",
    "Billing Country", "Billing Phone", "Shipping Name", "Shipping Street", "Shipping Address1", "Shipping Address2",
    "Shipping Company", "Shipping City", "Shipping Zip", "Shipping Province", "Shipping Country", "Shipping Phone",
    "Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor",
    "Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags", "Risk Level", "Source",
    "Lineitem discount", "Tax 1 Name", "Tax 1 Value", "Phone", "Receipt Number",
)  # fmt: skip
NPS = ("Response ID", "Responded at", "Email", "Phone", "Score", "Comment", "Language")

SHOP_ZONE = ZoneInfo("Europe/Berlin")
PLACEHOLDERS = ("n/a", "-", "unknown", "none", "NULL")
BAD_PHONES = ("000000", "12345", "+49", "TBD", "call office")
NOTES = ("Please leave at the door", 'Gift for "Oma", no invoice', "Ring twice,\nsecond floor")
GRANTED, DENIED, UNASKED, NOT_PERSONAL = range(4)


@dataclass(frozen=True, slots=True)
class Records:
    """Contacts of the CRM. twin: 0 the contact itself, 1 to 3 a duplicate of it under another spelling."""

    person: Indices
    twin: Indices
    consent: Indices
    chance: Indices  # 0 to 999: which of the things that go wrong went wrong
    style: Indices


def contacts_table(persons: People, records: Records) -> pa.Table:
    """One row per contact."""
    who, chance = records.person, records.chance
    city, state, postal_code = place_text(persons, who)
    consent = chosen(["Granted", "Denied", "", "Granted"], records.consent)
    basis = chosen(["Freely given consent from contact", "Legitimate interest – existing customer", ""], chance % 3)
    created = UNTIL - (3600 * (1 + (who * 7919) % 17_000)).astype("timedelta64[s]")
    number, mobile = _contact_phones(persons, records)
    columns = {
        "Record ID": pa.array(51_000_000_000 + who * 4 + records.twin).cast(pa.string()),
        "First Name": _contact_first_name(persons, records),
        "Last Name": chosen(LAST_NAMES, persons.last[who]),
        "Email": _contact_email(persons, records),
        "Additional email addresses": _where(chance % 50 == 7, joined(_old_address(persons, who), ";")),
        "Phone Number": number,
        "Mobile Phone Number": mobile,
        "City": city,
        "State/Region": state,
        "Postal Code": postal_code,
        "Country/Region": country_text(persons, who, np.where(chance % 10 < 6, 0, chance % 10 - 5)),
        "Create Date": _minutes(created),
        "Lifecycle Stage": _stage(persons, who),
        "Marketing contact status": chosen(["Marketing contact", "Non-marketing contact"], (chance % 9 == 0) * 1),
        "Legal basis for processing contact's data": basis,
        "Ad consent": consent,
        "Ad personalization consent": chosen(["Granted", "Denied", "", "Denied"], records.consent),
    }
    return pa.table({title: columns[title] for title in HUBSPOT})


def _where(flags: Flags, text: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(flags), text, pa.scalar(None, pa.string()))


def _minutes(instants: Instants) -> pa.Array:
    return pc.replace_substring(pa.array(np.datetime_as_string(instants, unit="m")), "T", " ")


def _stage(persons: People, who: Indices) -> pa.Array:
    return chosen(["lead", "customer"], persons.buys[who] * 1)


def _contact_first_name(persons: People, records: Records) -> pa.Array:
    """Duplicates shout, or have only an initial."""
    name = chosen(FIRST_NAMES, persons.first[records.person])
    initial = joined(pc.utf8_slice_codeunits(name, 0, 1), ".")
    return pc.choose(pa.array(records.twin), name, pc.utf8_upper(name), name, initial)


def _old_address(persons: People, who: Indices) -> pa.Array:
    return email(persons, who, sub="old")


def _contact_email(persons: People, records: Records) -> pa.Array:
    """As typed: twin 1 in other case, twin 2 in another form gmail takes for the same, twin 3 another address."""
    who, chance = records.person, records.chance
    right = email(persons, who)
    gmail = pc.replace_substring(right, "nordlicht.sample.", "Nordlicht.Sam.ple.")
    typed = pc.choose(pa.array(records.twin), right, pc.utf8_upper(right), gmail, _old_address(persons, who))
    wrong = pc.choose(
        pa.array(chance % 4),
        pc.replace_substring(right, "@", ""),
        pc.replace_substring(right, "@", "@@"),
        pc.replace_substring(right, "@", " @ "),
        chosen(PLACEHOLDERS, chance % len(PLACEHOLDERS)),
    )
    kind = np.select([chance < 35, chance < 75, chance < 95], [1, 2, 3], 0) * (records.twin == 0)
    return pc.choose(pa.array(kind), typed, pa.nulls(len(who), pa.string()), wrong, joined("  ", right, " "))


def _contact_phones(persons: People, records: Records) -> tuple[pa.Array, pa.Array]:
    """The number stands in one of two columns, or nowhere, or something else does. Twin 3 is found by it alone."""
    chance, right = records.chance, phone(persons, records.person, records.style)
    kind = np.select([chance % 100 < 18, chance % 100 < 23], [0, 1], 2)
    kind = np.where(records.twin == 3, 2, np.where(records.twin > 0, 0, kind))
    nothing = pa.nulls(len(chance), pa.string())
    text = pc.choose(pa.array(kind), nothing, chosen(BAD_PHONES, chance % len(BAD_PHONES)), right)
    mobile = records.person % 2 == 0
    return _where(~mobile, text), _where(mobile, text)


def orders_table(persons: People, orders: Orders, first: int, last: int) -> pa.Table:
    """Orders first to last, one row per line; only the first line of an order carries what belongs to the order."""
    start, stop = np.searchsorted(orders.line_order, [first, last])
    order = orders.line_order[start:stop]
    who = orders.person[order]
    leads = np.ones(len(order), np.bool_)
    leads[1:] = order[1:] != order[:-1]
    product = orders.line_product[start:stop]
    columns: dict[str, pa.Array] = {
        "Name": joined("#", pa.array(1001 + order).cast(pa.string())),
        "Email": _order_email(persons, who, orders.spelling[order]),
        "Created at": shop_time(orders.placed[order]),
        "Lineitem quantity": pa.array(orders.line_quantity[start:stop]).cast(pa.string()),
        "Lineitem name": chosen([name for name, _ in PRODUCTS], product),
        "Lineitem price": _money(np.array([price for _, price in PRODUCTS])[product]),
        "Lineitem sku": joined("NL-", pa.array(100 + product).cast(pa.string())),
        "Lineitem requires shipping": chosen(["true"], product * 0),
        "Lineitem taxable": chosen(["true"], product * 0),
        "Vendor": chosen(["Nordlicht Outdoor"], product * 0),
    }
    whole = _order_columns(orders, order) | _address_columns(persons, who, orders.spelling[order])
    columns |= {title: _where(leads, text) for title, text in whole.items()}
    empty = pa.nulls(len(order), pa.string())
    return pa.table({title: columns.get(title, empty) for title in SHOPIFY})


def _order_columns(orders: Orders, order: Indices) -> dict[str, pa.Array]:
    status, total = orders.status[order], orders.total[order]
    paid_at = shop_time(orders.placed[order] + np.timedelta64(9, "s"))
    cancelled = (status == VOIDED) | ((status == STATUSES.index("refunded")) & (orders.spelling[order] % 4 == 0))
    return {
        "Financial Status": chosen(STATUSES, status),
        "Paid at": _where(status < STATUSES.index("pending"), paid_at),
        "Fulfillment Status": chosen(["fulfilled", "unfulfilled"], (status > STATUSES.index("refunded")) * 1),
        "Accepts Marketing": chosen(["yes", "no"], orders.spelling[order] % 2),
        "Currency": chosen(["EUR"], status * 0),
        "Total": _money(total),
        "Shipping Method": chosen(["Standard"], status * 0),
        "Notes": _where(orders.spelling[order] == 3, chosen(NOTES, order % len(NOTES))),
        "Cancelled at": _where(cancelled, shop_time(orders.placed[order] + np.timedelta64(7200, "s"))),
        "Refunded Amount": _money(orders.refunded[order]),
        "Outstanding Balance": _money(np.where(status == STATUSES.index("pending"), total, 0)),
        "Id": pa.array(5_900_000_000_000 + order * 37).cast(pa.string()),
        "Source": chosen(["web", "pos"], (orders.spelling[order] > 90) * 1),
    }


def _address_columns(persons: People, who: Indices, spelling: Indices) -> dict[str, pa.Array]:
    name = joined(chosen(FIRST_NAMES, persons.first[who]), " ", chosen(LAST_NAMES, persons.last[who]))
    city, state, postal_code = place_text(persons, who)
    number = phone(persons, who, np.full(len(who), 2))
    columns = {
        "Name": name, "City": city, "Zip": postal_code, "Province": state,
        "Country": chosen([country.code for country in COUNTRIES], persons.country[who]),
        "Phone": _where(spelling % 5 < 3, phone(persons, who, spelling % 4)),
    }  # fmt: skip
    both = {f"{kind} {title}": text for kind in ("Billing", "Shipping") for title, text in columns.items()}
    return both | {"Phone": _where(spelling % 5 < 2, number)}


def _order_email(persons: People, who: Indices, spelling: Indices) -> pa.Array:
    """Mostly the address as it is, sometimes capitalised, for a few an older one or none (bought by phone number)."""
    right = email(persons, who)
    kind = np.select([spelling < 84, spelling < 94, spelling < 98], [0, 1, 2], 3)
    kind = np.where((kind == 3) & (spelling % 5 >= 2), 0, kind)  # without a phone number an address is needed
    other = _old_address(persons, who)
    return pc.choose(pa.array(kind), right, pc.utf8_capitalize(right), other, pa.nulls(len(who), pa.string()))


def _money(cents: Indices) -> pa.Array:
    whole = pa.array(cents // 100).cast(pa.string())
    return joined(whole, ".", pc.utf8_lpad(pa.array(cents % 100).cast(pa.string()), 2, "0"))


def shop_time(instants: Instants) -> pa.Array:
    """Local time of the shop with its offset, as Shopify writes it."""
    days = instants.astype("datetime64[D]")
    known = np.unique(days)
    local_hours = np.array([_hours_east(day) for day in known.tolist()])[np.searchsorted(known, days)]
    local = instants + (local_hours * 3600).astype("timedelta64[s]")
    text = pc.replace_substring(pa.array(np.datetime_as_string(local, unit="s")), "T", " ")
    return joined(text, " ", chosen(["+0000", "+0100", "+0200"], local_hours))


def _hours_east(day: date) -> int:
    """The shop's offset at noon; on the two days the clocks change, the small hours are told by it too."""
    offset = SHOP_ZONE.utcoffset(datetime.combine(day, time(12)))
    assert offset is not None
    return offset.seconds // 3600


def responses_table(
    persons: People, who: Indices, answered: Instants, score: Indices, comment: pa.Array, language: pa.Array
) -> pa.Table:
    """One row per answer."""
    number = np.arange(len(who))
    by_phone = number % 25 == 24
    columns = {
        "Response ID": joined("R-", pa.array(70_000 + who).cast(pa.string())),
        "Responded at": pc.replace_substring(pa.array(np.datetime_as_string(answered, unit="s")), "T", " "),
        "Email": _where(
            ~by_phone,
            pc.choose(pa.array((number % 12 == 0) * 1), email(persons, who), pc.utf8_upper(email(persons, who))),
        ),
        "Phone": _where(by_phone, phone(persons, who, np.full(len(who), 2))),
        "Score": pc.if_else(pa.array(who % 90 == 89), "n/a", pa.array(score).cast(pa.string())),
        "Comment": comment,
        "Language": language,
    }
    return pa.table({title: columns[title] for title in NPS})
