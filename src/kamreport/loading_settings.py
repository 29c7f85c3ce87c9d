"""Where each setting comes from: an option, the environment, kamerton.toml, or its default.

Every setting has a key (`by`, `key.threshold`), a variable (`KAMERTON_KEY_THRESHOLD`) and a place in
kamerton.toml (`threshold` in the table `[key]`). The first source that names it wins, in the order above.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, is_dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import pairwise
from types import MappingProxyType, NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from kamreport.settings import Settings
from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Origin = Literal["option", "environment", "file", "default"]

FILE_NAME = "kamerton.toml"
PREFIX = "KAMERTON_"
NOT_SETTINGS = ("KAMERTON_LEDGER", "KAMERTON_ENGINE", "KAMERTON_DEBUG", "KAMERTON_ALIAS_SECRET")

UNKNOWN_SETTING = sentence(
    "unknown_setting", 'There is no setting "{key}" ({source}). The nearest is "{nearest}".'
)
BAD_SETTING = sentence("bad_setting", 'The setting "{key}" is "{value}" ({source}). Allowed: {allowed}.')
SETTINGS_OUT_OF_ORDER = sentence(
    "settings_out_of_order",
    'The setting "{lower}" is {lower_value} and "{upper}" is {upper_value}; they must rise in this order.',
)
BAD_SETTINGS_FILE = sentence(
    "bad_settings_file", 'The settings in "{file}" cannot be read: {problem}. Mend the file or remove it.'
)

# Numbers that make no sense outside these limits, both included; everything else only has its type.
_SHARE, _PROBABILITY, _POSITIVE = (0, 1), (0, 1), (1, 10_000)
LIMITS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "assume_margin": _SHARE,
        "horizon_months": (1, 36),
        "regular_days": _POSITIVE,
        "seed": (0, 2**63 - 1),
        "key.threshold": _SHARE,
        "key.amount_a_year": (0, 10**14),
        **{f"corridor.{name}": _SHARE for name in ("low", "high", "alarm")},
        **{f"bands.{name}": _SHARE for name in ("watch", "act", "severe", "critical", "mono", "mono_red")},
        **{f"abc.{name}": _SHARE for name in ("a", "b")},
        **{f"xyz.{name}": (0, 100) for name in ("x", "y")},
        "xyz.least": (1, 1200),
        **{f"frequency.{name}": _SHARE for name in ("often", "regular")},
        **{f"rhythm.{n}": _PROBABILITY for n in ("lost_below", "drifting_below", "decline_quantile")},
        "rhythm.shrinkage_weight": (0, 10_000),
        "rhythm.new_months": (0, 1200),
        "rhythm.lost_months_without_rhythm": (1, 1200),
        "rhythm.lost_after_intervals": (0, 10_000),
        "rhythm.decline_months": (1, 120),
        "rhythm.least_orders": (3, 10_000),
        "rhythm.least_peers": _POSITIVE,
        "loss.fixed_costs": (0, 10**14),
        "loss.price_rise": _SHARE,
        "loss.further_loss": _SHARE,
        "potential.peer_share": _SHARE,
        "potential.peers": _POSITIVE,
        "value.horizon_months": (1, 600),
        "value.discount_rate_a_year": _SHARE,
    }
)
RISING = (
    ("abc.a", "abc.b"),
    ("xyz.x", "xyz.y"),
    ("frequency.regular", "frequency.often"),
    ("rhythm.lost_below", "rhythm.drifting_below"),
    ("corridor.low", "corridor.high", "corridor.alarm"),
    ("bands.watch", "bands.act", "bands.severe", "bands.critical", "bands.mono", "bands.mono_red"),
)


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings of a run with the source of each, by key."""

    settings: Settings
    origins: Mapping[str, Origin]


