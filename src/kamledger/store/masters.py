"""Accounts, products and groups beside the lines: kept per batch, so that an undo takes them back too."""

# ruff: noqa: S608 - values go into SQL by session.text, names are our own

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from kamledger.schema import ACCOUNT, GROUP_MEMBER, PRODUCT
from kamledger.session import connect, parquet, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kamledger.store.batches import Batches
    from kamledger.store.places import Places

SCHEMAS: Mapping[str, pa.Schema] = {"accounts": ACCOUNT, "products": PRODUCT, "group_members": GROUP_MEMBER}
_KEYS = {"accounts": "account_key", "products": "product_key"}


class HasMasters(Protocol):
    """What a reading brings besides lines."""

    @property
    def accounts(self) -> pa.Table: ...
    @property
    def products(self) -> pa.Table: ...
    @property
    def group_members(self) -> pa.Table: ...


def standing(places: Places, batches: Batches, kind: str) -> pa.Table:
    """Give the master data of one kind as all loads that are not undone leave it.

    A later load wins field by field; a field it leaves empty stays as it was. A load that says an account's
    groups replaces all that was said of the account's groups before.
    """
    loads = [
        each.batch for each in batches.loads if kind in each.masters and each.batch not in batches.undone
    ]
    return fold(places, [places.master(batch, kind) for batch in loads], kind)


def fold(places: Places, files: list[Path], kind: str) -> pa.Table:
    """Lay the files of one kind over each other, the last on top."""
    schema = SCHEMAS[kind]
    if not files:
        return schema.empty_table()
    connection = connect([places.folder], scratch=places.scratch)
    try:
        rows = connection.sql(_query(files, kind)).to_arrow_table()
    finally:
        connection.close()
    return rows.cast(schema)


def _query(files: list[Path], kind: str) -> str:
    listed = ", ".join(text(path) for path in files)
    ordered = (
        f"SELECT * EXCLUDE (filename), list_position([{listed}], filename) AS n "
        f"FROM {parquet(files, {'filename': 'true'})}"
    )
    if kind == "group_members":
        return (
            f"WITH said AS ({ordered}) SELECT DISTINCT * EXCLUDE (n) FROM said "
            "QUALIFY n = max(n) OVER (PARTITION BY source, account_key) "
            "ORDER BY source, account_key, valid_from, group_key"
        )
    key = _KEYS[kind]
    values = ", ".join(
        f"arg_max({name}, n) FILTER ({name} IS NOT NULL) AS {name}"
        for name in SCHEMAS[kind].names
        if name not in ("source", key)
    )
    return (
        f"WITH said AS ({ordered}) SELECT source, {key}, {values} FROM said "
        f"GROUP BY source, {key} ORDER BY source, {key}"
    )


def brought(reading: HasMasters) -> dict[str, pa.Table]:
    """Give the master data of a reading that has any."""
    tables = {kind: getattr(reading, kind) for kind in SCHEMAS}
    return {kind: rows.cast(SCHEMAS[kind]) for kind, rows in tables.items() if rows.num_rows}


def write(places: Places, batch: str, tables: Mapping[str, pa.Table]) -> list[Path]:
    """Write the master data of a batch."""
    written = []
    for kind, rows in tables.items():
        path = places.master(batch, kind)
        path.parent.mkdir(exist_ok=True)
        pq.write_table(rows, path)
        written.append(path)
    return written
