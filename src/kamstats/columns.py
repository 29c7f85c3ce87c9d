"""From frames to arrays: money as whole ten-thousandths, keys as small integers.

NumPy has no decimal type. A sum of money that decides or adds up is therefore carried as int64 counts of one
ten-thousandth (the fourth decimal place that the ledger keeps), and becomes a Decimal again at the edge.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from kamstats.errors import Invalid
from kamstats.frames import lazy, require
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals as nw
    from numpy.typing import NDArray

    from kamstats.frames import AnyFrame

PLACES = 4
UNIT = 10**PLACES

MONEY_NOT_EXACT = sentence(
    "money_not_exact",
    'The column "{column}" is {dtype}; money and quantities must be decimal or whole numbers. '
    "Cast it to decimal with {places} places.",
)
MONEY_TOO_LARGE = sentence(
    "money_too_large",
    'The column "{column}" holds {value}, beyond the largest sum of {limit}. Use a larger unit of currency.',
)
MONEY_TOO_FINE = sentence(
    "money_too_fine",
    'The column "{column}" has {have} decimal places, of which {places} are kept. Round it first.',
)
LIMIT = 2**62  # half of int64, so that a difference of two cannot overflow


def taken(frame: AnyFrame, *columns: str) -> nw.LazyFrame[Any]:
    """Take any frame that Narwhals knows as a lazy one and check that its columns are there.

    >>> import pyarrow as pa
    >>> taken(pa.table({"account_key": ["a"]}), "account_key", "revenue")
    Traceback (most recent call last):
    kamstats.errors.Invalid: The table has no column "revenue". It has: account_key. ...
    """
    rows = lazy(frame)
    require(rows, *columns)
    return rows


def arrow(frame: nw.LazyFrame[Any]) -> Any:  # noqa: ANN401 - a pyarrow.Table, never imported here
    """Run the lazy frame and give its rows as a pyarrow Table."""
    return frame.collect("pyarrow").to_native()


def codes(column: Any) -> tuple[NDArray[np.int64], list[Any]]:  # noqa: ANN401 - a pyarrow column
    """Number the distinct keys of a pyarrow column in the order of their values; a missing key is −1.

    >>> import pyarrow as pa
    >>> codes(pa.chunked_array([["b", "a", None, "b"]]))
    (array([ 1,  0, -1,  1]), ['a', 'b'])
    """
    encoded = column.combine_chunks().dictionary_encode()
    keys = encoded.dictionary.to_pylist()
    order = sorted(range(len(keys)), key=keys.__getitem__)
    rank = np.empty(len(keys) + 1, dtype=np.int64)
    rank[order] = np.arange(len(keys))
    rank[len(keys)] = -1
    numbers = encoded.indices.fill_null(len(keys)).to_numpy(zero_copy_only=False)
    return rank[numbers], [keys[i] for i in order]


def ten_thousandths(column: Any, name: str) -> NDArray[np.int64]:  # noqa: ANN401 - a pyarrow column
    """Give a decimal or whole-number pyarrow column as int64 counts of 0.0001; a missing value is 0.

    Raises Invalid for floating point, for more than four decimal places, and beyond 4.6e14.

    >>> import pyarrow as pa
    >>> ten_thousandths(pa.chunked_array([[Decimal("1.5"), None, Decimal("-0.0001")]]), "revenue")
    array([15000,     0,    -1])
    """
    kind = str(column.type)
    if kind.startswith(("int", "uint")):
        whole = column.combine_chunks().fill_null(0).to_numpy(zero_copy_only=False)
        return _scaled(whole.astype(np.int64), UNIT, name)
    if not kind.startswith("decimal"):
        raise Invalid(MONEY_NOT_EXACT(column=name, dtype=kind, places=PLACES))
    scale = int(column.type.scale)
    if scale > PLACES:
        raise Invalid(MONEY_TOO_FINE(column=name, have=scale, places=PLACES))
    whole = _low_words(column, name) if kind.startswith("decimal128") else _one_by_one(column, scale)
    return _scaled(whole, 10 ** (PLACES - scale), name)


def missing(column: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - a pyarrow column
    """Tell which values of a pyarrow column are missing."""
    found: NDArray[np.bool_] = column.is_null().combine_chunks().to_numpy(zero_copy_only=False)
    return found


def _one_by_one(column: Any, scale: int) -> NDArray[np.int64]:  # noqa: ANN401 - a pyarrow column
    """Read decimals of other widths, which no engine of ours gives, by way of Python."""
    values = (int((value or Decimal(0)).scaleb(scale)) for value in column.to_pylist())
    return np.fromiter(values, dtype=np.int64, count=len(column))


def _low_words(column: Any, name: str) -> NDArray[np.int64]:  # noqa: ANN401 - a pyarrow column of decimal128
    """Read the little-endian 128-bit integers behind a decimal column, refusing what int64 cannot hold."""
    if len(column) == 0:
        return np.zeros(0, dtype=np.int64)
    values = column.combine_chunks().fill_null(Decimal(0))
    words = np.frombuffer(values.buffers()[1], dtype="<i8").reshape(-1, 2)
    words = words[values.offset : values.offset + len(values)]
    low, high = words[:, 0], words[:, 1]
    if not np.array_equal(high, low >> 63):
        row = int(np.flatnonzero(high != low >> 63)[0])
        raise Invalid(MONEY_TOO_LARGE(column=name, value=values[row].as_py(), limit=LIMIT // UNIT))
    return low.copy()


def _scaled(values: NDArray[np.int64], factor: int, name: str) -> NDArray[np.int64]:
    limit = LIMIT // factor
    if values.size and (int(values.max()) > limit or int(values.min()) < -limit):
        value = max(values.max(), -values.min(), key=abs)
        raise Invalid(MONEY_TOO_LARGE(column=name, value=int(value) * factor // UNIT, limit=LIMIT // UNIT))
    return values * factor


def as_decimals(values: NDArray[np.int64]) -> list[Decimal]:
    """Give counts of 0.0001 as Decimals with four places.

    >>> as_decimals(np.array([15000, -1]))
    [Decimal('1.5000'), Decimal('-0.0001')]
    """
    return [Decimal(int(value)).scaleb(-PLACES) for value in values]


def as_decimal(value: int) -> Decimal:
    """Give one count of 0.0001 as a Decimal with four places."""
    return Decimal(int(value)).scaleb(-PLACES)


def exact_sum(values: NDArray[np.int64] | Sequence[int]) -> int:
    """Add counts of 0.0001 without overflow, whatever their number.

    >>> exact_sum(np.full(4, 2**62))
    18446744073709551616
    """
    array = np.asarray(values, dtype=np.int64)
    high, low = array >> 32, array & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())
