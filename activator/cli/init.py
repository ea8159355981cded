"""`activator init`: the first project file, from the exports it is pointed at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, print_json, say
from activator.errors import ConfigurationError


def init(
    exports: Annotated[
        list[Path] | None, typer.Argument(help="CRM exports: contacts, orders, survey answers.", show_default=False)
    ] = None,
    project: Annotated[Path, typer.Option("--project", "-C", help="Folder of the new project.")] = Path(),
    name: Annotated[
        str, typer.Option(help="Name of the brand; shown in names of audiences and campaigns.")
    ] = "My brand",
    currency: Annotated[str, typer.Option(help="Currency values are counted in, e.g. EUR.")] = "EUR",
    time_zone: Annotated[str, typer.Option(help="Time zone of the business.")] = "Europe/Berlin",
    country: Annotated[str | None, typer.Option(help="Country of phone numbers without one, e.g. DE.")] = None,
    landing_url: Annotated[str, typer.Option(help="Where ads lead to.")] = "https://www.example.com/",
    meta_account: Annotated[str | None, typer.Option(help="Meta ad account, digits.")] = None,
    meta_page: Annotated[str | None, typer.Option(help="Meta page id.")] = None,
    meta_pixel: Annotated[str | None, typer.Option(help="Meta pixel id.")] = None,
    google_customer: Annotated[str | None, typer.Option(help="Google Ads customer id.")] = None,
    accept_terms: Annotated[
        bool,
        typer.Option(
            "--accept-customer-match-terms",
            help="You have read and accept Google's terms: support.google.com/adspolicy/answer/6299717.",
        ),
    ] = False,
    eu_political_ads: Annotated[
        bool | None,
        typer.Option(
            "--eu-political-ads/--no-eu-political-ads",
            help="Your declaration to Google: whether the ads are political advertising aimed at the European Union.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(help="Kind of project: standard, small-team, retail, b2b or one-split-60-days.", metavar="PRESET"),
    ] = "standard",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing activator.yaml.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a commented activator.yaml and the mappings of your exports.

    Each export is recognised by its columns, or gets a draft mapping from their names. The texts written into the
    file speak to the motivations found in your survey answers. Nothing leaves this machine.
    """
    from activator.config.clock import SystemClock
    from activator.setup import Answers, write_project

    target = project / "activator.yaml"
    if target.exists() and not force:
        raise ConfigurationError(f"{target} exists already", "Edit it, or overwrite it with --force.")
    written = write_project(
        project,
        exports or [],
        Answers(
            name=name,
            currency=currency.upper(),
            time_zone=time_zone,
            country=country.upper() if country else None,
            landing_url=landing_url,
            meta_account=meta_account,
            meta_page=meta_page,
            meta_pixel=meta_pixel,
            google_customer=google_customer,
            customer_match_terms_accepted=accept_terms,
            eu_political_ads=eu_political_ads,
            preset=preset,
        ),
        SystemClock().now().date(),
    )
    if as_json:
        print_json(written)
        return
    _tell(project, [f"{source.path}: {source.note}" for source in written.sources], written.changes)


def _tell(project: Path, sources: Sequence[str], changes: Sequence[str]) -> None:
    for line in sources:
        say(f"  {line}")
    say(f"Wrote {project / 'activator.yaml'}")
    for line in changes:
        say(f"  to do: {line}")
    say("Next: put credentials into .env (docs/how-to/credentials.md), then `activator doctor` and `activator plan`.")
