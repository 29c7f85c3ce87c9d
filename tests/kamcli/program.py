"""The program `kamerton` as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KAMERTON = str(Path(sys.executable).with_name("kamerton"))


def kamerton(folder: Path, *words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder; its output is text, and nothing of ours is in its environment."""
    return subprocess.run(
        [KAMERTON, *map(str, words)],
        cwd=folder,
        env=bare_environment() | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def bare_environment() -> dict[str, str]:
    """Give the environment without what would set something."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("KAMERTON_", "_KAMERTON"))
    }
