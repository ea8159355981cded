"""How a suppression list is read that has no mapping of its own: by what its columns are called."""

from activator.config.mapping import ContactColumns, ContactsMapping, Text
from activator.model.people import Entity

COLUMN_NAMES = "email, email_2, phone, phone_2, customer_id and country"  # as documented; LIST_COLUMNS takes more
# What the columns of a plain list may be called, letters and digits only, lower case.
LIST_COLUMNS: dict[str, tuple[str, ...]] = {
    "email": ("email", "emailaddress", "mail", "emailsha256", "hashedemail"),
    "email_2": ("email2", "secondemail"),
    "phone": ("phone", "phonenumber", "mobile", "mobilephone", "phonesha256", "hashedphone"),
    "phone_2": ("phone2", "secondphone"),
    "external_id": ("customerid", "externalid", "contactid", "id"),
    "country": ("country", "countrycode"),
}


def list_mapping(header: tuple[str, ...], id_space: str) -> ContactsMapping | None:
    """How a suppression list without a mapping of its own is read; None where no column says who is meant."""
    plain = {"".join(filter(str.isalnum, title.lower())): title for title in reversed(header)}
    found = {
        field: Text(from_=next(plain[name] for name in names if name in plain))
        for field, names in LIST_COLUMNS.items()
        if any(name in plain for name in names)
    }
    if not found.keys() & {"email", "phone", "external_id"}:
        return None
    return ContactsMapping(
        name="suppression",
        title="Suppression list",
        entity=Entity.CONTACTS,
        recognise=tuple(text.columns[0] for text in found.values()),
        id_space=id_space if "external_id" in found else None,
        columns=ContactColumns(**found),
    )
