"""The engines that analyses run on: DuckDB by default, Spark for those who outgrow one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kamledger.engine.duck import DuckEngine
from kamledger.engine.origin import MEMORY, Engine, Origin
from kamledger.engine.spark import SparkEngine
from kamledger.progress import Progress, silent
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Engine", "Origin", "open_engine"]

UNKNOWN_ENGINE = sentence(
    "engine_unknown", 'There is no engine "{name}". Use "duckdb", "spark:local[2]" or an address "spark://…".'
)


def open_engine(
    name: str,
    origin: Origin,
    *,
    memory: str = MEMORY,
    scratch: Path | None = None,
    progress: Progress = silent,
) -> Engine:
    """Start an engine: "duckdb", "spark:MASTER" (such as "spark:local[2]") or "spark://HOST:PORT".

    `scratch` is room for spilling, by default below the ledger. Raises Invalid for another name, or where
    pyspark is not installed.
    """
    if name == "duckdb":
        return DuckEngine.start(origin, memory=memory, scratch=scratch, progress=progress)
    if name.startswith("spark:"):
        return SparkEngine.start(origin, name)
    raise Invalid(UNKNOWN_ENGINE(name=name))