def load_settings(
    *,
    options: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> LoadedSettings:
    """Gather the settings; `options` by key, `environment` as the system gives it, `file` where it exists.

    Raises Invalid for an unknown key, a value out of its range and a file that is not TOML; the message names
    the key, the value, where it stands, and what is allowed.

    >>> loaded = load_settings(options={"key.threshold": "0.15"})
    >>> loaded.settings.key.threshold, loaded.origins["key.threshold"], loaded.origins["by"]
    (Decimal('0.15'), 'option', 'default')
    """
    said: dict[str, tuple[Origin, object]] = {}
    said |= _from_file(file)
    said |= _from_environment(environment or {})
    said |= {_known(key, "option"): ("option", value) for key, value in (options or {}).items()}
    settings = Settings()
    for key, (origin, value) in said.items():
        settings = _with(settings, key, _converted(key, value, origin))
    _check_order(settings)
    origins: dict[str, Origin] = {key: said[key][0] if key in said else "default" for key in keys()}
    return LoadedSettings(settings, MappingProxyType(origins))


@cache
def keys() -> Mapping[str, object]:
    """Give every key with its type, in the order of the dataclasses."""
    found: dict[str, object] = {}
    for name, kind in get_type_hints(Settings).items():
        if is_dataclass(kind):
            found |= {f"{name}.{inner}": hint for inner, hint in get_type_hints(kind).items()}
        else:
            found[name] = kind
    return MappingProxyType(found)


def value_of(settings: Settings, key: str) -> object:
    """Give the value under a key.

    >>> value_of(Settings(), "abc.a")
    Decimal('0.80')
    """
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def variable_of(key: str) -> str:
    """Give the environment variable of a key.

    >>> variable_of("key.threshold")
    'KAMERTON_KEY_THRESHOLD'
    """
    return PREFIX + key.upper().replace(".", "_")


def allowed(key: str) -> str:
    """Say in words what a setting takes.

    >>> allowed("by"), allowed("key.threshold")
    ('auto, income, revenue', 'a number from 0 to 1')
    """
    kind, may_be_empty = _bare(keys()[key])
    words = _FORMS[key] if key in _FORMS else _said(kind, LIMITS.get(key))
    return f"{words}, or nothing" if may_be_empty else words


_FORMS: Mapping[str, str] = {
    "period": "all, a number of months like 12m, or FROM:TO like 2025-01-01:2025-12-31",
    "as_of": "a date like 2026-02-28",
    "currency": "a code of three letters like EUR",
    "loss.supplier_steps": "pairs of yearly purchases and discount like 100000:0.02, 250000:0.04",
}


def _said(kind: object, limits: tuple[int, int] | None) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(str(choice) for choice in get_args(kind))
    if kind is bool:
        return "true, false"
    if kind is str:
        return "any text"
    noun = "a whole number" if kind is int else "a number"
    return f"{noun} from {limits[0]} to {limits[1]}" if limits else noun


def text_of(value: object) -> str:
    """Write a value the way `--set` takes it; nothing is an empty text.

    >>> text_of(Decimal("0.10")), text_of(True), text_of(((Decimal(1), Decimal("0.1")),))
    ('0.10', 'true', '1:0.1')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(f"{amount}:{discount}" for amount, discount in value)
    return str(value)


# --- sources


def _from_file(file: Path | None) -> dict[str, tuple[Origin, object]]:
    if file is None or not file.is_file():
        return {}
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Invalid(BAD_SETTINGS_FILE(file=str(file), problem=str(error))) from None
    flat: dict[str, tuple[Origin, object]] = {}
    for name, value in tree.items():
        inner = value.items() if isinstance(value, dict) else None
        for key, said in [(name, value)] if inner is None else [(f"{name}.{k}", v) for k, v in inner]:
            flat[_known(key, str(file))] = ("file", said)
    return flat


def _from_environment(environment: Mapping[str, str]) -> dict[str, tuple[Origin, object]]:
    """Read our variables; a foreign KAMERTON_ variable is let pass unless it looks like a misspelt one."""
    variables = {variable_of(key): key for key in keys()}
    found: dict[str, tuple[Origin, object]] = {}
    for variable, value in environment.items():
        if variable in variables:
            found[variables[variable]] = ("environment", value)
        elif variable.startswith(PREFIX) and variable not in NOT_SETTINGS:
            near = difflib.get_close_matches(variable, [*variables, *NOT_SETTINGS], 1, 0.9)
            if near:
                raise Invalid(UNKNOWN_SETTING(key=variable, source="environment", nearest=near[0]))
    return found


def _known(key: str, source: str) -> str:
    if key not in keys():
        bare = {name.rpartition(".")[2]: name for name in reversed(list(keys()))}
        near = difflib.get_close_matches(key, list(keys()), 1, 0.0)
        nearest = bare.get(key.rpartition(".")[2], near[0] if near else "by")
        raise Invalid(UNKNOWN_SETTING(key=key, source=source, nearest=nearest))
    return key


def _with(settings: Settings, key: str, value: object) -> Settings:
    outer, dot, inner = key.partition(".")
    if not dot:
        return replace(settings, **{outer: value})  # type: ignore[arg-type]  # checked by _converted
    part = cast("Any", getattr(settings, outer))
    return replace(settings, **{outer: replace(part, **{inner: value})})


# --- values


def _converted(key: str, value: object, origin: Origin) -> object:
    """Turn a text, or what TOML gave, into the type of the setting."""
    kind, may_be_empty = _bare(keys()[key])
    text = _plain(value)
    if may_be_empty and text == "":
        return None
    try:
        return _FROM_TEXT.get(key, _reader(kind))(text, key)
    except (ValueError, InvalidOperation):
        source = FILE_NAME if origin == "file" else origin
        raise Invalid(BAD_SETTING(key=key, value=text, source=source, allowed=allowed(key))) from None


def _plain(value: object) -> str:
    """Write a TOML value as the text that an option would have."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(
            ":".join(_plain(v) for v in pair) if isinstance(pair, list) else _plain(pair) for pair in value
        )
    return str(value).strip()


