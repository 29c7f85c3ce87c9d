"""Potential from peers: what comparable accounts buy and this one does not, or far less of.

Rows are accounts, columns are product lines (or products); the revenue of a period stands in the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from kamstats.reasons import Reason, Value

Kind = Literal["missing", "less"]
Matrix: TypeAlias = "NDArray[np.float64] | csr_array"

LINE_MISSING = sentence(
    "peers_buy_line",
    "{peers_buying} of {peers} comparable accounts buy {line}; this one does not. At their median share it "
    "would bring {expected_revenue}. Offer it.",
)
LINE_LESS = sentence(
    "peers_buy_more_of_line",
    "{peers_buying} of {peers} comparable accounts buy {line}, half of them for at least {peer_share:.1%} of "
    "what they buy; this one for {own_share:.1%}. At their median it would bring {expected_revenue} "
    "more. Ask who has the rest.",
)
TOO_FEW_PEERS = sentence(
    "too_few_peers", "Only {have} comparable accounts; a comparison needs at least {need}. Widen the segment."
)
NOTHING_BOUGHT = sentence(
    "nothing_bought",
    "The account bought nothing in the period, so it has no size to compare. Choose a longer period.",
)
POTENTIAL_SHAPES = sentence(
    "potential_shapes", "The {what} has the shape {have}; the revenue has {need}. Give arrays of equal shape."
)
NO_POTENTIAL_DATA = sentence(
    "no_potential_data",
    "{accounts} accounts bought something; peers need at least {need}. Load more accounts or a longer "
    "period.",
)

_CELLS = 4_000_000  # of the table of peers' purchases that is held at a time


@dataclass(frozen=True, slots=True)
class Peers:
    """The comparable accounts of each account.

    members : (n, k) int32 rows of the peers, −1 where there are fewer than k; best match first.
    """

    members: NDArray[np.int32]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many peers each account has, (n,)."""
        found: NDArray[np.int64] = np.count_nonzero(self.members >= 0, axis=1)
        return found


def find_peers(
    revenue: ArrayLike | csr_array,
    *,
    segment: ArrayLike | None = None,
    count: int = 30,
    candidates: int = 100,
) -> Peers:
    """Find the accounts that an account may be compared with.

    revenue : (n, m) float, accounts × lines of one period, dense or scipy.sparse; values ≤ 0 count as not
        bought.
    segment : (n,) int, −1 where not known. An account with a segment is compared inside it, one without with
        all.
    count, candidates : of the `candidates` accounts nearest in size (log of revenue, half of them above and
        half below by rank), the `count` whose mix is most alike are the peers.

    The mix is compared by cosine over the lines that the account itself buys, so that nobody becomes unlike
    for buying what this account lacks. Ties go to the nearer rank in size, then to the lower row.
    Accounts without revenue have no peers and are nobody's peer.
    Cost: n · candidates · m operations, in chunks.
    Source: our own rule; `candidates` and `count` are judged by `hit_rate` on later sales.

    >>> find_peers([[9.0, 1.0], [8.0, 0.0], [0.0, 9.0], [7.0, 2.0]], count=2).members
    array([[1, 3],
           [3, 0],
           [3, 0],
           [0, 1]], dtype=int32)
    """
    bought = _bought(revenue)
    size = _sums(bought, axis=1)
    unit = _rows_times(bought, 1 / np.maximum(np.sqrt(_sums(bought * bought, axis=1)), 1e-300))
    step = _chunk(candidates, bought.shape[1])
    member = np.full((bought.shape[0], count), -1, dtype=np.int32)
    for rows, pool in _pools(size, segment):
        order = pool[np.argsort(size[pool], kind="stable")]
        rank = np.empty(size.size, dtype=np.int64)
        rank[order] = np.arange(order.size)
        for start in range(0, rows.size, step):
            chunk = rows[start : start + step]
            member[chunk] = _most_alike(unit, chunk, order, rank, candidates=candidates, count=count)
    return Peers(member)


