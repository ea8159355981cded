"""Both platforms on this machine: everything the sandbox serves, started and stopped together."""

import contextlib
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.routing import Route

from activator.ports import Clock
from connectors.sandbox import accounts
from connectors.sandbox.admin import admin_routes
from connectors.sandbox.certificates import ServerCertificate, server_certificate
from connectors.sandbox.clock import WallClock
from connectors.sandbox.credentials import meta_credentials, service_account
from connectors.sandbox.meta import activation
from connectors.sandbox.meta.application import graph_endpoint
from connectors.sandbox.meta.context import Context, MetaOptions
from connectors.sandbox.meta.graph import Graph
from connectors.sandbox.oauth import routes
from connectors.sandbox.serving import Server
from connectors.sandbox.state import SETTLE_SECONDS, Calls, PlatformState

PLATFORMS = ("meta", "google")
_METHODS = ["GET", "POST", "DELETE", "PUT"]


class Sandbox:
    """The shipped stand-in for Meta and Google.

    folder: keeps state, certificates and credentials from run to run, readable by its owner only. Ports of 0 are
    chosen by the system. seed: of the performance it invents. settle_seconds: how long uploads take to become
    effective. tls: serve the Graph API over HTTPS; the Google APIs always are, and the token endpoint never is, as
    google-auth accepts it. platforms: leave google out for a quicker start. currency and time_zone: of both
    accounts, fixed at the first start. meta_options: see MetaOptions.
    """

    def __init__(
        self,
        folder: Path,
        host: str = "127.0.0.1",
        graph_port: int = 0,
        grpc_port: int = 0,
        oauth_port: int = 0,
        seed: int = 7,
        settle_seconds: float = SETTLE_SECONDS,
        clock: Clock | None = None,
        *,
        tls: bool = True,
        platforms: Collection[str] = PLATFORMS,
        currency: str | None = None,
        time_zone: str | None = None,
        meta_options: MetaOptions | None = None,
    ) -> None:
        self.folder = folder
        self.seed = seed
        self._host = host
        self._ports = {"graph": graph_port, "grpc": grpc_port, "oauth": oauth_port}
        self._settle_seconds = settle_seconds
        self._clock = clock or WallClock()
        self._tls = tls
        self._platforms = frozenset(platforms)
        self._meta_options = meta_options or MetaOptions()
        self._wishes = (currency, time_zone)
        self._closing = contextlib.ExitStack()
        self._settings: dict[str, str] = {}
        self._state: PlatformState | None = None

    @property
    def state(self) -> PlatformState:
        """What the platforms know. Raises RuntimeError before `start`."""
        if self._state is None:
            raise RuntimeError("the sandbox is not running")
        return self._state

    def start(self) -> Self:
        """Start every server; returns when they answer.

        Raises OSError when a port is taken, ConfigurationError as `accounts.settle_profile` does.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.ExitStack() as started:
            self._state = PlatformState(self.folder, self._clock, self._settle_seconds)
            started.callback(self._state.close)
            accounts.settle_profile(self._state, *self._wishes)
            # Clients check certificates against the machine's own clock, whatever time the sandbox believes it is
            certificate = server_certificate(self.folder, WallClock())
            self._settings = self._start_graph(started, certificate)
            if "google" in self._platforms:
                self._settings |= self._start_google(started, certificate)
            self._closing = started.pop_all()
        return self

    def stop(self) -> None:
        """Stop every server and close the state. Uploads that have not settled will, after the next start."""
        self._closing.close()
        self._state = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def settings(self) -> dict[str, str]:
        """Every setting a project needs to talk to this sandbox, secrets included."""
        return dict(self._settings)

    def identities(self) -> dict[str, str]:
        """The ids to name in activator.yaml, and what the accounts are kept in."""
        profile = accounts.profile(self.state)
        return {
            "meta_account_id": accounts.META_ACCOUNT_ID,
            "meta_page_id": accounts.META_PAGE_ID,
            "meta_pixel_id": accounts.META_PIXEL_ID,
            "google_customer_id": accounts.GOOGLE_CUSTOMER_ID,
            "google_conversion_action_id": accounts.GOOGLE_CONVERSION_ACTION_ID,
            "currency": profile.currency,
            "time_zone": profile.time_zone,
        }

    def calls(self, platform: str | None = None) -> Calls:
        """The calls answered so far, oldest first."""
        return self.state.calls(platform)

    def member_count(self, platform: str, audience_id: str) -> int:
        """Members of an audience that are effective now."""
        return self.state.member_count(platform, audience_id)

    def settle(self) -> int:
        """Let every pending upload take effect now. Returns how many there were."""
        return self.state.settle(everything=True)

    def fault(self, kind: str, platform: str, count: int = 1, method: str = "") -> None:
        """Let the next matching calls fail; see `Faults.order`. Raises ValueError for an unknown kind or platform."""
        if platform not in PLATFORMS:
            raise ValueError("platform must be meta or google")
        self.state.faults.order(kind, platform, count, method)

    def activate(self, days_ago: int, platform: str | None = None) -> int:
        """A marketer switched everything on, so that it has delivered on each of the last days_ago days.

        Returns how many objects are on.
        """
        midnight = self._midnight(days_ago)
        count = 0
        if platform in (None, "meta"):
            count += activation.activate(self.state, midnight)
        if platform in (None, "google"):
            from connectors.sandbox.google.activation import activate

            count += activate(self.state, midnight)
        return count

    def change_meta_account(self, **changes: Any) -> None:
        """Change what at Meta only people can change, e.g. ``tos_accepted={}`` or ``default_dsa_payor="X"``."""
        activation.change_account(self.state, changes)

    def change_meta_token(self, **facts: Any) -> None:
        """Change what Meta says of the access token, e.g. ``scopes=["ads_read"]``; without facts it is good again."""
        activation.change_token(self.state, facts)

    def _midnight(self, days_ago: int) -> datetime:
        zone = ZoneInfo(accounts.profile(self.state).time_zone)
        day = self._clock.now().astimezone(zone).date() - timedelta(days=days_ago)
        return datetime(day.year, day.month, day.day, tzinfo=zone)

    def _start_graph(self, started: contextlib.ExitStack, certificate: ServerCertificate) -> dict[str, str]:
        activation.open_account(self.state)
        credentials = meta_credentials(self.state)
        graph = Graph(Context(self.state, self.seed, self._meta_options), credentials)
        running: list[Server] = []
        endpoint = graph_endpoint(graph, lambda: running[0] if running else None)
        routes = [*admin_routes(self), Route("/{path:path}", endpoint, methods=_METHODS)]
        server = Server(Starlette(routes=routes), self._host, self._ports["graph"], certificate if self._tls else None)
        running.append(server)
        _serve(started, server)
        scheme = "https" if self._tls else "http"
        settings = {
            "ACTIVATOR_META__GRAPH_URL": f"{scheme}://{self._host}:{server.port}",
            "ACTIVATOR_META__ACCESS_TOKEN": credentials.access_token,
            "ACTIVATOR_META__APP_ID": accounts.META_APP_ID,
            "ACTIVATOR_META__APP_SECRET": credentials.app_secret,
        }
        if self._tls:
            settings["ACTIVATOR_META__CA_FILE"] = str(certificate.authority.resolve())
        return settings

    def _start_google(self, started: contextlib.ExitStack, certificate: ServerCertificate) -> dict[str, str]:
        from connectors.sandbox.google.server import serve_google  # gRPC and its messages take a second to load

        tokens = Server(Starlette(routes=routes(self.state)), self._host, self._ports["oauth"])
        account = service_account(self.folder, self.state, f"http://{self._host}:{tokens.port}/token")
        _serve(started, tokens)
        port, stop = serve_google(
            self.state,
            self.seed,
            self._host,
            self._ports["grpc"],
            certificate.certificate,
            certificate.key,
            self._settle_seconds,
            self._clock,
        )
        started.callback(stop)
        endpoint = f"localhost:{port}" if self._host == "127.0.0.1" else f"{self._host}:{port}"
        return {
            "ACTIVATOR_GOOGLE__ENDPOINT": endpoint,
            "ACTIVATOR_GOOGLE__DATA_MANAGER_ENDPOINT": endpoint,
            "ACTIVATOR_GOOGLE__CREDENTIALS_FILE": str(account.file.resolve()),
            "ACTIVATOR_GOOGLE__LOGIN_CUSTOMER_ID": accounts.GOOGLE_LOGIN_CUSTOMER_ID,
            "ACTIVATOR_GOOGLE__CA_FILE": str(certificate.authority.resolve()),
            "ACTIVATOR_GOOGLE__POLL_FIRST_SECONDS": "0.5",  # uploads settle at once here, not within a day
        }


def _serve(started: contextlib.ExitStack, server: Server) -> None:
    started.callback(server.stop)
    server.start()
