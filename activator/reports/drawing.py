"""Drawings for pages, as SVG elements the page's style colours: bars, a curve, a map of squares.

Sizes are in units of the drawing, of which a page shows about one per pixel. No text of people is ever in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from markupsafe import Markup, escape

WIDTH = 340
_LETTER = 6.3  # width of one, on average
_GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. label: under or beside it; said: the number, in words."""

    label: str
    value: float
    said: str = ""
    is_quiet: bool = False


def columns(bars: Sequence[Bar], height: int = 190) -> Markup:
    """Bars side by side on a line, with the labels that fit beneath."""
    if not bars:
        return Markup()
    base, top = height - 18, max(*(bar.value for bar in bars), 1e-9)
    wide = WIDTH / len(bars)
    parts = [_line(0, base, WIDTH, base)]
    free_from = 0.0
    for place, bar in enumerate(bars):
        tall = (base - 16) * bar.value / top
        left = place * wide
        parts.append(
            _rect(left + _GAP / 2, base - tall, wide - _GAP, tall, "fill-muted" if bar.is_quiet else "fill-line")
        )
        if bar.value == top and bar.said:
            parts.append(_text(left + wide / 2, base - tall - 4, bar.said, "middle", "fill-ink"))
        if bar.label and left >= free_from:
            fits = left + wide / 2 >= _LETTER * len(bar.label) / 2
            parts.append(_text(left + wide / 2 if fits else 0, height - 4, bar.label, "middle" if fits else "start"))
            free_from = left + _LETTER * len(bar.label) + 8
    return _svg(height, parts)


def rows(bars: Sequence[tuple[str, Sequence[Bar]]]) -> Markup:
    """For each name two or more bars below each other, each with its number at its end."""
    parts: list[Markup] = []
    top = max((bar.value for _, own in bars for bar in own), default=0) or 1
    longest = max((len(f"{bar.said} {bar.label}") for _, own in bars for bar in own), default=0)
    room, y = WIDTH - 8 - _LETTER * longest, 0.0
    for name, own in bars:
        parts.append(_text(0, y + 12, name, "start", "fill-ink"))
        y += 17
        for bar in own:
            long = room * bar.value / top
            parts.append(_rect(0, y, max(long, 0.5), 11, "fill-muted" if bar.is_quiet else "fill-line"))
            parts.append(_text(max(long, 0.5) + 5, y + 9.5, f"{bar.said} {bar.label}".strip()))
            y += 14
        y += 8
    return _svg(max(y - 6, 1), parts)


def curve(shares: Sequence[float], marks: Sequence[tuple[int, str]], height: int = 200) -> Markup:
    """A curve through 0 and shares at equal steps, its diagonal, and marks: (step, words) on the curve."""
    if not shares:
        return Markup()
    top, base, left = 8.0, height - 20.0, 4.0
    across, up = (WIDTH - 12) / len(shares), base - top
    scale = max(1.0, *shares)
    points = [(left, base), *((left + (n + 1) * across, base - up * share / scale) for n, share in enumerate(shares))]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    parts = [
        _line(left, base, WIDTH - 8, base),
        Markup(
            '<path d="M{:.1f} {:.1f}L{:.1f} {:.1f}" class="stroke-muted" fill="none" stroke-dasharray="3 3"/>'
        ).format(left, base, WIDTH - 8, base - up / scale),
        Markup('<path d="{}" class="stroke-line" fill="none" stroke-width="2.5"/>').format(path),
    ]
    for step, words in marks:
        x, y = points[step]
        parts.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.5" class="fill-line"/>').format(x, y))
        parts.append(_text(x + 8, y + 14, words, "start", "fill-ink"))
    parts.append(_text(left, height - 5, "best customers first"))
    parts.append(_text(WIDTH - 8, height - 5, "all", "end"))
    return _svg(height, parts)


def squares(cells: Sequence[tuple[int, int, float, str]], across: str, up: str, steps: int = 5) -> Markup:
    """A grid of steps x steps; each cell (column, row, size, words) is a square of that area, its words beneath."""
    side, left, top = 58.0, 20.0, 22.0
    foot = top + steps * side
    largest = max((size for _, _, size, _ in cells), default=1.0) or 1.0
    parts = [_text(0, 11, up, "start", "fill-ink")]
    for step in range(1, steps + 1):
        parts.append(_text(4, foot - (step - 0.5) * side, str(step), "middle"))
        parts.append(_text(left + (step - 0.5) * side, foot + 16, str(step), "middle"))
    for column, row, size, words in cells:
        edge = max((side - 18) * sqrt(size / largest), 1.5)
        x, y = left + (column - 0.5) * side, foot - (row - 0.5) * side - 4
        parts.append(_rect(x - edge / 2, y - edge / 2, edge, edge, "fill-line"))
        parts.append(_text(x, foot - (row - 1) * side - 2, words, "middle"))
    parts.append(_text(left + steps * side, foot + 34, across, "end", "fill-ink"))
    return _svg(foot + 40, parts)


def _svg(height: float, parts: Sequence[Markup]) -> Markup:
    inner = Markup("").join(parts)
    return Markup('<svg viewBox="0 0 {} {:.0f}" class="plot" aria-hidden="true">{}</svg>').format(WIDTH, height, inner)


def _rect(x: float, y: float, width: float, height: float, name: str) -> Markup:
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
        x, y, width, height, name
    )


def _line(x: float, y: float, to_x: float, to_y: float) -> Markup:
    path = Markup('<path d="M{:.1f} {:.1f}L{:.1f} {:.1f}" class="stroke-muted" fill="none" stroke-width="0.5"/>')
    return path.format(x, y, to_x, to_y)


def _text(x: float, y: float, words: str, anchor: str = "start", name: str = "fill-muted") -> Markup:
    element = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>')
    return element.format(x, y, anchor, name, escape(words))
