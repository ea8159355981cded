"""The secret that forgotten people are recognised with: one that is cut is none."""

from pathlib import Path

import pytest

from activator.config.erasure_key import FILE, erasure_key
from activator.errors import ConfigurationError


@pytest.mark.parametrize("content", [b"", b"short", b"a" * 31])
@pytest.mark.parametrize("make", [True, False])
def test_a_file_that_was_cut_is_refused_rather_than_used(tmp_path: Path, content: bytes, make: bool) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="too short"):
        erasure_key(tmp_path, None, make=make)
    assert path.read_bytes() == content, "what is left of it may still help whoever restores it"


def test_a_secret_that_was_made_is_the_same_the_next_time(tmp_path: Path) -> None:
    made = erasure_key(tmp_path, None, make=True)
    assert erasure_key(tmp_path, None) == made
    assert len(made) == 64
