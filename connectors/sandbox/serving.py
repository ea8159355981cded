"""HTTP servers in threads: uvicorn on a socket of ours, with or without TLS."""

import asyncio
import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.sandbox.certificates import ServerCertificate

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Longer request lines must reach the application, which answers 414 as a page
_HEAD_BYTES_MAX = 64 * 1024 * 1024
_START_SECONDS = 30.0
_TRANSPORT = "sandbox.transport"


class _Protocol(H11Protocol):
    """Tells the application its connection, so that it can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def with_transport(scope: "Scope", receive: "Receive", send: "Send") -> None:
            await inner({**scope, _TRANSPORT: transport}, receive, send)

        self.app = with_transport


class _Uvicorn(uvicorn.Server):
    """Ends every connection when it is told to stop; waiting for clients to hang up could take for ever."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0.01)  # the loop closes their sockets
        await super().shutdown(sockets)


class Server:
    """One running HTTP server. Raises OSError when the port is taken."""

    def __init__(self, app: "ASGIApp", host: str, port: int, certificate: ServerCertificate | None = None) -> None:
        self._socket = socket.create_server((host, port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        tls: dict[str, Any] = {}
        if certificate is not None:
            tls = {"ssl_certfile": str(certificate.certificate), "ssl_keyfile": str(certificate.key)}
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # the platforms' own clock says what time it is
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
            **tls,
        )
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(target=self._run, name=f"sandbox-http-{self.port}", daemon=True)

    @property
    def closing(self) -> bool:
        """True once the server has been told to stop."""
        return self._server.should_exit

    def start(self) -> None:
        """Serve; returns when connections are accepted. Raises RuntimeError if that does not happen."""
        self._thread.start()
        waiting = threading.Event()
        for _ in range(round(_START_SECONDS / 0.01)):
            if self._server.started or not self._thread.is_alive():
                break
            waiting.wait(0.01)
        if not self._server.started:
            raise RuntimeError("the sandbox's HTTP server did not start")

    def stop(self) -> None:
        """Stop serving; open connections are closed."""
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


async def abort(request: Request) -> None:
    """Cut the connection without an answer, as a reset; nothing to do where the caller has gone already."""
    if await request.is_disconnected():
        return
    transport = request.scope[_TRANSPORT]
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await asyncio.sleep(0.01)  # lets the server notice, so that it does not try to answer
