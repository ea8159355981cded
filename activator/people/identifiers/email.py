"""E-mail addresses: Google's canonical form and Meta's plain one.

Google: https://developers.google.com/data-manager/api/devguides/concepts/formatting (2026-11): white space out, lower
case; dots and +suffix out of the local part of gmail.com and googlemail.com only.
Meta: https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash (2026-11): trim, lower.
"""

import re

import ibis
import ibis.expr.types as ir

from activator.model.identity import DEFAULT_RULES, IdentifierRules, Suffix
from activator.people.identifiers.email_plain import is_plain
from activator.people.identifiers.hashing import EMPTY_DIGESTS
from activator.people.identifiers.text import byte_length, folded_without_spaces

# One "@", something before it, a dotted domain after it. Looser than RFC 5322 on purpose: the platforms match what
# people typed, and only what cannot be an address is set aside. The second half lets a SHA-256 digest pass.
# Classes name the ASCII characters that are out, so that every script is in: \pL and counted repeats would say it more
# plainly, but take the engine a tenth of a second to compile, in every copy of the rule in a query.
_LOCAL = r"[^@\s,;:<>()\[\]\\\"\x00-\x20\x7f]+"
_LABEL = r"[^\x00-\x2c./:-@\[-^`{-\x7f\s]"
_DOMAIN = rf"(?:{_LABEL}+\.)+(?:[^\x00-@\[-`{{-\x7f\s][^\x00-@\[-`{{-\x7f\s]+|xn--[a-z0-9-]+)"
_ADDRESS = rf"^(?:{_LOCAL}@{_DOMAIN}|[0-9a-f]{{64}})$"

# Addresses people and test suites type to get past a form, and domains that reach nobody (RFC 2606 and 6762).
_FILLERS = (
    "a@a.com", "a@b.com", "aa@aa.com", "abc@abc.com", "asd@asd.com", "asdf@asdf.com", "none@none.com", "no@no.com",
    "na@na.com", "null@null.com", "nan@nan.com", "noemail@noemail.com", "no@email.com", "email@email.com",
    "mail@mail.com", "unknown@unknown.com", "undefined@undefined.com", "user@domain.com", "name@domain.com",
    "email@domain.com", "test@domain.com", "your@email.com", "x@x.com", "fake@fake.com", "none@example.com",
    "n/a@n/a.com",
)  # fmt: skip
_NOBODY = (
    r"^test@test\..*$|^(?:no-?_?reply|do-?_?not-?_?reply|mailer-daemon|postmaster)(?:\+[^@]*)?@.*$"
    r"|^.*\.(?:invalid|localhost|local)$"
)
_NOT_SENT = "|".join((_NOBODY, *(f"^{re.escape(text)}$" for text in (*_FILLERS, *sorted(EMPTY_DIGESTS)))))
# Beginnings of all of these, cut short: what is left to the thorough rule costs time and changes nothing.
_MAYBE_FILLERS = frozenset(
    {"test", "nore", "no-", "no_", "dono", "do-", "do_", "mail", "post"}
    | {f"{text.partition('@')[0]}@"[:4] for text in _FILLERS}
)
_DIGEST_LENGTH = 64
_GMAIL_DOMAINS = ("@gmail.com", "@googlemail.com")
_NO_INBOX = rf"^\.*(?:\+[^@]*)?(?:{'|'.join(map(re.escape, _GMAIL_DOMAINS))})$"


def address(value: ir.StringValue) -> ir.StringValue:
    """One lower-case address (or digest), or NULL: what both platforms' forms are made from."""
    lowered = value.lower()
    plain = ibis.cases((value.contains(" "), lowered.replace(" ", "")), else_=lowered)
    size = byte_length(value)
    neither = (size < _DIGEST_LENGTH) & ~value.contains("@") & (size == value.length())
    # NULL is made last: inside a branch the engine would compute what it compares with "" once more.
    fast = ((is_plain(value, _MAYBE_FILLERS), plain), (neither, ""))
    return ibis.cases(*fast, else_=any_address(value)).nullif("")


def any_address(value: ir.StringValue) -> ir.StringValue:
    """`address` by the thorough rule, which alone decides and most rows are spared; "" for NULL."""
    text = folded_without_spaces(value)
    # Jane Doe <jane@example.com>, mailto:jane@example.com, "jane@example.com", jane@example.com;
    dressed = text.re_search("[<\"]|^(?:'|mailto:)|[,;]$")
    undressed = text.re_replace(r"^[\"']*(?:mailto:)?(?:.*<([^<>]*)>$)?", r"\1").re_replace("[\"',;]+$", "")
    bare = ibis.cases((dressed, undressed), else_=text)
    return bare.re_extract(_ADDRESS, 0).re_replace(_NOT_SENT, "")


def google_email(value: ir.StringValue, rules: IdentifierRules = DEFAULT_RULES) -> ir.StringValue:
    """Google's form of an address as exported."""
    return google_form(address(value), rules)


def google_form(plain: ir.StringValue, rules: IdentifierRules = DEFAULT_RULES) -> ir.StringValue:
    """Google's form of an `address`; under the default rules also its identity: one Gmail inbox is one person."""
    if rules.google_gmail_suffix is Suffix.KEEP:
        return _with_suffix(plain)
    is_gmail = ibis.or_(*[plain.endswith(domain) for domain in _GMAIL_DOMAINS])
    dressed = plain.like("%.%@%") | plain.contains("+")
    return ibis.cases((is_gmail & dressed, _inbox(plain)), else_=plain).nullif("")


def _inbox(plain: ir.StringValue) -> ir.StringValue:
    """Without dots and suffix: jane.doe+x@gmail.com -> janedoe@gmail.com. "" where nothing is left before the "@"."""
    undotted = plain.re_replace(r"\+[^@]*@", "@").replace(".", "")
    for domain in _GMAIL_DOMAINS:
        undotted = undotted.replace(domain.replace(".", ""), domain)
    return undotted.re_replace("^@.*$", "")


def _with_suffix(plain: ir.StringValue) -> ir.StringValue:
    """Google's form with `+suffix` kept: jane.doe+x.y@gmail.com -> janedoe+x.y@gmail.com."""
    local = plain.re_extract(r"^([^+@]*)", 1).replace(".", "")
    kept = local.nullif("") + plain.re_extract(r"^[^+@]*(.*)$", 1)
    is_gmail = ibis.or_(*[plain.endswith(domain) for domain in _GMAIL_DOMAINS])
    return ibis.cases((is_gmail, kept), else_=plain)


def meta_email(value: ir.StringValue) -> ir.StringValue:
    """Meta's form: dots and suffixes stay. NULL exactly where Google's form is NULL: a Gmail box needs a name."""
    return meta_form(address(value))


def meta_form(plain: ir.StringValue) -> ir.StringValue:
    """Meta's form of an `address`."""
    return plain.re_replace(_NO_INBOX, "").nullif("")
