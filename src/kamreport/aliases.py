"""A report one may show: stable aliases in the place of every name of an account, manager and department.

An alias is a keyed hash (HMAC-SHA-256) of the name, so that the same name has the same alias in every report
made with the same secret, and nobody without the secret can compute it. Product names stay.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from kamreport.results import InputFile
from kamreport.sentences import Speech, pack_reasons, unpack_reasons
from kamreport.tables import COLUMNS, Kind
from kamstats.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kamreport.results import Analysis
    from kamreport.tables import Column, Table
    from kamstats.reasons import Value

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without the look-alikes 0 O 1 I
_SHORTEST = 4
_KINDS = ("account", "manager", "department")
_TITLES = {"account": "name", "manager": "manager", "department": "department"}  # columns that title an alias
TITLE = "Kamerton"
# Columns that hold names of one of the kinds; "level_key" holds any of them.
_HOLDERS = {
    "account": "account",
    "name": "account",
    "largest_after": "account",
    "manager": "manager",
    "department": "department",
}
_CODES = {
    *("base", "comparison"),
    *(c.key for columns in COLUMNS.values() for c in columns if c.kind in (Kind.CODE, Kind.CODES)),
}


@dataclass(frozen=True, slots=True)
class Aliases:
    """The alias of every name, by kind; an account has one alias for its key and its name."""

    of: Mapping[str, Mapping[str, str]]

    def any(self, text: str) -> str:
        """Give the alias of a name of any kind, or the text itself where it is no name."""
        for kind in _KINDS:
            if text in self.of[kind]:
                return self.of[kind][text]
        return text


def alias_words(keys: Iterable[str], *, secret: bytes) -> dict[str, str]:
    """Give each key a word of at least four characters; equal words grow until they differ.

    >>> alias_words(["ACME", "Umbrella"], secret=b"s")
    {'ACME': 'PSLQ', 'Umbrella': 'RNW5'}
    """
    words = {key: _word(key, secret) for key in keys}
    taken: dict[str, list[str]] = {}
    for key, word in words.items():
        taken.setdefault(word[:_SHORTEST], []).append(key)
    return {key: words[key][: _length([words[k] for k in same])] for same in taken.values() for key in same}


def _word(key: str, secret: bytes) -> str:
    digest = hmac.new(secret, key.encode(), sha256).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest)


def _length(words: list[str]) -> int:
    """Give the shortest length at which the words differ."""
    length = _SHORTEST
    while len({word[:length] for word in words}) < len(words):
        length += 1
    return length


def anonymised(analysis: Analysis, *, secret: bytes, lang: str = "en") -> Analysis:
    """Give the same analysis with aliases for names, everywhere a name can stand.

    The title and the names of the files go as well; keys, names and groups of accounts, managers and
    departments become "Account 3F7K" in the words of `lang`.
    """
    aliases = _aliases(analysis, secret, lang)
    numbered = {file.name: f"{number}" for number, file in enumerate(analysis.inputs, 1)}
    return replace(
        analysis,
        title=TITLE,
        inputs=tuple(InputFile(numbered[f.name], f.sha256, f.size_bytes) for f in analysis.inputs),
        tables={key: _table(table, aliases, numbered) for key, table in analysis.tables.items()},
        facts=_values(analysis.facts, aliases),
        warnings=tuple(_reason(reason, aliases, numbered) for reason in analysis.warnings),
        declined={key: _reason(reason, aliases, numbered) for key, reason in analysis.declined.items()},
    )


def _aliases(analysis: Analysis, secret: bytes, lang: str) -> Aliases:
    speech = Speech(lang)
    found: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    for row in _columns(analysis.tables["accounts"], ("account", "name")):
        found["account"] |= dict.fromkeys(filter(None, reversed(row)), row[0] or "")
    for kind in ("manager", "department"):
        names = {value for (value,) in _columns(analysis.tables["accounts"], (kind,)) if value}
        for key in ("levels", "dependency", "concentration"):
            levels = _columns(analysis.tables[key], ("level", "level_key"))
            names |= {value for level, value in levels if level == kind and value}
        found[kind] = {name: name for name in names}
    made = {}
    for kind, owners in found.items():
        words = alias_words(sorted(set(owners.values())), secret=secret + kind.encode())
        made[kind] = {
            name: f"{speech.column(_TITLES[kind])} {words[owner]}" for name, owner in owners.items()
        }
    return Aliases(made)


def _columns(table: Table, names: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    if not set(names) <= set(table.rows.column_names):
        return []
    return list(zip(*(table.rows[name].to_pylist() for name in names), strict=True))


def _table(table: Table, aliases: Aliases, files: Mapping[str, str]) -> Table:
    rows = table.rows
    for column in table.columns:
        change = _change(column, aliases, files)
        if change is not None:
            place = rows.column_names.index(column.key)
            rows = rows.set_column(place, column.key, _mapped(rows[column.key], change))
    declined = _reason(table.declined, aliases, files) if table.declined else None
    return replace(table, rows=rows, declined=declined)


def _change(column: Column, aliases: Aliases, files: Mapping[str, str]) -> Callable[[str], str | None] | None:
    """Say what becomes of the texts of a column; None: they stay."""
    if column.key in _HOLDERS:
        known = aliases.of[_HOLDERS[column.key]]
        return lambda text: known.get(text, aliases.any(text))
    if column.key == "level_key":
        return aliases.any
    if column.key == "file":
        return lambda text: files.get(text, "–")
    if column.kind is Kind.SENTENCE:
        return lambda cell: pack_reasons(
            (place, _reason(reason, aliases, files)) for place, reason in unpack_reasons(cell)
        )
    return None


def _mapped(cells: pa.ChunkedArray, change: Callable[[str], str | None]) -> pa.Array:
    """Change each different text once."""
    if not len(cells) or pa.types.is_null(cells.type):
        return pa.nulls(len(cells), pa.string())
    coded = pc.dictionary_encode(cells.combine_chunks())
    changed = pa.array([None if t is None else change(t) for t in coded.dictionary.to_pylist()], pa.string())
    return changed.take(coded.indices)


def _reason(reason: Reason, aliases: Aliases, files: Mapping[str, str]) -> Reason:
    return Reason(reason.code, _values(reason.values, aliases, files))


def _values(
    values: Mapping[str, Value], aliases: Aliases, files: Mapping[str, str] | None = None
) -> dict[str, Value]:
    """Change the texts that are names; codes of ours stay, whatever an account may be called."""
    return {
        key: aliases.any((files or {}).get(value, value))
        if isinstance(value, str) and key not in _CODES
        else value
        for key, value in values.items()
    }
