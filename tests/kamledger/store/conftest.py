"""A ledger and a way to fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.kamledger.store.ledger_maker import FEED, NOON, reading

from kamledger.store import Batch, Conduct, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "ledger", conduct=Conduct(durable=False, patience_seconds=0))


@pytest.fixture
def load(ledger: Ledger, tmp_path: Path) -> Callable[..., Batch]:
    """Load lines into the ledger."""

    def loaded(*lines: dict[str, Any], mode: str = "auto", **how: Any) -> Batch:
        return ledger.load(reading(tmp_path / "staged", *lines, **how), feed=FEED, at=NOON, mode=mode)

    return loaded


@pytest.fixture
def rows(ledger: Ledger) -> Callable[..., list[dict[str, Any]]]:
    """Give the lines of the ledger, by their keys."""

    def collected(at_version: int | None = None) -> list[dict[str, Any]]:
        with ledger.engine(at_version=at_version) as engine:
            return sorted(engine.collect(engine.lines()).to_pylist(), key=lambda each: each["line_key"])

    return collected


@pytest.fixture
def revenues(rows: Callable[..., list[dict[str, Any]]]) -> Callable[..., dict[str, int]]:
    """Give the revenue of each line by its key."""
    return lambda at_version=None: {each["line_key"]: int(each["revenue"]) for each in rows(at_version)}
