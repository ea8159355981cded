"""Take the drawings out of a page that `activator segments --report` wrote, as files that stand alone.

    python docs/explanation/segmentation_plots.py segments.html docs/images

The shapes are the page's own; only its colours, for a light and a dark surface, are written into each file.
"""

import argparse
import re
from pathlib import Path

# In the order they stand on the page.
NAMES = ("sizes", "moves", "moves_by_day", "value", "value_curve", "tiers", "rfm")
STYLE = """
text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
.fill-line { fill: #1f5fbf; } .stroke-line { stroke: #1f5fbf; } .stroke-muted { stroke: #59636e; }
.fill-ink { fill: #15191e; font-weight: 600; } .fill-muted { fill: #59636e; } rect.fill-muted { opacity: 0.45; }
@media (prefers-color-scheme: dark) {
  .fill-line { fill: #79aef5; } .stroke-line { stroke: #79aef5; } .stroke-muted { stroke: #9ba6b2; }
  .fill-ink { fill: #e9edf1; } .fill-muted { fill: #9ba6b2; }
}
"""


def main() -> None:
    """Write one SVG file for each drawing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("page", type=Path, help="HTML written by activator segments --report")
    parser.add_argument("folder", type=Path, help="where the files go, as segmentation_NAME.svg")
    given = parser.parse_args()
    drawings = re.findall(r'<svg viewBox="([^"]*)"[^>]*>(.*?)</svg>', given.page.read_text(encoding="utf-8"), re.DOTALL)
    if len(drawings) != len(NAMES):
        parser.error(f"the page has {len(drawings)} drawings, {len(NAMES)} are expected: keep memberships of two days")
    for name, (box, shapes) in zip(NAMES, drawings, strict=True):
        width, height = box.split()[2:]
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{width}" height="{height}">'
        text = f"{head}<style>{STYLE}</style>{shapes}</svg>\n"
        (given.folder / f"segmentation_{name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
