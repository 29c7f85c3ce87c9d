"""What every kind of file becomes: a header, a sample, and pieces of text cells with their row numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from kamstats.reasons import Reason

SAMPLE_ROWS = 2000
HEADER_SEARCHED = 40  # rows among which the header is looked for

Cells = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that has no columns to read: its number, why, and its cells as far as they are known."""

    row: int
    reason: Reason
    cells: Cells


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive rows: `table` has the asked columns `c0`, `c3`, … and `row`, the number in the file."""

    table: pa.Table
    originals: Callable[[Sequence[int]], list[Cells]]  # cells of all columns, by position in the table
    done: int  # how far the file is read, in the unit of `Source.size`
    broken: tuple[Broken, ...] = field(default=())
    trimmed: bool = False  # no text cell begins or ends with a space or is empty


class Source(Protocol):
    """A file that gives rows. The header is row 1 unless titles stand above it."""

    @property
    def path(self) -> Path:
        """Where the file is."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns: unique, in file order."""
        ...

    @property
    def sample(self) -> tuple[Cells, ...]:
        """The first rows below the header."""
        ...

    def pieces(self, columns: Sequence[int]) -> Iterator[Piece]:
        """Read the rows once, in order, with bounded memory; only the columns asked for need be there."""
        ...


def unique_names(header: Sequence[str | None]) -> tuple[str, ...]:
    """Name each column once: a nameless one by its number, a repeated one with a counter.

    >>> unique_names(["Sum", None, "Sum"])
    ('Sum', 'column 2', 'Sum (2)')
    """
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = (cell or "").strip() or f"column {number}"
        same = sum(name == other or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if name in names else name)
    return tuple(names)
