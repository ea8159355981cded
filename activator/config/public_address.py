"""Where a webhook of the settings may lead: HTTPS, and onto the public internet unless the user says otherwise.

Whoever answers must hold a valid certificate for the host, so a later, other resolution gains nothing.
"""

import ipaddress
import socket
from typing import TypeAlias
from urllib.parse import urlsplit

from activator.errors import ConfigurationError, RetryableError

HTTPS_PORT = 443
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def https_host(url: str, what: str, fix: str) -> tuple[str, int]:
    """Host and port of an https URL. what: how the webhook is called in errors.

    Raises:
        ConfigurationError: it is no URL, not https, or holds a user or password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or HTTPS_PORT
    except ValueError:
        raise ConfigurationError(f"{what} is not a URL", fix) from None
    if parts.scheme != "https" or not host or parts.username is not None or parts.password is not None:
        raise ConfigurationError(f"{what} must be a plain https:// address", fix)
    return host, port


def refuse_private(host: str, port: int, what: str, fix: str) -> None:
    """Resolve the host and refuse it if any of its addresses is not on the public internet.

    Raises:
        ConfigurationError: it leads to a private address. RetryableError: it cannot be resolved.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise RetryableError(f"{host} cannot be resolved", "Check the network and try again.") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not all(_public(address) for address in addresses):
        raise ConfigurationError(f"{what} leads to a private address", fix)


def _public(address: Address) -> bool:
    """Also an IPv4 address inside: one of IPv6 that stands for 10.0.0.1 is looked at as 10.0.0.1."""
    inner = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.is_global and not address.is_multicast and (inner is None or _public(inner))