def _bought(revenue: ArrayLike | csr_array) -> Matrix:
    """Take the amounts above zero, as an array or, where a sparse matrix was given, as csr_array."""
    if hasattr(revenue, "tocsr"):
        from scipy.sparse import csr_array  # noqa: PLC0415 - the caller has loaded it

        sparse = csr_array(revenue, dtype=np.float64, copy=True)
        sparse.data = np.maximum(np.nan_to_num(sparse.data), 0.0)
        return sparse
    matrix = np.asarray(revenue, dtype=np.float64)
    if matrix.ndim != 2:
        raise Invalid(POTENTIAL_SHAPES(what="revenue", have=str(matrix.shape), need="(accounts, lines)"))
    return np.maximum(np.nan_to_num(matrix), 0.0)


def _sums(matrix: Matrix, *, axis: int) -> NDArray[np.float64]:
    return np.asarray(matrix.sum(axis=axis), dtype=np.float64).ravel()


def _rows_times(matrix: Matrix, factor: NDArray[np.float64]) -> Matrix:
    """Multiply each row by its factor."""
    if isinstance(matrix, np.ndarray):
        times: NDArray[np.float64] = matrix * factor[:, None]
        return times
    scaled = matrix.copy()
    scaled.data *= np.repeat(factor, np.diff(matrix.indptr))
    return scaled


def _dense_rows(matrix: Matrix, rows: NDArray[np.integer]) -> NDArray[np.float64]:
    """Give rows as a dense array of the shape of `rows` and one more axis for the columns."""
    dense: NDArray[np.float64]
    if isinstance(matrix, np.ndarray):
        dense = matrix[rows]
    else:
        dense = matrix[rows.ravel()].toarray().reshape(*rows.shape, matrix.shape[1])
    return dense


