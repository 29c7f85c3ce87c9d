"""`make bench`: print every row of the budgets and write docs/benchmarks.md.

python -m benchmarks [area …]      # ledger analysis repeat_buying forecast lift; all without arguments
BIG=1 python -m benchmarks         # adds 100 million lines
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Row

AREAS = ("ledger", "analysis", "repeat_buying", "forecast", "lift")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = "| job | ours, s (spread) | peer | peer, s | ratio ours ÷ peer | budget | kept | peak, MiB |"


def machine() -> str:
    """Say what ran this, without naming the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    )


def line(row: Row) -> str:
    """Give the row of the table."""
    ratio = "–" if row.ratio is None else f"{row.ratio:.3g}"
    peer = "–" if row.peer_s is None else f"{row.peer_s:.3g}"
    peak = "–" if row.peak_mib is None else f"{row.peak_mib:.0f}"
    kept = {True: "yes", False: "**no**", None: "–"}[row.kept]
    return (
        f"| {row.name} | {row.ours_s:.3g} ({row.spread}) | {row.peer} | {peer} | {ratio} | {row.budget} "
        f"| {kept} | {peak} |"
    )


def main() -> None:
    """Run the areas asked for."""
    asked = sys.argv[1:] or list(AREAS)
    unknown = set(asked) - set(AREAS)
    if unknown:
        sys.exit(f"No such area: {', '.join(sorted(unknown))}. Choose from {', '.join(AREAS)}.")
    lines = [HEAD, "|---" * 8 + "|"]
    print(*lines, sep="\n")
    for area in asked:
        for row in importlib.import_module(f"benchmarks.{area}").rows(big=os.environ.get("BIG") == "1"):
            lines.append(line(row))
            print(lines[-1], flush=True)
    if asked == list(AREAS):
        when = datetime.now(UTC).date().isoformat()
        PAGE.write_text(
            f"# Benchmarks\n\n`make bench` on {when}: {machine()}. Medians of fresh processes on a shared "
            "machine: read the ratios, not the seconds. A ratio below 1 is faster than the peer.\n\n"
            + "\n".join(lines)
            + "\n"
        )


if __name__ == "__main__":
    main()
