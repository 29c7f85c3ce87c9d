"""docs/reference/settings.md says what the program does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kamreport.loading_settings import NOT_SETTINGS, allowed, keys, load_settings, text_of, value_of
from kamreport.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
ROWS = {
    key: (default.strip("`"), said, meaning)
    for key, default, said, meaning in re.findall(
        r"^\| `([^`]+)` \| (.*?) \| (.*?) \| (.+) \|$", PAGE, re.MULTILINE
    )
}


def test_every_setting_has_its_row_in_the_order_of_the_program():
    assert list(ROWS) == list(keys())


def test_every_row_gives_the_default_and_what_is_allowed():
    for key, (default, said, meaning) in ROWS.items():
        assert default == text_of(value_of(Settings(), key)), key
        assert said == allowed(key), key
        assert meaning, key


def test_the_other_variables_are_named():
    for variable in NOT_SETTINGS:
        assert f"`{variable}`" in PAGE


def test_the_example_of_the_page_can_be_loaded(tmp_path):
    example = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    (tmp_path / "kamerton.toml").write_text(example, encoding="utf-8")

    loaded = load_settings(file=tmp_path / "kamerton.toml")

    assert tomllib.loads(example)["period"] == loaded.settings.period
    assert loaded.origins["loss.supplier_steps"] == "file"
