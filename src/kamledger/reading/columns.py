"""Python and NumPy values as Arrow columns.

`pa.array` and `pa.scalar` would import pandas, where it is installed, to see whether they are given a series:
that takes longer than reading a workbook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray


def integers(values: NDArray[np.int64]) -> pa.Array:
    """Give whole numbers, without copying them.

    >>> integers(np.arange(2)).to_pylist()
    [0, 1]
    """
    return _fixed(np.ascontiguousarray(values, np.int64), pa.int64())


def floats(values: Sequence[float]) -> pa.Array:
    """Give numbers; a missing one is NaN."""
    return _fixed(np.array(values, np.float64), pa.float64())


def days(values: Sequence[date | None]) -> pa.Array:
    """Give dates.

    >>> from datetime import date
    >>> days([date(2026, 1, 5), None]).to_pylist()
    [datetime.date(2026, 1, 5), None]
    """
    found = np.array(values, "datetime64[D]")
    return _fixed(found.astype(np.int64).astype(np.int32), pa.date32(), _known(~np.isnat(found)))


def texts(values: Sequence[str]) -> pa.Array:
    """Give texts, an empty one as missing.

    >>> texts(["a", "", "ä"]).to_pylist(), texts([]).to_pylist()
    (['a', None, 'ä'], [])
    """
    return _texts(values, _known(np.array(list(map(bool, values)), np.bool_)))


def one_text(value: str, times: int) -> pa.Array:
    """Give one text many times, kept once.

    >>> one_text("shop", 2).to_pylist()
    ['shop', 'shop']
    """
    return pa.DictionaryArray.from_arrays(_fixed(np.zeros(times, np.int8), pa.int8()), _texts([value]))


def ones(times: int, kind: pa.DataType) -> pa.Array:
    """Give the number 1 many times.

    >>> ones(2, pa.decimal128(18, 8)).to_pylist()
    [Decimal('1.00000000'), Decimal('1.00000000')]
    """
    return _fixed(np.ones(times, np.int8), pa.int8()).cast(kind)


def whole_numbers(column: pa.Array) -> NDArray[Any]:
    """Give whole numbers, none of them missing, to NumPy without copying them."""
    return np.asarray(np.from_dlpack(column))


def _texts(values: Sequence[str], known: pa.Buffer | None = None) -> pa.Array:
    written = list(map(str.encode, values))
    ends = np.cumsum([0, *map(len, written)], dtype=np.int32)
    data = pa.py_buffer(b"".join(written))
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(ends), data, known)


def _known(which: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(which, bitorder="little"))


def _fixed(values: NDArray[Any], kind: pa.DataType, known: pa.Buffer | None = None) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [known, pa.py_buffer(values)])
