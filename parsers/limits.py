"""Every ceiling of ``parsers``, in one frozen value.

The defaults suit a hospital's mail (scans of a few pages) with a wide margin; ``gateway.toml``
may change them, and the value is then handed down as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one message or one document. Sizes in bytes, times in seconds."""

    message_bytes: int = 40 * MIB
    header_bytes: int = 256 * KIB
    """All headers of one entity together; a larger block is refused as ``TooLarge``."""
    parts: int = 500
    """MIME parts of one message, every level counted."""
    depth: int = 20
    """Nested multiparts, messages, archives and cryptographic layers, counted together."""
    archive_entries: int = 500
    archive_bytes: int = 200 * MIB
    """Sum of the expanded sizes of one archive, nested archives included."""
    archive_ratio: int = 200
    """Expanded over compressed size of one entry above which it is called a bomb."""
    pages: int = 200
    pixels: int = 40_000_000
    """Pixels of one rendered page or one image."""
    text_chars: int = 2_000_000
    xml_bytes: int = 10 * MIB
    table_sheets: int = 50
    table_rows: int = 5_000
    """Rows of one workbook, file or list, every sheet counted; empty rows of a sheet count too."""
    table_columns: int = 64
    """Columns read; what stands further right is left out."""
    table_cell_chars: int = 2_000
    """Characters read of one cell."""
    table_bytes: int = 64 * MIB
    """Sum of the expanded sizes of the parts of one workbook."""
    cpu_seconds: int = 60
    wall_seconds: int = 120
    memory_bytes: int = 2048 * MIB


DEFAULT = Limits()
