"""Lists what the product brings with it: docs/reference/licences.md, and with --locked FILE that part of the lock.

Exits 1 for a licence nobody has looked at: add it to ALLOWED after reading it, or do without the package.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/licences.md"
PRODUCT = "audience-activator"
EXTRAS = ("", "postgres", "embeddings")
HEAD = """\
# Licences of what is installed with activator

Every package that `pip install audience-activator[postgres,embeddings]` brings, on Linux, as its own metadata says.
Written by `make licences`, which stops at a licence nobody has looked at; `make audit` also builds the list of parts
(SBOM, CycloneDX). activator itself is under the Apache License 2.0.

| package | licence |
| --- | --- |
"""
# As found in metadata, one way of writing each; LGPL: used as a library, unchanged and replaceable.
ALLOWED = {
    "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-2.1-only", "LGPL-3.0-only", "MIT",
    "MIT-0", "MPL-2.0", "PSF-2.0",
    "Python-2.0", "Unlicense", "HPND", "0BSD", "CC0-1.0", "Zlib", "MIT-CMU", "Facebook-Platform", "NCSA",
}  # fmt: skip
NAMES = (
    (r"license\.txt", "Facebook-Platform"),  # facebook-business and its part: use with Facebook's services only
    (r"apache|asl", "Apache-2.0"),
    (r"lgpl|lesser general", "LGPL-3.0-only"),
    (r"mozilla|mpl", "MPL-2.0"),
    (r"3-clause|new bsd|modified bsd", "BSD-3-Clause"),
    (r"2-clause|simplified bsd", "BSD-2-Clause"),
    (r"\bbsd\b", "BSD"),
    (r"mit-cmu|hpnd", "MIT-CMU"),
    (r"\bmit\b", "MIT"),
    (r"\bisc\b", "ISC"),
    (r"psf|python software foundation", "PSF-2.0"),
    (r"unlicense", "Unlicense"),
)


def parts(name: str, extras: tuple[str, ...], found: dict[str, Distribution]) -> dict[str, Distribution]:
    """A package and everything it needs here, by canonical name."""
    key = canonicalize_name(name)
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return found
    for line in package.requires or ():
        needed = Requirement(line)
        wanted = any(needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in extras)
        seen = canonicalize_name(needed.name) in found
        if wanted and (not seen or needed.extras):
            if not seen:
                found[canonicalize_name(needed.name)] = distribution(needed.name)
            parts(needed.name, ("", *needed.extras), found)
    found.setdefault(key, package)
    return found


def licence(package: Distribution) -> str:
    """What the metadata says, in one way of writing."""
    metadata = package.metadata
    if metadata["License-Expression"]:
        return str(metadata["License-Expression"])
    classifiers = [
        line.rsplit("::", 1)[1] for line in metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    said = " ".join([*classifiers, (metadata["License"] or "").strip().split("\n")[0]]).lower()
    return next((name for pattern, name in NAMES if re.search(pattern, said)), said.strip() or "not said")


def unknown(said: str) -> bool:
    """Whether any part of an expression is a licence nobody has looked at."""
    return any(part not in ALLOWED for part in re.split(r"[()\s]+(?:AND|OR|WITH)?[()\s]*", said) if part)


def locked(names: set[str]) -> str:
    """Those blocks of the lock."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    named = {canonicalize_name(re.split(r"[\[=]", block)[0].strip()): block for block in blocks}
    return "".join(f"{block}\n" for name, block in named.items() if name in names)


def page(found: dict[str, Distribution]) -> str:
    """The page."""
    return HEAD + "".join(f"| {name} | {licence(found[name])} |\n" for name in sorted(found))


def main() -> int:
    """Write the page, or check it (--check)."""
    found = parts(PRODUCT, EXTRAS, {})
    del found[PRODUCT]
    if "--locked" in sys.argv:
        Path(sys.argv[sys.argv.index("--locked") + 1]).write_text(locked(set(found)), encoding="utf-8")
    strange = [f"{name}: {licence(package)}" for name, package in sorted(found.items()) if unknown(licence(package))]
    if strange:
        sys.stderr.write("licences nobody has looked at:\n  " + "\n  ".join(strange) + "\n")
        return 1
    text = page(found)
    if "--check" in sys.argv:
        if PAGE.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{PAGE.name} is not what is installed: run `make licences`\n")
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
