"""What an export may be at most. Beyond it an export is refused with a clear error, before it can hurt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The caps on one file. Their defaults are far above any export of a CRM, and far below what hurts.

    file_bytes: as it lies on disk, and unpacked; 200 orders of each of 10 million customers are about 150 GB.
    gzip_ratio: 200 MB of one byte is a gz of 194 kB, 1029 : 1; text exports stay below 30 : 1.
    line_bytes: longer records are refused: the engine holds two of them per thread.
    cell_characters: at most line_bytes; an unclosed quote otherwise turns the rest of the file into one cell.
    parts: files of a folder or glob.
    """

    file_bytes: int = 200_000_000_000
    gzip_ratio: int = 100
    columns: int = 2_000
    line_bytes: int = 8_000_000
    cell_characters: int = 1_000_000
    parts: int = 10_000
