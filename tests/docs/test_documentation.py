"""The documentation says what is true: its examples run, its links lead somewhere, its commands exist."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)")
KAMERTON = str(Path(sys.executable).with_name("kamerton"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands() -> list[tuple[str, str]]:
    """List the pages with `$ kamerton …` lines in ```console blocks, and the lines of each page in order."""
    found = []
    for page in PAGES:
        lines = [
            line.removeprefix("$ ")
            for block in CONSOLE.findall(page.read_text())
            for line in block.splitlines()
            if line.startswith("$ ")
        ]
        if lines:
            found.append((relative(page), "\n".join(lines)))
    return found


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_the_python_examples_of_a_page_give_what_it_says(page):
    failed, _ = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )

    assert failed == 0


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_relative_link_of_a_page_leads_to_a_file(page):
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]

    missing = [target for target in targets if not (page.parent / target).exists()]

    assert not missing


@pytest.mark.parametrize(("page", "lines"), commands(), ids=lambda value: value if "\n" not in value else "")
def test_the_commands_of_a_page_run_in_the_order_written(page, lines, tmp_path):
    environment = {**os.environ, "NO_COLOR": "1"}
    for line in lines.splitlines():
        words = shlex.split(line, comments=True)
        assert words[0] == "kamerton", f"{page}: only kamerton commands are run, not {line!r}"
        done = subprocess.run(
            [KAMERTON, *words[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
