"""Run one command on a ledger in a process of its own, and die at a step of it.

Called as: kill.py FOLDER COMMAND STEP, where STEP counts from 1 and 0 means to live and print the steps.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.kamledger.store.ledger_maker import FEED, NOON, line, reading

from kamledger.store import Conduct, Ledger

FIRST = [line(str(n), str(n), day=f"2026-0{n % 2 + 1}-10", account_key=f"A{n % 4}") for n in range(24)]
SECOND = [
    *(line(str(n), str(100 + n), day="2026-01-11") for n in range(0, 6, 2)),  # changed
    line("9", "9", day="2026-01-30"),  # moves from February
    *(line(f"new {n}", "7", day="2026-01-12") for n in range(3)),
]


def second(folder: Path):
    """Stage the files that the killed command loads."""
    return reading(folder.parent / "staged", *SECOND, accounts=[{"account_key": "A1", "name": "Ann"}])


def run(ledger: Ledger, command: str) -> None:
    """Do what the killed command did; the repeated command is the same call."""
    if command == "load":
        ledger.load(second(ledger.places.folder), feed=FEED, at=NOON)
    elif command == "undo":
        ledger.undo(ledger.history()[0].batch, at=NOON)
    elif command == "undo-last":
        ledger.undo(next(b.batch for b in ledger.history() if b.replaced), at=NOON)
    else:
        ledger.compact(at=NOON)


def main(folder: str, command: str, step: str) -> None:
    heard = []

    def observe(name: str) -> None:
        heard.append(name)
        if len(heard) == int(step):
            os.kill(os.getpid(), signal.SIGKILL)

    run(Ledger.open(Path(folder), conduct=Conduct(steps=observe)), command)
    sys.stdout.write("\n".join(heard))


if __name__ == "__main__":
    main(*sys.argv[1:])
