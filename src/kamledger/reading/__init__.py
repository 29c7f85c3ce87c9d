"""Reading sales files: CSV, XLSX and Parquet in the shape an accounting system exports them.

Everything is guessed from names and content, shown, and can be overridden; see ``docs/reference/reading.md``.
"""

from __future__ import annotations

from kamledger.reading.masters import read_master
from kamledger.reading.reader import read
from kamledger.reading.results import FIELDS, FileRead, Reading, ReadOptions

__all__ = ["FIELDS", "FileRead", "ReadOptions", "Reading", "read", "read_master"]
