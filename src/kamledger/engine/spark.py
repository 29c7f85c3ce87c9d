"""Spark: the distributed engine. The same expressions over the same files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import narwhals as nw

from kamledger.derived import kept, mix_of, months_of, orders_of
from kamledger.engine.origin import SCHEMAS, Origin
from kamledger.schema import Flag
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from types import TracebackType

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

NO_SPARK = sentence(
    "engine_spark_missing",
    'The engine "{name}" needs pyspark and Java. Install the extra "spark" and Java 17.',
)
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


@dataclass(slots=True)
class SparkEngine:
    """Spark over the data files of one version; the derived tables are computed when asked for."""

    origin: Origin
    session: SparkSession

    @classmethod
    def start(cls, origin: Origin, name: str) -> Self:
        """Start or join a session: "spark:local[2]", "spark://HOST:PORT"."""
        try:
            from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and it takes half a second
        except ImportError as fault:
            raise Invalid(NO_SPARK(name=name)) from fault
        master = name if name.startswith("spark://") else name.removeprefix("spark:")
        builder = SparkSession.builder.master(master).appName("Kamerton")
        for key, value in _SETTINGS.items():
            builder = builder.config(key, value)
        return cls(origin, builder.getOrCreate())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def lines(self) -> nw.LazyFrame[DataFrame]:
        """Give all lines as stored, with their flags and the batch that brought them."""
        paths = [str(path) for path in self.origin.paths()]
        if not paths:
            return self.frame(SCHEMAS["lines"].empty_table())
        rows = self.session.read.option("basePath", str(self.origin.table)).parquet(*paths)
        return _frame(rows.select(*SCHEMAS["lines"].names))

    def months(self, left_out: Flag = Flag.NO_ACCOUNT) -> nw.LazyFrame[DataFrame]:
        """Give money by account, manager, department and month (schema MONTHS)."""
        return months_of(kept(self.lines(), left_out))

    def orders(self, left_out: Flag = Flag.NO_ACCOUNT) -> nw.LazyFrame[DataFrame]:
        """Give account-days (schema ORDERS)."""
        return orders_of(kept(self.lines(), left_out))

    def mix(self, left_out: Flag = Flag.NO_ACCOUNT) -> nw.LazyFrame[DataFrame]:
        """Give products by account and month (schema MIX)."""
        return mix_of(kept(self.lines(), left_out))

    def accounts(self) -> pa.Table:
        """Give the accounts that master data or the files name (schema ACCOUNT)."""
        return self.origin.masters["accounts"]

    def products(self) -> pa.Table:
        """Give the products (schema PRODUCT)."""
        return self.origin.masters["products"]

    def group_members(self) -> pa.Table:
        """Give which account belongs to which group, and when (schema GROUP_MEMBER)."""
        return self.origin.masters["group_members"]

    def frame(self, table: pa.Table) -> nw.LazyFrame[DataFrame]:
        """Make a small table a frame of this engine, to be joined with the others."""
        return _frame(self.session.createDataFrame(table))

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run a frame of this engine and bring the rows as Arrow."""
        return nw.to_native(frame).toArrow()

    def close(self) -> None:
        """End the session."""
        self.session.stop()


def _frame(rows: DataFrame) -> nw.LazyFrame[DataFrame]:
    frame: nw.LazyFrame[DataFrame] = nw.from_native(rows)
    return frame
