"""A certificate authority of the sandbox's own, and a certificate for this machine signed by it.

Written once into the sandbox's folder, readable by its owner only, and renewed when they are about to expire.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from activator.ports import Clock

_LIFETIME = timedelta(days=365)
_RENEW_BEFORE = timedelta(days=1)
_NAMES = ("localhost", "datamanager.localhost", "googleads.localhost")


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Files in PEM. authority: what clients trust; certificate: the server's, followed by the authority's."""

    authority: Path
    certificate: Path
    key: Path


def server_certificate(folder: Path, clock: Clock) -> ServerCertificate:
    """The certificate of this folder, made or renewed as needed."""
    files = ServerCertificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    if not _is_current(files, clock.now()):
        _issue(files, clock.now())
    return files


def write_private(path: Path, content: bytes) -> None:
    """Write a file only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _is_current(files: ServerCertificate, now: datetime) -> bool:
    if not all(path.is_file() for path in (files.authority, files.certificate, files.key)):
        return False
    for path in (files.authority, files.certificate):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _RENEW_BEFORE:
            return False
    return True


def _issue(files: ServerCertificate, now: datetime) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "activator sandbox authority")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    certificate = (
        _builder(name, authority_name, key.public_key(), now)
        .add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, _NAMES), *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    authority_pem = authority.public_bytes(serialization.Encoding.PEM)
    write_private(files.key, _private_pem(key))
    write_private(files.certificate, certificate.public_bytes(serialization.Encoding.PEM) + authority_pem)
    write_private(files.authority, authority_pem)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
