"""Settings come from the right source, and what is wrong is said with its key."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamreport.loading_settings import (
    LIMITS,
    NOT_SETTINGS,
    RISING,
    allowed,
    keys,
    load_settings,
    text_of,
    value_of,
    variable_of,
)
from kamreport.settings import Settings
from kamstats.errors import Invalid


@pytest.fixture
def toml(tmp_path):
    def write(text: str):
        path = tmp_path / "kamerton.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_an_option_wins_over_the_environment_that_over_the_file_that_over_the_default(toml):
    file = toml('by = "income"\nseed = 2\nlang = "fi"\n')
    environment = {"KAMERTON_BY": "auto", "KAMERTON_SEED": "3"}

    loaded = load_settings(options={"by": "revenue"}, environment=environment, file=file)

    assert (loaded.settings.by, loaded.settings.seed, loaded.settings.lang) == ("revenue", 3, "fi")
    assert [loaded.origins[key] for key in ("by", "seed", "lang", "period")] == [
        "option",
        "environment",
        "file",
        "default",
    ]


def test_nothing_said_gives_the_defaults(tmp_path):
    loaded = load_settings(file=tmp_path / "absent.toml")

    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}


def test_a_decimal_of_the_file_is_exact(toml):
    loaded = load_settings(file=toml("[key]\nthreshold = 0.1000000000000000055511151231257827\n"))

    assert loaded.settings.key.threshold == Decimal("0.1000000000000000055511151231257827")


def test_supplier_steps_are_read_from_the_file_and_from_an_option(toml):
    steps = ((Decimal(100000), Decimal("0.02")), (Decimal(250000), Decimal("0.04")))

    from_file = load_settings(file=toml("[loss]\nsupplier_steps = [[100000, 0.02], [250000, 0.04]]\n"))
    from_option = load_settings(options={"loss.supplier_steps": "100000:0.02, 250000:0.04"})

    assert from_file.settings.loss.supplier_steps == steps
    assert from_option.settings.loss.supplier_steps == steps


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("by", "profit"),
        ("key.threshold", "1.5"),
        ("key.threshold", "ten"),
        ("key.threshold", "NaN"),
        ("key.threshold", "Infinity"),
        ("potential.peers", "0"),
        ("potential.peers", "2.5"),
        ("dirt.postage", "maybe"),
        ("period", "12 months"),
        ("period", "2025-12-31:2025-01-01"),
        ("as_of", "31.12.2025"),
        ("currency", "euros"),
        ("loss.supplier_steps", "100000"),
        ("loss.supplier_steps", "250000:0.04, 100000:0.02"),
        ("rhythm.least_orders", "1"),
    ],
)
def test_a_bad_value_is_refused_with_key_value_source_and_what_is_allowed(key, value):
    with pytest.raises(Invalid) as refused:
        load_settings(options={key: value})

    assert refused.value.reason.values == {
        "key": key,
        "value": value,
        "source": "option",
        "allowed": allowed(key),
    }


@pytest.mark.parametrize(
    ("key", "nearest"), [("treshold", "key.threshold"), ("key.treshold", "key.threshold"), ("By", "by")]
)
def test_an_unknown_key_is_refused_with_the_nearest(key, nearest, toml):
    with pytest.raises(Invalid, match=f'nearest is "{nearest}"'):
        load_settings(options={key: "1"})

    text = f"{key} = 1\n" if "." not in key else f"[key]\n{key.split('.')[1]} = 1\n"
    with pytest.raises(Invalid, match=f'nearest is "{nearest}"'):
        load_settings(file=toml(text))


def test_a_misspelt_variable_is_refused_and_a_foreign_one_let_pass():
    with pytest.raises(Invalid, match="KAMERTON_KEY_THRESHOLD"):
        load_settings(environment={"KAMERTON_KEY_TRESHOLD": "0.2"})

    foreign = {"KAMERTON_WEB_WORKERS": "2", "PATH": "/bin", **dict.fromkeys(NOT_SETTINGS, "x")}
    assert load_settings(environment=foreign).settings == Settings()


@pytest.mark.parametrize("text", ["by = income", "[key", 'by = "\x00"', "= 1"])
def test_a_file_that_is_not_toml_is_refused_by_name(toml, text):
    with pytest.raises(Invalid, match=r"kamerton\.toml") as refused:
        load_settings(file=toml(text))

    assert refused.value.reason.code == "bad_settings_file"


def test_a_file_of_bytes_is_refused(tmp_path):
    (tmp_path / "kamerton.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(Invalid, match="cannot be read"):
        load_settings(file=tmp_path / "kamerton.toml")


@pytest.mark.parametrize(
    ("options", "lower", "upper"),
    [
        ({"abc.a": "0.97"}, "abc.a", "abc.b"),
        ({"bands.severe": "0.60"}, "bands.severe", "bands.critical"),
        ({"xyz.x": "0.9", "xyz.y": "0.5"}, "xyz.x", "xyz.y"),
        ({"rhythm.lost_below": "0.2"}, "rhythm.lost_below", "rhythm.drifting_below"),
    ],
)
def test_limits_that_do_not_rise_are_refused(options, lower, upper):
    with pytest.raises(Invalid, match="they must rise") as refused:
        load_settings(options=options)

    assert refused.value.reason.values["lower"] == lower
    assert refused.value.reason.values["upper"] == upper


@pytest.mark.parametrize("key", list(keys()))
def test_every_default_can_be_said_by_option_and_by_variable(key):
    text = text_of(value_of(Settings(), key))

    assert load_settings(options={key: text}).settings == Settings()
    assert load_settings(environment={variable_of(key): text}).settings == Settings()


@given(st.sampled_from(list(keys())), st.text(max_size=30))
def test_any_text_is_taken_or_refused_and_never_a_fault(key, text):
    try:
        loaded = load_settings(options={key: text})
    except Invalid as refused:
        assert refused.reason.code in {"bad_setting", "settings_out_of_order"}  # noqa: PT017
    else:
        assert loaded.origins[key] == "option"


def test_every_number_has_its_limits_and_every_limit_its_key():
    numbers = {key for key in keys() if allowed(key).startswith(("a number", "a whole number"))}

    assert numbers == set(LIMITS)
    assert {key for chain in RISING for key in chain} <= set(keys())


def test_two_keys_never_share_a_variable():
    variables = [variable_of(key) for key in keys()]

    assert len(set(variables)) == len(variables)
