"""The briefing as one HTML file: no script, no external asset, and a policy that would refuse both."""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from activator.briefing.plots import flag_plot, trend_plot
from activator.model.briefing import Briefing

_TEMPLATES = "templates"


def render_html(briefing: Briefing) -> str:
    """The page."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        briefing=briefing,
        # The style sheet is ours, shipped with the package; nothing of the briefing is in it.
        style=Markup(style),  # noqa: S704
        style_source=f"sha256-{digest}",
        flag_plot=flag_plot,
        trend_plot=trend_plot,
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("activator.briefing", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template() -> Template:
    return _environment().get_template("briefing.html.j2")


@cache
def _style() -> str:
    loader = _environment().loader
    assert loader is not None
    source, _, _ = loader.get_source(_environment(), "briefing.css")
    return source
