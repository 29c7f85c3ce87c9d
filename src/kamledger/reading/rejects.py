"""The file of rejected lines: what was wrong, and the original cells, so that it can be mended and loaded."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from kamledger.reading import refusals
from kamledger.reading.names import TOTALS
from kamstats.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kamledger.reading.sources import Broken, Cells
    from kamledger.reading.staging import BadCell

HEAD = ("file", "row", "field", "value", "reason")


class Rejects:
    """Writes rejected lines one after another and counts them by reason."""

    def __init__(self, target: TextIO, columns_of: Sequence[Sequence[str]]) -> None:
        self._writer = csv.writer(target, lineterminator="\n")
        self._columns = list(dict.fromkeys(name for columns in columns_of for name in columns))
        self._writer.writerow([*HEAD, *self._columns])
        self.by_reason: Counter[str] = Counter()

    def add_bad(self, file: str, columns: Sequence[str], bad: BadCell, cells: Cells) -> None:
        """Add a line whose cells do not make a line of the ledger."""
        total = _total_in(cells) if bad.field == "date" else None
        if total is not None:
            self._write(
                file, bad.row, "", total, refusals.TOTAL_ROW(value=total), self._ordered(columns, cells)
            )
        else:
            column_value = bad.value or ""
            reason = Reason(bad.code, {"value": column_value})
            self._write(file, bad.row, bad.field, column_value, reason, self._ordered(columns, cells))

    def add_broken(self, file: str, columns: Sequence[str], broken: Broken) -> None:
        """Add a row that could not even be split into columns."""
        total = _total_in(broken.cells)
        reason = broken.reason if total is None else refusals.TOTAL_ROW(value=total)
        self._write(file, broken.row, "", total or "", reason, self._ordered(columns, broken.cells))

    def _write(  # noqa: PLR0917 - the columns of the file, in their order
        self, file: str, row: int, field: str, value: str, reason: Reason, cells: Sequence[str]
    ) -> None:
        self.by_reason[reason.code] += 1
        self._writer.writerow([file, row, field, value, f"{reason.code}: {reason.english}", *cells])

    def _ordered(self, columns: Sequence[str], cells: Cells) -> list[str]:
        """Put the cells of one file under the columns of all; what has no column stands behind."""
        by_column = dict(zip(columns, cells, strict=False))
        return [by_column.get(column) or "" for column in self._columns] + [
            cell or "" for cell in cells[len(columns) :]
        ]


def _total_in(cells: Cells) -> str | None:
    filled = [cell for cell in cells if cell]
    return next((cell for cell in filled[:3] if TOTALS.match(cell)), None)
