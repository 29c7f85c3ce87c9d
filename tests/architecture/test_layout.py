"""What import-linter cannot see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
TEST_MODULES = sorted((ROOT / "tests").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "lib"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_stays_within_500_lines(path):
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize("path", TEST_MODULES, ids=relative)
def test_a_test_module_stays_within_1000_lines(path):
    assert len(path.read_text().splitlines()) <= 1000


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_is_not_named_after_nothing(path):
    assert path.stem not in FORBIDDEN_NAMES
    assert path.parent.name not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_says_what_it_is_for(path):
    if path.read_text().strip():
        assert ast.get_docstring(ast.parse(path.read_text())), f"{relative(path)} has no docstring"


def test_every_package_of_the_source_stands_in_the_contracts():
    said = (ROOT / ".importlinter").read_text()

    packages = {path.name for path in (ROOT / "src").iterdir() if (path / "__init__.py").exists()}

    for package in packages:
        assert said.count(package) >= 2, f"{package} is missing in .importlinter"


def test_no_lock_file_names_the_address_of_a_registry():
    for lock in ROOT.glob("requirements*.txt"):
        assert not re.search(r"https?://|--index|--find-links|file:", lock.read_text()), lock.name


def imported_by(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*sorted(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_statistics_does_not_import_heavy_libraries():
    loaded = imported_by("import kamstats")

    assert not loaded & {"scipy", "pandas", "pyarrow", "duckdb", "statsforecast", "polars"}


def test_importing_the_command_line_does_not_import_what_only_a_command_needs():
    loaded = imported_by("import kamcli.main")

    assert not loaded & {"numpy", "scipy", "pandas", "pyarrow", "duckdb", "deltalake", "narwhals", "jinja2"}
