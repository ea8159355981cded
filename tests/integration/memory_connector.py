"""A third party's connector, installed like any other: one MemoryDestination per account."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from activator.ports import Destination, DestinationContext
from tests.platform import MemoryDestination

ACCOUNTS: dict[str, MemoryDestination] = {}


class MemoryConnector:
    """Opens what the test put into ACCOUNTS."""

    def open(self, context: DestinationContext) -> Destination:
        return ACCOUNTS[context.account_id]

    def options_schema(self) -> Mapping[str, Any]:
        return {}


CONNECTOR = MemoryConnector()


@contextmanager
def memory_account(folder: Path, account_id: str, *, installed: bool = False) -> Iterator[MemoryDestination]:
    """An account of the connector `memory`, which is installed unless it is already."""
    ACCOUNTS[account_id] = MemoryDestination(batch_rows_max=10_000)
    with pytest.MonkeyPatch.context() as patch:
        if not installed:
            record = folder / "site" / "memory_connector-1.0.dist-info"
            record.mkdir(parents=True)
            (record / "METADATA").write_text("Metadata-Version: 2.1\nName: memory-connector\nVersion: 1.0\n")
            (record / "entry_points.txt").write_text(f"[activator.destinations]\nmemory = {__name__}:CONNECTOR\n")
            patch.syspath_prepend(folder / "site")
        yield ACCOUNTS[account_id]
    del ACCOUNTS[account_id]