def _bare(hint: object) -> tuple[object, bool]:
    """Take None out of a type."""
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return kinds[0], len(kinds) < len(get_args(hint))
    return hint, False


def _reader(kind: object) -> Callable[[str, str], object]:
    if get_origin(kind) is Literal:
        return _choice
    readers: dict[object, Callable[[str, str], object]] = {
        bool: _truth,
        int: _whole,
        float: _float,
        Decimal: _decimal,
    }
    return readers.get(kind, lambda text, _key: text)


def _choice(text: str, key: str) -> str:
    if text not in get_args(_bare(keys()[key])[0]):
        raise ValueError(text)
    return text


def _truth(text: str, _key: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError(text)
    return _TRUTHS[text.lower()]


_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def _whole(text: str, key: str) -> int:
    value = int(text)
    _check_limits(Decimal(value), key)
    return value


def _decimal(text: str, key: str) -> Decimal:
    value = Decimal(text)
    _check_limits(value, key)
    return value


def _float(text: str, key: str) -> float:
    return float(_decimal(text, key))


def _check_limits(value: Decimal, key: str) -> None:
    low, high = LIMITS.get(key, (-(10**14), 10**14))
    if not value.is_finite() or not low <= value <= high:
        raise ValueError(value)


def _period(text: str, _key: str) -> str:
    if text == "all" or re.fullmatch(r"[1-9]\d{0,3}m", text):
        return text
    first, last = (date.fromisoformat(day) for day in text.split(":"))
    if first > last:
        raise ValueError(text)
    return text


def _day(text: str, _key: str) -> str:
    return date.fromisoformat(text).isoformat()


def _currency(text: str, _key: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError(text)
    return text.upper()


def _steps(text: str, _key: str) -> tuple[tuple[Decimal, Decimal], ...]:
    if not text:
        return ()
    steps = []
    for pair in text.split(","):
        amount, discount = pair.split(":")
        steps.append((Decimal(amount.strip()), Decimal(discount.strip())))
    if not all(a.is_finite() and a >= 0 and 0 <= d <= 1 for a, d in steps) or steps != sorted(steps):
        raise ValueError(text)
    return tuple(steps)


_FROM_TEXT: Mapping[str, Callable[[str, str], object]] = {
    "period": _period,
    "as_of": _day,
    "currency": _currency,
    "loss.supplier_steps": _steps,
}


def _check_order(settings: Settings) -> None:
    for chain in RISING:
        given = [(key, value_of(settings, key)) for key in chain if value_of(settings, key) is not None]
        for (lower, low), (upper, high) in pairwise(given):
            if cast("Decimal", low) > cast("Decimal", high):
                raise Invalid(
                    SETTINGS_OUT_OF_ORDER(
                        lower=lower, lower_value=text_of(low), upper=upper, upper_value=text_of(high)
                    )
                )
