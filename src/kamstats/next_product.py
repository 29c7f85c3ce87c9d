"""The next product: what accounts with the same products also buy, by lift with shrinkage.

Counts are of accounts: how many bought both products, not how often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from kamstats.reasons import Reason

NO_PAIRS = sentence(
    "no_co_purchases",
    "No account bought two products, so nothing can be learnt about what goes together. Load more lines.",
)
CODES_OUT_OF_RANGE = sentence(
    "codes_out_of_range",
    "A {what} number {value} was given; the numbers run from 0 to {limit}. Number the keys first.",
)
NEXT_PRODUCT = sentence(
    "next_product",
    "{buyers} accounts that buy {because_of} also buy {product}, {lift:.1f} times as many as by chance. "
    "Offer it.",
)

_BLOCK = 16384  # accounts per step: their counts fit 16 bits
_SPARSE_STEP = 110  # one step of the sparse product costs as much as so many of the dense one (measured)
_TILE = 256  # products per step: a tile of counts fits the processor's cache


@dataclass(frozen=True, slots=True)
class CoPurchases:
    """Who buys what together.

    together : (m, m) int32, accounts that bought both; the diagonal holds the buyers of each product.
    accounts : how many accounts there are in all.
    """

    together: NDArray[np.int32]
    accounts: int

    @property
    def buyers(self) -> NDArray[np.int32]:
        """Accounts that bought each product, (m,)."""
        return self.together.diagonal()

    def lift(self, *, shrinkage: float = 0.0) -> NDArray[np.float64]:
        """How many times as many accounts bought both as by chance, (m, m); the diagonal is NaN.

        `shrinkage` adds so many accounts at chance to both sides, (together + s) / (expected + s): a pair
        seen once or twice then says little. NaN where a product has no buyer.

        >>> co_purchases([0, 0, 1, 1, 2, 3], [0, 1, 0, 1, 2, 2], products=3).lift().round(2)
        array([[nan,  2.,  0.],
               [ 2., nan,  0.],
               [ 0.,  0., nan]])
        """
        buyers = np.where(self.buyers > 0, self.buyers, np.nan)
        expected = np.multiply.outer(buyers, buyers / max(self.accounts, 1))
        expected += shrinkage
        ratio: NDArray[np.float64] = np.divide(self.together + shrinkage, expected, out=expected)
        np.fill_diagonal(ratio, np.nan)
        return ratio


def purchase_matrix(
    account: ArrayLike, product: ArrayLike, *, accounts: int | None = None, products: int | None = None
) -> csr_array:
    """Give accounts × products with 1 where bought, as a sparse int32 matrix with sorted rows.

    account, product : (lines,) int ≥ 0; the same pair may come many times.
    Raises Invalid for numbers below 0 or beyond the counts given.
    """
    from scipy import sparse  # noqa: PLC0415 - a third of a second, needed by few

    row, column = np.asarray(account), np.asarray(product)
    shape = (_count(row, accounts, "account"), _count(column, products, "product"))
    matrix = sparse.csr_array((np.ones(row.size, dtype=np.int32), (row, column)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _count(numbers: NDArray[np.int64], given: int | None, what: str) -> int:
    if numbers.size == 0:
        return given or 0
    lowest, highest = int(numbers.min()), int(numbers.max())
    limit = highest + 1 if given is None else given
    if lowest < 0 or highest >= limit:
        value = lowest if lowest < 0 else highest
        raise Invalid(CODES_OUT_OF_RANGE(what=what, value=value, limit=limit - 1))
    return limit


def co_purchases(
    account: ArrayLike, product: ArrayLike, *, accounts: int | None = None, products: int | None = None
) -> CoPurchases:
    """Count, for every two products, the accounts that bought both. Exact.

    account, product : (lines,) int ≥ 0, any order, repeated pairs count once.

    Where accounts buy few products each, this is the sparse product of the matrix with itself. Else a tile of
    products stands as a dense table of 16-bit marks, one row per account, and the row of each account is
    added to the counts of the products that it bought: contiguous memory, several times faster. Products go
    from the most to the least bought, so that each tile meets only those after it. Memory: the matrix of the
    lines, one tile and a few m² counts.

    >>> co_purchases([0, 0, 1, 1, 1], [0, 1, 0, 1, 2]).together
    array([[2, 2, 1],
           [2, 2, 1],
           [1, 1, 1]], dtype=int32)
    """
    matrix = purchase_matrix(account, product, accounts=accounts, products=products)
    width = np.diff(matrix.indptr).astype(np.float64)
    if (width**2).sum() * _SPARSE_STEP < matrix.nnz * matrix.shape[1]:
        return CoPurchases((matrix.T @ matrix).toarray(), matrix.shape[0])
    return CoPurchases(_count_in_tiles(matrix), matrix.shape[0])


def _count_in_tiles(matrix: csr_array) -> NDArray[np.int32]:
    buyers = np.bincount(matrix.indices, minlength=matrix.shape[1])
    order = np.argsort(-buyers, kind="stable")
    ranked = matrix[:, order].astype(np.int16)
    counts = np.zeros((order.size, order.size), dtype=np.int32)
    for start in range(0, ranked.shape[0], _BLOCK):
        _add_block(ranked[start : start + _BLOCK], counts)
    for start in range(_TILE, order.size, _TILE):
        counts[:start, start : start + _TILE] = counts[start : start + _TILE, :start].T
    place = np.argsort(order)
    together: NDArray[np.int32] = counts[np.ix_(place, place)]
    return together


def _add_block(block: csr_array, counts: NDArray[np.int32]) -> None:
    """Add the pairs of some accounts to the lower triangle of the counts."""
    rest = block
    for start in range(0, counts.shape[0], _TILE):
        if rest.nnz == 0:
            return
        tile = rest[:, :_TILE]
        counts[start:, start : start + _TILE] += rest.T @ tile.toarray()
        rest = rest[:, _TILE:]


@dataclass(frozen=True, slots=True)
class Recommendations:
    """What to offer next, best first: (a, k) arrays, row i for the i-th account asked for.

    product : −1 where there is nothing more to offer. score : sum of logarithms; comparable within an
        account only.
    because_of : the product the account has that speaks most for it. lift : of that pair, without shrinkage.
    buyers : accounts that buy both.
    """

    accounts: NDArray[np.int64]
    product: NDArray[np.int64]
    score: NDArray[np.float64]
    because_of: NDArray[np.int64]
    lift: NDArray[np.float64]
    buyers: NDArray[np.int64]

    def reasons(self, names: Sequence[str]) -> list[list[Reason]]:
        """Give a sentence per recommendation; `names` are those of the products."""
        rows = zip(self.product, self.because_of, self.lift, self.buyers, strict=True)
        return [
            [
                NEXT_PRODUCT(buyers=int(n), because_of=names[b], product=names[p], lift=float(v))
                for p, b, v, n in zip(*row, strict=True)
                if p >= 0
            ]
            for row in rows
        ]


def recommend(
    matrix: csr_array,
    found: CoPurchases,
    *,
    accounts: ArrayLike | None = None,
    count: int = 3,
    shrinkage: float = 10.0,
    damping: float = 0.25,
    minimum_together: int = 2,
) -> Recommendations:
    """Rank, for each account, the products that it never bought.

    matrix : from `purchase_matrix`; found : `co_purchases` of the same lines (or of another period's).
    accounts : rows to answer for, default all. count : products per account.

    score(q) = log share of accounts that buy q + |S|^−damping · Σ_{p ∈ S} log lift(p, q), S = products that
    the account has; the lift is shrunk by `shrinkage` accounts at chance. With damping 0 this is naive Bayes
    with the buyers of q as the class; products of one account repeat each other, so that their sum is damped.
    A product is offered only where at least `minimum_together` accounts bought it with one of S.
    Raises Declined where no account bought two products.
    Source: lift of Brin, Motwani, Ullman & Tsur 1997; score ours, judged against popularity by hold-out.

    >>> lines = [0, 0, 1, 1, 2, 2, 3, 4], [0, 1, 0, 1, 0, 1, 0, 2]
    >>> recommend(purchase_matrix(*lines), co_purchases(*lines), accounts=[3], count=1).product
    array([[1]])
    """
    asked = np.arange(matrix.shape[0]) if accounts is None else np.asarray(accounts, dtype=np.int64)
    if not np.triu(found.together, 1).any():
        raise Declined(NO_PAIRS())
    share = np.log(np.maximum(found.buyers, 0.5) / max(found.accounts, 1)).astype(np.float32)
    lift = np.maximum(np.nan_to_num(found.lift(shrinkage=shrinkage), nan=1.0), 1e-6)
    weight = np.log(lift).astype(np.float32)
    seen = (found.together >= minimum_together).astype(np.float32)
    parts = [
        _recommend(matrix[asked[start : start + 4096]], share, weight, seen, count=count, damping=damping)
        for start in range(0, asked.size, 4096)
    ]
    if not parts:
        empty = np.zeros((0, count))
        return Recommendations(asked, empty.astype(int), empty, empty.astype(int), empty, empty.astype(int))
    product, score, because = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _with_evidence(asked, product, score, because, found)


def _recommend(
    rows: csr_array,
    share: NDArray[np.float32],
    weight: NDArray[np.float32],
    seen: NDArray[np.float32],
    *,
    count: int,
    damping: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    width = np.maximum(np.diff(rows.indptr), 1).astype(np.float32)
    owned = rows.astype(np.float32)
    scores = share + (owned @ weight) * width[:, None] ** np.float32(-damping)
    allowed = (owned @ seen) > 0
    allowed[np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), rows.indices] = False
    scores[~allowed] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    score = np.take_along_axis(scores, best, axis=1).astype(np.float64)
    product = np.where(np.isfinite(score), best, -1)
    return product, np.where(product >= 0, score, np.nan), _because(rows, product, weight)


def _because(rows: csr_array, product: NDArray[np.int64], weight: NDArray[np.float32]) -> NDArray[np.int64]:
    """The product of the account with the largest lift to each recommendation; −1 where there is none."""
    best = np.full(product.shape, -1, dtype=np.int64)
    for column in range(product.shape[1]):
        wanted = product[:, column]
        filled = np.flatnonzero((wanted >= 0) & (np.diff(rows.indptr) > 0))
        owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        strength = np.where(wanted[owner] >= 0, weight[rows.indices, wanted[owner]], -np.inf)
        order = np.lexsort((rows.indices, -strength, owner))
        best[filled, column] = rows.indices[order[rows.indptr[:-1][filled]]]
    return best


def _with_evidence(
    asked: NDArray[np.int64],
    product: NDArray[np.int64],
    score: NDArray[np.float64],
    because: NDArray[np.int64],
    found: CoPurchases,
) -> Recommendations:
    known = (product >= 0) & (because >= 0)
    pair = np.where(known, because, 0), np.where(known, product, 0)
    buyers = np.where(known, found.together[pair], 0).astype(np.int64)
    chance = found.buyers[pair[0]].astype(np.float64) * found.buyers[pair[1]] / max(found.accounts, 1)
    lift = np.where(known, buyers / np.maximum(chance, 1e-300), np.nan)
    return Recommendations(asked, product, score, because, lift, buyers)


def most_popular(
    matrix: csr_array, *, accounts: ArrayLike | None = None, count: int = 3
) -> NDArray[np.int64]:
    """The baseline to beat: the products most bought by all that the account never bought, (a, count).

    −1 where it has everything. Ties go to the lower number.

    >>> most_popular(purchase_matrix([0, 1, 1, 2], [0, 0, 1, 0]), count=1).ravel()
    array([ 1, -1,  1])
    """
    asked = np.arange(matrix.shape[0]) if accounts is None else np.asarray(accounts, dtype=np.int64)
    buyers = np.bincount(matrix.indices, minlength=matrix.shape[1])
    order = np.argsort(-buyers, kind="stable")
    answer = np.full((asked.size, count), -1, dtype=np.int64)
    for start in range(0, asked.size, 4096):
        rows = matrix[asked[start : start + 4096]]
        free = np.ones((rows.shape[0], order.size), dtype=bool)
        free[np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), rows.indices] = False
        ranked = free[:, order] & (buyers[order] > 0)
        nth = np.cumsum(ranked, axis=1)
        row, column = np.nonzero(ranked & (nth <= count))
        answer[start + row, nth[row, column] - 1] = order[column]
    return answer
