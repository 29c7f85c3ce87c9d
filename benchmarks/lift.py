"""What is bought together: our exact counts against the sparse product of SciPy, in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import Row, in_own_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNTS, PRODUCTS = 100_000, 2_000


def invented(lines: int) -> tuple[np.ndarray, np.ndarray]:
    """Lines of a wholesaler: few large accounts and few popular products, many small ones."""
    rng = np.random.default_rng(1)
    popularity = 1 / np.arange(1, PRODUCTS + 1) ** 0.8
    size = rng.lognormal(0, 1, ACCOUNTS)
    account = np.repeat(np.arange(ACCOUNTS, dtype=np.int32), rng.multinomial(lines, size / size.sum()))
    product = rng.choice(PRODUCTS, lines, p=popularity / popularity.sum()).astype(np.int32)
    return account, product


def ours(lines: int) -> Callable[[], int]:
    """Counts and lift by kamstats; the import of SciPy is not timed on either side."""
    import scipy.sparse  # noqa: F401 - loaded before the clock starts

    from kamstats.next_product import co_purchases

    account, product = invented(lines)

    def job() -> int:
        found = co_purchases(account, product, accounts=ACCOUNTS, products=PRODUCTS)
        found.lift(shrinkage=10.0)
        return int(found.together.sum(dtype=np.int64))

    return job


def sparse(lines: int) -> Callable[[], int]:
    """The same counts and lift as one would write them with SciPy."""
    from scipy.sparse import csr_matrix

    account, product = invented(lines)

    def job() -> int:
        bought = csr_matrix((np.ones(lines, np.int32), (account, product)), shape=(ACCOUNTS, PRODUCTS))
        bought.data[:] = 1
        together = (bought.T @ bought).toarray()
        buyers = together.diagonal().astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            (together + 10.0) / (np.outer(buyers, buyers) / ACCOUNTS + 10.0)
        return int(together.sum(dtype=np.int64))

    return job


def rows(*, big: bool = False) -> Iterator[Row]:
    """Give the rows of the budgets on co-purchases."""
    for lines in (1_000_000, 10_000_000, *((100_000_000,) if big else ())):
        mine = in_own_process("benchmarks.lift:ours", lines)
        peer = in_own_process("benchmarks.lift:sparse", lines)
        if mine.answer != peer.answer:
            msg = f"The counts differ: {mine.answer} and {peer.answer}."
            raise AssertionError(msg)
        yield Row(
            name=f"co-purchase lift, {lines // 1_000_000} M lines, 100 k accounts × 2 k products",
            ours_s=mine.median,
            peer="scipy.sparse",
            peer_s=peer.median,
            budget="≤ 1 ×, ≤ 700 MiB",
            kept=mine.median <= peer.median and mine.peak_mib <= 700,
            peak_mib=mine.peak_mib,
            spread=mine.spread,
        )
