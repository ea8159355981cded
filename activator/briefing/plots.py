"""The page's plots, drawn by matplotlib as SVG: no foreign text in them, no randomness, same flag same bytes."""

import io
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from activator.briefing.svg import BAND, INK, LINE, MUTED, inline
from activator.briefing.words import conversions, short_day
from activator.model.briefing import Trend
from activator.model.performance import FlagDay

POINTS_PER_INCH = 72
INCOMPLETE_DAYS = 3
_STYLE: Any = {"svg.hashsalt": "activator-briefing", "svg.fonttype": "none", "font.size": 11}


def flag_plot(track: Sequence[FlagDay]) -> Markup:
    """Cumulative conversions of a flagged cell against those expected, with the band of ordinary luck."""
    if not track:
        return Markup()
    days = range(len(track))
    actual, expected = [it.conversions_milli / 1000 for it in track], [it.expected_milli / 1000 for it in track]
    figure, axes = _canvas(340, 132, (0.01, 0.16, 0.76, 0.80))
    low, high = [it.low_milli / 1000 for it in track], [it.high_milli / 1000 for it in track]
    # Polygons rather than fill_between: those are written as plain paths, without references.
    axes.fill([*days, *reversed(days)], [*low, *reversed(high)], facecolor=BAND, linewidth=0, clip_on=False)
    axes.plot(days, expected, color=MUTED, linewidth=1.5, linestyle=(0, (4, 3)), clip_on=False)
    axes.plot(days, actual, color=LINE, linewidth=2.5, solid_capstyle="round", clip_on=False)
    top = max(*high, *actual, 1.0)
    axes.set_ylim(0, top)
    axes.axhline(0, color=MUTED, linewidth=0.5, clip_on=False)
    last, apart = len(track) - 1, 0.13 * top
    upper = max(expected[-1], actual[-1] + apart) if expected[-1] >= actual[-1] else expected[-1]
    for height, milli, word, color in (
        (upper, track[-1].expected_milli, "expected", MUTED),
        (actual[-1], track[-1].conversions_milli, "so far", INK),
    ):
        axes.text(last + 0.02 * max(last, 1), height, f" {conversions(milli)} {word}", color=color, va="center")
    axes.text(0, -0.05 * top, short_day(track[0].day), color=MUTED, va="top", ha="left")
    axes.text(last, -0.05 * top, short_day(track[-1].day), color=MUTED, va="top", ha="right")
    return _drawn(figure)


def trend_plot(trend: Trend) -> Markup:
    """A sparkline of return with the range of the period before; days whose conversions still come in are dashed."""
    known = [(day, point) for day, point in enumerate(trend.points) if point is not None]
    if not known:
        return Markup()
    figure, axes = _canvas(112, 28, (0.02, 0.1, 0.94, 0.8))
    if trend.low is not None and trend.high is not None:
        end = len(trend.points) - 1
        corners = ([0, end, end, 0], [trend.low, trend.low, trend.high, trend.high])
        axes.fill(*corners, facecolor=BAND, linewidth=0, clip_on=False)
    settled = len(trend.points) - INCOMPLETE_DAYS
    whole = [(day, point) for day, point in known if day < settled]
    open_days = whole[-1:] + [(day, point) for day, point in known if day >= settled]
    for points, dashes in ((whole, "-"), (open_days, (0, (1.5, 1.5)))):
        if points:
            axes.plot(*zip(*points, strict=True), color=LINE, linewidth=1.5, linestyle=dashes, clip_on=False)
    day, point = known[-1]
    axes.plot([day, day], [point, point], color=LINE, linewidth=4, solid_capstyle="round", clip_on=False)
    return _drawn(figure)


def _canvas(width: int, height: int, frame: tuple[float, float, float, float]) -> tuple[Any, Any]:
    """A figure of that many points and one bare pair of axes in it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
    figure.patch.set_visible(False)
    axes = figure.add_axes(frame)
    axes.set_axis_off()
    axes.margins(x=0)
    return figure, axes


def _drawn(figure: Any) -> Markup:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    with mpl.rc_context(_STYLE):
        canvas.print_svg(buffer, metadata={"Date": None})
    return inline(buffer.getvalue())
