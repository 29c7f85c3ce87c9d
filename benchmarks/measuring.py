"""Time and peak memory of a job, each in a process of its own, against a floor or a peer in the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPEATS = int(os.environ.get("REPEATS", "3"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: our median, the peer's median, their ratio and the budget in words."""

    name: str
    ours_s: float
    peer: str
    peer_s: float | None
    budget: str
    kept: bool | None  # None: no ratio to judge (a curve, an orientation)
    peak_mib: float | None = None
    spread: str = ""

    @property
    def ratio(self) -> float | None:
        return None if not self.peer_s else self.ours_s / self.peer_s


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of the repeats and the peak memory of the process."""

    seconds: tuple[float, ...]
    peak_mib: float
    answer: object = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> str:
        return f"{min(self.seconds):.3g}–{max(self.seconds):.3g}"


def in_own_process(function: str, *args: object, repeats: int = REPEATS) -> Measured:
    """Run `module:function(*args)` in fresh processes; each times itself and prints its peak memory.

    `args` go as JSON. The function does its untimed preparation, then returns a callable to time.
    """
    runs = [_one(function, args) for _ in range(repeats)]
    return Measured(
        seconds=tuple(run["seconds"] for run in runs),
        peak_mib=max(run["peak_mib"] for run in runs),
        answer=runs[-1]["answer"],
    )


def _one(function: str, args: tuple[object, ...]) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measuring", function, json.dumps(args)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    if done.returncode:
        raise RuntimeError(f"{function} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _peak_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> None:
    """Be the fresh process."""
    module_name, _, name = sys.argv[1].partition(":")
    module = __import__(module_name, fromlist=[name])
    job = getattr(module, name)(*json.loads(sys.argv[2]))
    started = time.perf_counter()
    answer = job()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_mib": _peak_mib(), "answer": answer}, default=str))


if __name__ == "__main__":
    main()
