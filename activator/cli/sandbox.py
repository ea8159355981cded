"""`activator sandbox`: both platforms on this machine, to try everything without an account."""

from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, print_json, say


def sandbox(
    folder: Annotated[Path, typer.Option(help="Where the sandbox keeps its state.")] = Path(".sandbox"),
    graph_port: Annotated[int, typer.Option(help="Port of the Graph API; 0 picks one.")] = 0,
    grpc_port: Annotated[int, typer.Option(help="Port of both Google APIs; 0 picks one.")] = 0,
    oauth_port: Annotated[int, typer.Option(help="Port of the token endpoint; 0 picks one.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the performance it invents.")] = 7,
    settle_seconds: Annotated[float, typer.Option(help="How long uploads take to settle.")] = 0.3,
    currency: Annotated[str | None, typer.Option(help="Of both accounts, fixed at the first start; else EUR.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Of both accounts, fixed at the first start; else Europe/Berlin.")
    ] = None,
    env_file: Annotated[Path | None, typer.Option(help="Also write the settings to this file, e.g. .env.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the local stand-in for Meta and Google, print the settings to use, and serve until stopped.

    It speaks the real protocols (Graph API over HTTPS, Google Ads and Data Manager over gRPC with TLS, an OAuth token
    endpoint) and refuses what the platforms refuse. It is no platform: nothing is ever shown to anybody.
    """
    from activator.schedule.stop import StopSignal, stop_on_signals
    from connectors.sandbox.server import Sandbox

    stop = StopSignal()
    with (
        stop_on_signals(stop),
        Sandbox(
            folder,
            graph_port=graph_port,
            grpc_port=grpc_port,
            oauth_port=oauth_port,
            seed=seed,
            settle_seconds=settle_seconds,
            currency=currency,
            time_zone=time_zone,
        ) as running,
    ):
        settings = running.settings()
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        if env_file is not None:
            env_file.touch(mode=0o600)
            env_file.write_text(text)
        if as_json:
            print_json({"settings": settings, "identities": running.identities()})
        else:
            say(text.rstrip())
            say("\n".join(f"# {name.replace('_', ' ')}: {value}" for name, value in running.identities().items()))
            say("# serving; Ctrl-C stops it")
        while not stop.wait(3600.0):
            pass
