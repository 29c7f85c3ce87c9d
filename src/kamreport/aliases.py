"""A report one may show: stable aliases for every name of an account, manager, department and segment.

An alias is a keyed hash (HMAC-SHA-256) of the key, so that the same key has the same alias in every report
made with the same secret, and nobody without the secret can compute it. Product names stay.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from kamreport.results import InputFile
from kamreport.sentences import Speech, pack_reasons, unpack_reasons
from kamreport.tables import COLUMNS, Kind
from kamreport.words import MISSING
from kamstats.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kamreport.results import Analysis
    from kamreport.tables import Column, Table

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without the look-alikes 0 O 1 I
_SHORTEST = 4
_KINDS = ("account", "manager", "department", "segment")
_TITLES = {"account": "name", "manager": "manager", "department": "department", "segment": "segment"}
TITLE = "Kamerton"
_FILES = ("file", "files", "folder")  # values of sentences that name what was read
_CODES = {
    *("base", "comparison"),
    *(c.key for columns in COLUMNS.values() for c in columns if c.kind in (Kind.CODE, Kind.CODES)),
}
# Values of sentences that are no names of customers, whatever these may be called.
_PUBLIC = _CODES | {
    "unit",
    "model",
    "line",
    "product",
    "products",
    "because_of",
    "column",
    "columns",
    "field",
}


@dataclass(frozen=True, slots=True)
class Aliases:
    """The alias of every key, by kind; the name of an account has the alias of its key."""

    of: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, tuple[str, ...]]  # the accounts of a name, largest first

    def account(self, text: str) -> str | None:
        """Give the alias of an account by its key, else by its name."""
        key = text if text in self.of["account"] else next(iter(self.keys.get(text, ())), None)
        return None if key is None else self.of["account"][key]

    def any(self, text: str) -> str:
        """Give the alias of a name of any kind, or the text itself where it is no name."""
        found = self.account(text)
        if found is not None:
            return found
        return next((self.of[kind][text] for kind in _KINDS if text in self.of[kind]), text)

    def of_kind(self, kind: str, text: str) -> str:
        """Give the alias of a name of one kind; a name that is not known there is not shown."""
        return (self.account(text) if kind == "account" else self.of[kind].get(text)) or MISSING


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

    The title and the names of the files go as well; keys and names of accounts and their groups, managers,
    departments and segments become "Account 3F7K" in the words of `lang`. The rows keep their order.
    """
    aliases = _aliases(analysis, secret, lang)
    numbered = {file.name: f"{number}" for number, file in enumerate(analysis.inputs, 1)}
    return replace(
        analysis,
        title=TITLE,
        inputs=tuple(InputFile(numbered[f.name], f.sha256, f.size_bytes) for f in analysis.inputs),
        tables={key: _table(table, aliases, numbered) for key, table in analysis.tables.items()},
        warnings=tuple(_reason(reason, aliases, numbered) for reason in analysis.warnings),
        declined={key: _reason(reason, aliases, numbered) for key, reason in analysis.declined.items()},
    )


def _aliases(analysis: Analysis, secret: bytes, lang: str) -> Aliases:
    speech = Speech(lang)
    made = {}
    for kind in _KINDS:
        words = alias_words(sorted(_known(analysis, kind)), secret=secret + kind.encode())
        made[kind] = {key: f"{speech.column(_TITLES[kind])} {word}" for key, word in words.items()}
    return Aliases(made, _keys_by_name(analysis.tables["accounts"]))


def _known(analysis: Analysis, kind: str) -> set[str]:
    """Find every key of a kind, in whichever table it stands."""
    found = {value for table in analysis.tables.values() for (value,) in _columns(table, (kind,))}
    for table in analysis.tables.values():
        levels = _columns(table, ("level", "level_key"))
        found |= {value for level, value in levels if level == kind}
    return {value for value in found if value}


def _keys_by_name(accounts: Table) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    rows = sorted(_columns(accounts, ("account", "name", "share")), key=lambda row: -(row[2] or 0))
    for key, name, _ in rows:
        if key and name:
            found.setdefault(name, []).append(key)
    return {name: tuple(keys) for name, keys in found.items()}


def _columns(table: Table, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    if not set(names) <= set(table.rows.column_names):
        return []
    return list(zip(*(table.rows[name].to_pylist() for name in names), strict=True))


def _table(table: Table, aliases: Aliases, files: Mapping[str, str]) -> Table:
    rows = table.rows
    for column in table.columns:
        changed = _by_row(column, table, aliases)
        change = _change(column, aliases, files)
        if changed is None and change is not None:
            changed = _mapped(table.rows[column.key], change)
        if changed is not None:
            rows = rows.set_column(rows.column_names.index(column.key), column.key, changed)
    declined = _reason(table.declined, aliases, files) if table.declined else None
    return replace(table, rows=rows, declined=declined)


def _by_row(column: Column, table: Table, aliases: Aliases) -> pa.Array | None:
    """Change the texts whose meaning is said by another column of their row; None: there is none."""
    match column.key:
        case "name":
            return _mapped(table.rows["account"], lambda key: aliases.of_kind("account", key))
        case "level_key":
            pairs = _columns(table, ("level", "level_key"))
            return _texts(key and (aliases.of_kind(level, key)) for level, key in pairs)
        case "largest_after":
            pairs = _columns(table, ("account", "largest_after"))
            return _texts(name and _largest_but(account, name, aliases) for account, name in pairs)
    return None


def _largest_but(account: str, name: str, aliases: Aliases) -> str:
    """Give the alias of the largest account of a name, which is not the one that was lost."""
    others = [key for key in aliases.keys.get(name, ()) if key != account]
    return aliases.of_kind("account", others[0] if others else name)


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array([value or None for value in values], pa.string())


def _change(column: Column, aliases: Aliases, files: Mapping[str, str]) -> Callable[[str], str | None] | None:
    """Say what becomes of the texts of a column; None: they stay."""
    if column.key in _KINDS:
        return lambda text: aliases.of_kind(column.key, text)
    if column.key == "file":
        return lambda text: files.get(text, MISSING)
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
    values = {
        key: _said(key, value, aliases, files) if isinstance(value, str) else value
        for key, value in reason.values.items()
    }
    return Reason(reason.code, values)


def _said(key: str, value: str, aliases: Aliases, files: Mapping[str, str]) -> str:
    """Change a value of a sentence that is a name; codes of ours stay, whatever an account may be called."""
    if key in _FILES:
        return ", ".join(files.get(name, MISSING) for name in value.split(", "))
    if key == "name":
        return aliases.of_kind("account", value)
    if key in _KINDS:
        return aliases.of_kind(key, value)
    return value if key in _PUBLIC else aliases.any(value)
