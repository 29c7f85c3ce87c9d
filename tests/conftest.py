"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "kamerton", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kamerton")

REQUIRE_ALL = os.environ.get("KAMERTON_REQUIRE_ALL") == "1"


def missing(what: str) -> None:
    """Skip a test for want of `what`, or fail where nothing may be wanting (CI)."""
    if REQUIRE_ALL:
        pytest.fail(f"{what}, but KAMERTON_REQUIRE_ALL=1 demands it.")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of the real ledgers, which are never part of the project."""
    folder = Path(os.environ.get("KAMERTON_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"The real ledgers are not at {folder}: set KAMERTON_DATA to their folder.")
    return folder
