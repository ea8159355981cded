"""Whoever installs the product can read under which licences its parts are, and nobody's terms come in unseen."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_lists_what_is_installed_and_every_licence_was_looked_at() -> None:
    command = [sys.executable, str(ROOT / ".ci/licences.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
