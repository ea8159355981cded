"""A first mapping for an export nobody knows, from the names of its columns; the user checks and corrects it."""

import re
from collections.abc import Mapping, Sequence

import yaml

# Field -> words its column is called by, best first; compared without case, spaces and punctuation.
NAMES: Mapping[str, Sequence[str]] = {
    "email": ("email", "emailaddress", "mail", "contactemail", "customeremail"),
    "phone": ("phone", "mobile", "mobilephone", "phonenumber", "telephone", "telefon", "tel"),
    "external_id": ("customerid", "contactid", "recordid", "clientid", "userid", "id", "kundennummer"),
    "first_name": ("firstname", "givenname", "vorname"),
    "last_name": ("lastname", "surname", "familyname", "nachname"),
    "city": ("city", "town", "ort", "stadt"),
    "postal_code": ("postalcode", "zip", "zipcode", "postcode", "plz"),
    "country": ("country", "countrycode", "land"),
    "consent_ad_user_data": ("consent", "adconsent", "marketingconsent", "optin", "acceptsmarketing"),
    "order_id": ("orderid", "order", "ordernumber", "invoice", "bestellnummer"),
    "ordered_at": ("orderedat", "orderdate", "createdat", "invoicedate", "date", "bestelldatum"),
    "amount": ("amount", "total", "ordertotal", "revenue", "betrag", "summe"),
    "currency": ("currency", "currencycode", "waehrung"),
    "answered_at": ("answeredat", "responsedate", "submittedat", "createdat", "date"),
    "score": ("score", "nps", "rating"),
    "comment": ("comment", "feedback", "answer", "verbatim", "text"),
}
PERSON = ("email", "phone", "external_id")
ADDRESS = ("first_name", "last_name", "city", "postal_code", "country")
ORDER = ("order_id", "ordered_at", "amount")
YES = ("yes", "true", "1", "granted", "opted in", "subscribed", "ja")
NO = ("no", "false", "0", "denied", "opted out", "unsubscribed", "nein")


def draft_mapping(name: str, header: Sequence[str], currency: str) -> str | None:
    """The text of a mapping file, or None where no column says whose a row is, or an order lacks its date or amount.

    currency: written as a constant where the export has no such column.
    """
    found = _columns(header)
    if not any(field in found for field in PERSON):
        return None
    fields: tuple[str, ...]
    if all(field in found for field in ORDER):
        entity, fields = "orders", (*PERSON, *ADDRESS, *ORDER)
    elif "comment" in found and "answered_at" in found:
        entity, fields = "responses", (*PERSON, "answered_at", "score", "comment")
    else:
        entity, fields = "contacts", (*PERSON, *ADDRESS)
    columns: dict[str, object] = {field: {"from": found[field]} for field in fields if field in found}
    if entity == "orders":
        columns["currency"] = {"from": found["currency"]} if "currency" in found else {"constant": currency}
    if entity == "contacts" and "consent_ad_user_data" in found:
        for purpose in ("consent_ad_user_data", "consent_ad_personalization"):
            columns[purpose] = {
                "from": found["consent_ad_user_data"],
                "values": {**dict.fromkeys(YES, "granted"), **dict.fromkeys(NO, "denied")},
                "otherwise": "unknown",
            }
    body: dict[str, object] = {
        "name": name,
        "title": f"{name.replace('_', ' ')} export",
        "entity": entity,
        "recognise": [found[field] for field in fields if field in found],
    }
    if "external_id" in columns:
        body["id_space"] = "crm"
    text = yaml.safe_dump(body | {"columns": columns}, sort_keys=False, allow_unicode=True)
    return f"# A draft from the column names: check it with `activator mappings check`, correct what is wrong.\n{text}"


def _columns(header: Sequence[str]) -> dict[str, str]:
    plain = {re.sub(r"[^a-z0-9]", "", title.lower()): title for title in reversed(header)}
    return {
        field: next(plain[word] for word in words if word in plain)
        for field, words in NAMES.items()
        if any(word in plain for word in words)
    }
