"""Servers on this machine with a certificate of their own: an HTTPS webhook and an SMTP submission server."""

import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "cert.pem", folder / "key.pem"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


def server_tls(files: tuple[Path, Path]) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


@dataclass
class Webhook:
    """What was posted, and how it is answered. status 0 hangs up without an answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    heard: list[dict[str, str]] = field(default_factory=list)
    port: int = 0


@contextmanager
def webhook_server(files: tuple[Path, Path]) -> Iterator[Webhook]:
    """An HTTPS server on a free port."""
    state = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.heard.append({name.lower(): value for name, value in self.headers.items()})
            state.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            if not state.status:
                return
            self.send_response(state.status)
            for header, value in state.headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = server_tls(files).wrap_socket(server.socket, server_side=True)
        state.port = server.server_address[1]
        with _serving(server):
            yield state


@dataclass
class Postbox:
    """What was handed over, and how the server behaves."""

    starttls: bool = True
    password_ok: bool = True
    recipients_ok: bool = True
    break_after_data: bool = False
    polite: bool = True
    encrypted: bool = False
    messages: list[str] = field(default_factory=list)
    port: int = 0


class _Submission(socketserver.StreamRequestHandler):
    """One SMTP conversation; just what a submission needs."""

    box: Postbox
    files: tuple[Path, Path]

    def handle(self) -> None:
        answers: dict[str, Callable[[], list[str]]] = {
            "EHLO": self.hello,
            "STARTTLS": lambda: ["220 go"],
            "AUTH": lambda: ["235 fine" if self.box.password_ok else "535 no"],
            "RCPT": lambda: ["250 fine" if self.box.recipients_ok else "550 nobody here"],
            "DATA": self.data,
            "QUIT": lambda: ["221 bye" if self.box.polite else "500 stay"],
        }
        self.say("220 localhost")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            self.say(*answers.get(verb, lambda: ["250 fine"])())
            if verb == "STARTTLS":
                self.encrypt()
            if verb == "QUIT" or (verb == "DATA" and self.box.break_after_data):
                return

    def say(self, *lines: str) -> None:
        for line in lines:
            self.connection.sendall(f"{line}\r\n".encode())

    def hello(self) -> list[str]:
        starttls = ["250-STARTTLS"] if self.box.starttls and not self.box.encrypted else []
        return ["250-localhost", *starttls, "250 AUTH PLAIN"]

    def encrypt(self) -> None:
        self.connection = server_tls(self.files).wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.box.encrypted = True

    def data(self) -> list[str]:
        self.say("354 go")
        self.box.messages.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
        return [] if self.box.break_after_data else ["250 taken"]

    def finish(self) -> None:
        with suppress(OSError):
            self.connection.close()


class _Quiet(socketserver.ThreadingTCPServer):
    """A client that does not trust us hangs up in the middle of the handshake: expected, not worth a traceback."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing."""


@contextmanager
def mail_server(files: tuple[Path, Path]) -> Iterator[Postbox]:
    """An SMTP server on a free port."""
    state = Postbox()
    handler = type("Handler", (_Submission,), {"box": state, "files": files})
    with _Quiet(("127.0.0.1", 0), handler) as server:
        state.port = server.server_address[1]
        with _serving(server):
            yield state


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
