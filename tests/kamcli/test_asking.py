"""What the commands prepare before they read anything."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from kamcli.asking import _spare_pandas
_spare_pandas()
import pyarrow as pa
pa.array([1])
sys.exit("pandas" in sys.modules or any("Nowhere" in str(finder) for finder in sys.meta_path))
"""


def test_the_first_array_of_a_command_imports_no_pandas():
    assert subprocess.run([sys.executable, "-c", PROGRAM], check=False).returncode == 0
