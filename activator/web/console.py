"""The console of `activator serve --console PORT`: status, the newest briefing, and a health answer for monitors.

It listens on this machine only and changes nothing; put it behind your own proxy and login to share it.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from activator.config.workspace import Workspace
from activator.errors import ActivatorError
from activator.ledger.overview import state_of
from activator.ports import Clock

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STALE_SECONDS = 120  # the daemon touches its health file at every tick, 20 s apart


def console_app(workspace: Workspace, clock: Clock) -> Starlette:
    """The pages as an ASGI application."""

    def status(_request: Request) -> Response:
        try:
            state = state_of(workspace, clock, with_history=True)
        except ActivatorError as error:
            return PlainTextResponse(f"{error.message}\n{error.next_step}\n", status_code=503, headers=HEADERS)
        return HTMLResponse(_page(workspace, state), headers=HEADERS)

    def briefing(_request: Request) -> Response:
        page = workspace.folder / workspace.project.briefing.html
        if not page.is_file():
            return PlainTextResponse("There is no briefing yet.\n", status_code=404, headers=HEADERS)
        return HTMLResponse(page.read_text(encoding="utf-8"), headers=HEADERS)

    def health(_request: Request) -> Response:
        file = workspace.state / "health"
        age = time.time() - file.stat().st_mtime if file.exists() else None
        alive = age is not None and age < STALE_SECONDS
        return JSONResponse({"alive": alive}, status_code=200 if alive else 503, headers=HEADERS)

    app = Starlette(
        routes=[Route("/", status), Route("/briefing", briefing), Route("/healthz", health)],
    )
    # A page of a stranger's site that resolves its name to this machine must not read ours (DNS rebinding).
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])
    return app


def _page(workspace: Workspace, state: dict[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("console.html.j2").render(project=workspace.project.project.name, state=state)


@contextlib.contextmanager
def serving(app: Starlette, port: int) -> Iterator[int]:
    """Serve on 127.0.0.1 in a thread while the block runs; yields the port (0 picks one)."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, name="console", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        if not server.started:
            raise ActivatorError(f"port {port} cannot be used", "Choose another with --console.")
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=5)
