"""`python -m tests.fuzz.run TARGET [MINUTES]`: fuzz one target and say what came of it. Needs atheris.

New inputs that reach new code are kept in build/fuzz/TARGET; an input that ends in anything but success or an error of
ours is written to build/fuzz/crash-*, and belongs into tests/fuzz/corpus/TARGET together with its fix.
"""

import faulthandler
import resource
import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["activator", "connectors", "mappings", "yaml"]):
    from tests.fuzz import targets

    if Path(f"tests/fuzz/{sys.argv[1]}_answers.py").exists():  # what is imported later is not watched
        import_module(f"tests.fuzz.{sys.argv[1]}_answers")

RSS_MAX_MB = 1500  # the libraries alone take a third of it
INPUT_BYTES_MAX = 20_000
BUILD = Path("build/fuzz")


class Count:
    """How often the target was asked."""

    executions = 0


def main() -> None:
    """Fuzz until the time is over or something breaks; libFuzzer ends the process with the right exit code."""
    name, minutes = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    faulthandler.enable()
    warnings.simplefilter("ignore")
    found = BUILD / name
    found.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))

    def target(data: bytes) -> None:
        Count.executions += 1
        if Count.executions % 1000 == 0:
            _tell(name)
        targets.one(name, data, folder)

    options = [
        sys.argv[0],
        str(found),
        str(targets.CORPUS / name),
        f"-max_total_time={int(minutes * 60)}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-rss_limit_mb={RSS_MAX_MB}",
        f"-artifact_prefix={BUILD}/crash-{name}-",
        "-timeout=30",
        "-len_control=0",
        "-print_final_stats=1",
    ]
    atheris.Setup(options, target)
    atheris.Fuzz()


def _tell(name: str) -> None:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (BUILD / f"{name}.txt").write_text(f"{name}: {Count.executions:,} executions, peak {peak_mb} MB\n")


if __name__ == "__main__":
    main()
