"""What was read and what the ledger holds, in lines and columns for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kamcli.printing import RED, clean, coloured, note, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kamledger.reading.results import FileRead
    from kamledger.store import Batch
    from kamstats.reasons import Reason


def say_reading(files: Sequence[FileRead], warnings: Sequence[Reason], lang: str) -> None:
    """Tell how each file was understood: its form, its columns, and which of these were guessed."""
    from kamreport.sentences import say as worded

    for file in files:
        form = [file.encoding, _named(file.delimiter), f'decimal "{file.decimal_mark}"', file.date_order]
        said = ", ".join(part for part in form if part)
        say(f"{clean(file.path.name)}: {file.lines:,} lines read, {file.rejected:,} rejected ({said})")
        columns = [
            f"{field} ← {clean(column)}{' (guessed)' if file.guessed.get(field) else ''}"
            for field, column in file.mapping.items()
        ]
        for first in range(0, len(columns), 3):
            say("  " + "   ".join(columns[first : first + 3]))
    for warning in warnings:
        note(coloured("! ", RED) + clean(worded(warning, lang)))


def _named(delimiter: str | None) -> str | None:
    names = {"\t": "tab", " ": "space"}
    return None if delimiter is None else f'delimiter "{names.get(delimiter, delimiter)}"'


def say_batch(batch: Batch) -> None:
    """Tell what a load did."""
    if not batch.stored:
        say(f"Nothing was stored: these lines are in the ledger as they are (batch {batch.same_as or '–'}).")
        return
    say(
        f"Batch {batch.batch}: {batch.added:,} lines added, {batch.replaced:,} replaced, "
        f"{batch.removed:,} removed, {batch.unchanged:,} unchanged, {batch.rejected:,} rejected "
        f"({batch.mode}, {len(batch.months)} months)."
    )


def say_history(batches: Sequence[Batch]) -> None:
    """List batches, the latest first."""
    undone = {batch.undoes for batch in batches if batch.undoes}
    table(
        ("batch", "what", "feed", "when (UTC)", "added", "replaced", "removed", "rejected", "files"),
        [
            (
                batch.batch,
                "load, undone" if batch.batch in undone else batch.kind,
                batch.feed,
                f"{batch.at:%Y-%m-%d %H:%M}",
                *(f"{n:,}" for n in (batch.added, batch.replaced, batch.removed, batch.rejected)),
                ", ".join(file.name for file in batch.inputs) or (batch.undoes or ""),
            )
            for batch in reversed(batches)
        ],
        right=(4, 5, 6, 7),
    )
