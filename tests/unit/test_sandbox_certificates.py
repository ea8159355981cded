"""The sandbox's certificates: made once, private, renewed in time, good for this machine's names."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from connectors.sandbox.certificates import server_certificate
from tests.clocks import ManualClock


def test_they_are_made_once_and_used_again(tmp_path: Path) -> None:
    clock = ManualClock()
    first = server_certificate(tmp_path, clock).certificate.read_bytes()
    clock.advance(days=300)
    assert server_certificate(tmp_path, clock).certificate.read_bytes() == first


def test_they_are_renewed_before_they_expire(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    first = server_certificate(tmp_path, clock).certificate.read_bytes()
    clock.advance(days=364, hours=1)
    renewed = server_certificate(tmp_path, clock).certificate.read_bytes()
    assert renewed != first
    assert x509.load_pem_x509_certificate(renewed).not_valid_after_utc > clock.now()


def test_a_missing_file_is_made_again(tmp_path: Path) -> None:
    clock = ManualClock()
    files = server_certificate(tmp_path, clock)
    files.key.unlink()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(server_certificate(tmp_path, clock).certificate, files.key)


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    files = server_certificate(tmp_path, ManualClock())
    for path in (files.authority, files.certificate, files.key):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_they_speak_for_this_machine(tmp_path: Path, name: str) -> None:
    files = server_certificate(tmp_path, ManualClock())
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
    assert name in known
