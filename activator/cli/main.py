"""The command line's entry: commands are listed here, each in a file of its own; errors become words and exit codes."""

import os
import resource
import sys
from pathlib import Path
from typing import NoReturn

import typer

from activator.cli import (
    apply,
    approve,
    briefing,
    demo,
    doctor,
    experiment,
    explain,
    forget,
    identifiers,
    init,
    ledger,
    mappings,
    outbox,
    plan,
    profile,
    purge,
    report,
    sandbox,
    segments,
    serve,
    status,
    sync,
    value,
    write_back,
)
from activator.cli.console import describe, print_json
from activator.cli.console import explain as say_error
from activator.cli.unquoted import Unquoted
from activator.errors import ActivatorError, ResourceError

EXIT_CODES = """
Exit codes: 0 done, 1 a fault of activator itself, 2 usage, configuration or export, 3 the plan has changes
(plan --detailed-exit-code), 4 refused by a guard, 5 stale plan, 6 a platform needs a human, 7 partly done
and resumable.
"""

app = typer.Typer(
    name="activator",
    help="Advertising that treats customers by what they are worth and why they buy.\n\n"
    "Start with `activator init EXPORT...`, look at `activator plan`, then `activator apply`.\n\n" + EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(init.init)
app.command()(doctor.doctor)
app.add_typer(mappings.app, name="mappings")
app.command()(value.value)
app.add_typer(profile.app, name="profile")
app.add_typer(segments.app, name="segments")
app.command()(plan.plan)
app.command()(apply.apply)
app.command()(approve.approve)
app.command()(sync.sync)
app.command()(status.status)
app.command()(briefing.briefing)
app.command()(report.report)
app.command()(serve.serve)
app.add_typer(experiment.app, name="experiment")
app.command("write-back")(write_back.write_back)
app.add_typer(outbox.app, name="outbox")
app.command(cls=Unquoted)(explain.explain)
app.command(cls=Unquoted)(forget.forget)
app.command()(purge.purge)
app.add_typer(ledger.app, name="ledger")
app.command(cls=Unquoted)(identifiers.identifiers)
app.command()(sandbox.sandbox)
app.command()(demo.demo)


@app.callback(invoke_without_command=True)
def version(
    show: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True),
) -> None:
    """Options of `activator` itself."""
    if show:
        from activator import __version__

        typer.echo(__version__)
        raise typer.Exit


def run() -> None:
    """Run one command. Expected errors are explained; unexpected ones name their place and nothing they worked on.

    Whatever it writes is for its owner only, and a crash leaves no image of its memory behind.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        app(prog_name="activator")
    except ActivatorError as error:
        _end(error)
    except KeyboardInterrupt:
        typer.echo("stopped; what was sent is in the ledger, `activator apply` or `activator sync` goes on", err=True)
        sys.exit(7)
    except BrokenPipeError:
        sys.exit(0)
    except MemoryError:
        _end(ResourceError("out of memory", "Lower ACTIVATOR_MEMORY_LIMIT_MB."))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        said = f"{where}{error.strerror or type(error).__name__}"
        _end(ResourceError(said, "Check disk space and permissions of the project folder."))
    except Exception as error:  # noqa: BLE001 - a traceback may quote people's data: only its place is shown
        typer.echo(f"internal error: {type(error).__name__} at {_place(error)}", err=True)
        typer.echo("  what to do: please report this line; nothing of your data is in it", err=True)
        sys.exit(1)


def _end(error: ActivatorError) -> NoReturn:
    """Say what is wrong and what to do, as data where `--json` asks for it, and end with its exit code."""
    try:
        if "--json" in sys.argv[1:]:
            print_json({"error": describe(error)})
        else:
            say_error(error)
    except OSError:  # standard output may be what is full
        say_error(error)
    sys.exit(error.exit_code)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = "unknown"
    while trace is not None:
        code = trace.tb_frame.f_code
        if "activator" in code.co_filename or "connectors" in code.co_filename:
            place = f"{Path(code.co_filename).parent.name}/{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
