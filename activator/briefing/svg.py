"""SVG from the plotting library, made fit to stand inside the page: nothing but shapes, coloured by the page's style.

Only the elements and attributes listed here pass; colours become classes, so that one plot serves the light and the
dark page and the page's policy can forbid style attributes.
"""

# The text parsed here is matplotlib's own, made a moment ago from numbers and dates: no foreign document.
import xml.etree.ElementTree as ET

from markupsafe import Markup

# Colours no plot would use by chance stand for roles the page colours.
INK, LINE, BAND, MUTED = "#000001", "#000002", "#000003", "#000004"
_ROLES = {INK: "ink", LINE: "line", BAND: "band", MUTED: "muted"}
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset({"g", "path", "text"})
_ATTRIBUTES = frozenset({"d", "transform", "x", "y"})
_PRESENTATION = frozenset({"stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "text-anchor"})


def inline(svg: str) -> Markup:
    """The drawing as one `<svg>` element without ids, references, styles or prologue; hidden from screen readers."""
    root = ET.fromstring(svg)  # noqa: S314 - see above
    drawing = ET.Element("svg", {"viewBox": root.attrib["viewBox"], "class": "plot", "aria-hidden": "true"})
    for child in root:
        _copy(child, drawing)
    return Markup(ET.tostring(drawing, encoding="unicode"))  # noqa: S704 - built from an allow-list


def _copy(element: ET.Element, parent: ET.Element) -> None:
    name = element.tag.removeprefix(_NAMESPACE)
    if name not in _SHAPES:
        return
    made = ET.SubElement(parent, name, {key: value for key, value in element.attrib.items() if key in _ATTRIBUTES})
    made.text = element.text if name == "text" else None
    style = dict(_declarations(element.attrib.get("style", "")))
    made.attrib |= {key: value for key, value in style.items() if key in _PRESENTATION}
    classes = [f"{kind}-{_ROLES[style[kind]]}" for kind in ("fill", "stroke") if style.get(kind) in _ROLES]
    if style.get("fill") == "none" or (name == "path" and "fill" not in style):
        made.attrib["fill"] = "none"
    if classes:
        made.attrib["class"] = " ".join(classes)
    for child in element:
        _copy(child, made)


def _declarations(style: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in style.split(";") if ":" in part)
    return [(name.strip(), value.strip()) for name, _, value in pairs]