def _chunk(depth: int, columns: int) -> int:
    """How many accounts to take at a time, so that memory stays bounded whatever the number of columns."""
    return max(1, _CELLS // max(depth * columns, 1))


def _pools(
    size: NDArray[np.float64], segment: ArrayLike | None
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of (accounts, the pool in which their peers are sought)."""
    everyone = np.flatnonzero(size > 0)
    if segment is None:
        return [(everyone, everyone)]
    label = np.asarray(segment)
    if label.shape != size.shape:
        raise Invalid(POTENTIAL_SHAPES(what="segment", have=str(label.shape), need=str(size.shape)))
    by_label = everyone[np.argsort(label[everyone], kind="stable")]
    cuts = np.flatnonzero(np.diff(label[by_label])) + 1
    pools = [part for part in np.split(by_label, cuts) if part.size]
    return [(pool, pool if label[pool[0]] >= 0 else everyone) for pool in pools]


def _most_alike(
    unit: Matrix,
    rows: NDArray[np.int64],
    order: NDArray[np.int64],
    rank: NDArray[np.int64],
    *,
    candidates: int,
    count: int,
) -> NDArray[np.int32]:
    """Pick the `count` best of the nearest in size for each of `rows`."""
    half = max(candidates // 2, 1)
    steps = np.array([sign * step for step in range(1, half + 1) for sign in (1, -1)])
    place = rank[rows][:, None] + steps
    inside = (place >= 0) & (place < order.size)
    near = order[np.where(inside, place, 0)]
    own = _dense_rows(unit, rows)
    others = _dense_rows(unit, near)
    others *= (own > 0)[:, None, :]
    length = np.sqrt(np.einsum("ckm,ckm->ck", others, others))
    cosine = np.einsum("ckm,cm->ck", others, own) / np.maximum(length, 1e-300)
    distance = np.where(inside, -np.round(cosine, 12), np.inf)
    best = np.argsort(distance, axis=1, kind="stable")[:, :count]
    found = np.take_along_axis(np.where(inside, near, -1), best, axis=1).astype(np.int32)
    result = np.full((rows.size, count), -1, dtype=np.int32)
    result[:, : found.shape[1]] = found
    return result


@dataclass(frozen=True, slots=True)
class Potential:
    """What could still be sold, best first: one entry per account and line, arrays of equal length.

    account, line : rows and columns of the revenue. kind : "missing" or "less".
    peers, peers_buying : counts. peer_share : median share of the line in the purchases of the peers who buy
        it.
    own_share : the account's own share of the line. expected_revenue : above today's, for the same length of
    period. expected_income : the same times the line's margin; NaN where income is not known.
    score : expected income (revenue where unknown) × share of peers who buy; the order of the list.
    declined : (n,) per account of the input, None or why there is no comparison.
    """

    account: NDArray[np.int64]
    line: NDArray[np.int64]
    kind: NDArray[np.str_]
    peers: NDArray[np.int64]
    peers_buying: NDArray[np.int64]
    peer_share: NDArray[np.float64]
    own_share: NDArray[np.float64]
    expected_revenue: NDArray[np.float64]
    expected_income: NDArray[np.float64]
    score: NDArray[np.float64]
    declined: tuple[Reason | None, ...]

    def reasons(self, lines: Sequence[str]) -> list[Reason]:
        """Give one sentence per entry; `lines` are the names of the columns."""
        return [self._reason(i, lines[self.line[i]]) for i in range(self.account.size)]

    def _reason(self, i: int, line: str) -> Reason:
        values: dict[str, Value] = {
            "peers": int(self.peers[i]),
            "peers_buying": int(self.peers_buying[i]),
            "line": line,
            "peer_share": float(self.peer_share[i]),
            "own_share": float(self.own_share[i]),
            "expected_revenue": Decimal(f"{self.expected_revenue[i]:.2f}"),
        }
        return (LINE_MISSING if self.kind[i] == "missing" else LINE_LESS)(**values)


def find_potential(
    revenue: ArrayLike | csr_array,
    *,
    income: ArrayLike | csr_array | None = None,
    peers: Peers | None = None,
    accounts: ArrayLike | None = None,
    segment: ArrayLike | None = None,
    minimum_buying: float = 0.40,
    far_less: float = 0.50,
    minimum_peers: int = 5,
) -> Potential:
    """Find what each account could still buy, judged by what comparable accounts do buy.

    revenue : (n, m) float, accounts × lines of one period, dense or scipy.sparse. income : (n, m) or None.
    peers : from `find_peers`; found here with its defaults (and `segment`) where not given. For thousands of
        products give a sparse matrix, and the peers found by product line.
    accounts : rows to judge, default all.
    minimum_buying : a line counts where at least this fraction of the peers buys it.
    far_less : "less" = the account's share of the line is below this fraction of the peers' median share.

    Expected revenue = median share of the line among the peers who buy it × the account's revenue (less what
    it buys already). Expected income = that × the margin of the line over all accounts.
    Raises Declined where fewer than `minimum_peers` + 1 accounts bought anything; an account with too few
    peers or without purchases has no entries and a reason in `declined`.
    Source: our rule after design §4.10; its hit rate on later sales is `hit_rate`.

    >>> sold = [[80.0, 20.0]] * 5 + [[50.0, 0.0]]
    >>> found = find_potential(sold)
    >>> found.account, found.line, found.expected_revenue.round(6)
    (array([5]), array([1]), array([10.]))
    """
    bought = _bought(revenue)
    size = _sums(bought, axis=1)
    if np.count_nonzero(size) <= minimum_peers:
        raise Declined(NO_POTENTIAL_DATA(accounts=int(np.count_nonzero(size)), need=minimum_peers + 1))
    known = find_peers(bought, segment=segment) if peers is None else peers
    share = _rows_times(bought, 1 / np.where(size > 0, size, 1.0))
    asked = np.arange(size.size) if accounts is None else np.asarray(accounts, dtype=np.int64)
    step = _chunk(known.members.shape[1], share.shape[1])
    parts = [
        _of_chunk(
            share,
            known.members,
            asked[start : start + step],
            minimum_buying=minimum_buying,
            far_less=far_less,
            minimum_peers=minimum_peers,
        )
        for start in range(0, max(asked.size, 1), step)
    ]
    account, line, buying, median, own = (np.concatenate(column) for column in zip(*parts, strict=True))
    margin = _margins(bought, income)
    extra = (median - own) * size[account]
    earned = extra * margin[line]
    count = known.counts
    score = np.where(np.isnan(earned), extra, earned) * buying / count[account]
    order = np.lexsort((line, account, -score))
    return Potential(
        account=account[order],
        line=line[order],
        kind=np.where(own > 0, "less", "missing")[order],
        peers=count[account][order],
        peers_buying=buying[order],
        peer_share=median[order],
        own_share=own[order],
        expected_revenue=extra[order],
        expected_income=earned[order],
        score=score[order],
        declined=_declined(size, count, minimum_peers),
    )


def _of_chunk(
    share: Matrix,
    members: NDArray[np.int32],
    rows: NDArray[np.int64],
    *,
    minimum_buying: float,
    far_less: float,
    minimum_peers: int,
) -> tuple[NDArray[Any], ...]:
    """Account, line, peers buying, their median share and the own one, of the cells worth an offer."""
    near = members[rows]
    theirs = _dense_rows(share, near)
    theirs[near < 0] = 0.0
    buying = np.count_nonzero(theirs > 0, axis=1)
    enough = np.count_nonzero(near >= 0, axis=1)
    needed = np.maximum(np.ceil(minimum_buying * enough - 1e-9), 1)
    row, line = np.nonzero((buying >= needed[:, None]) & (enough >= minimum_peers)[:, None])
    median = _median_of_buyers(theirs[row, :, line], buying[row, line])
    own = _dense_rows(share, rows)[row, line]
    worth = own < far_less * median
    return rows[row[worth]], line[worth], buying[row, line][worth], median[worth], own[worth]


def _median_of_buyers(values: NDArray[np.float64], buying: NDArray[np.int64]) -> NDArray[np.float64]:
    """Median of the values above zero of each row, of which there are `buying`."""
    ordered = np.sort(values, axis=1)
    first = values.shape[1] - buying
    lower, upper = (first + (buying + odd - 1) // 2 for odd in (0, 1))
    pick = np.arange(len(values))
    middle: NDArray[np.float64] = (ordered[pick, lower] + ordered[pick, upper]) / 2
    return middle


def _margins(bought: Matrix, income: ArrayLike | csr_array | None) -> NDArray[np.float64]:
    """Income per revenue of each line; NaN where it is not known or nothing was sold."""
    sold = _sums(bought, axis=0)
    if income is None:
        return np.full(sold.size, np.nan)
    earned: Any = income if hasattr(income, "tocsr") else np.nan_to_num(np.asarray(income, dtype=np.float64))
    if earned.shape != bought.shape:
        raise Invalid(POTENTIAL_SHAPES(what="income", have=str(earned.shape), need=str(bought.shape)))
    return np.where(sold > 0, _sums(earned, axis=0) / np.where(sold > 0, sold, 1.0), np.nan)


def _declined(
    size: NDArray[np.float64], count: NDArray[np.int64], minimum_peers: int
) -> tuple[Reason | None, ...]:
    reasons: list[Reason | None] = [None] * size.size
    for i in np.flatnonzero(count < minimum_peers):
        bought = size[i] > 0
        reasons[i] = TOO_FEW_PEERS(have=int(count[i]), need=minimum_peers) if bought else NOTHING_BOUGHT()
    return tuple(reasons)


@dataclass(frozen=True, slots=True)
class HitRate:
    """How often a suggestion came true in the period after it."""

    suggestions: int
    hits: int

    @property
    def rate(self) -> float:
        """Hits per suggestion; NaN without suggestions."""
        return self.hits / self.suggestions if self.suggestions else float("nan")


def hit_rate(account: ArrayLike, item: ArrayLike, bought_later: ArrayLike) -> HitRate:
    """Count the suggestions that were bought in the hold-out.

    account, item : (s,) int, the suggestions; entries with item < 0 are passed over.
    bought_later : (n, m) bool, or any array whose values above zero mean bought.

    >>> hit_rate([0, 1, 1], [1, 0, -1], [[0, 5], [0, 0]])
    HitRate(suggestions=2, hits=1)
    """
    row, column = np.asarray(account, dtype=np.int64), np.asarray(item, dtype=np.int64)
    made = column >= 0
    came = np.asarray(bought_later)[row[made], column[made]] > 0
    return HitRate(int(made.sum()), int(came.sum()))
