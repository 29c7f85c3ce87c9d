"""Random lives of a ledger against a plain dictionary: lines and totals stay equal."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.kamledger.store.ledger_maker import FEED, NOON, line, reading

from kamledger.store import Conduct, Ledger

DAYS = ("2026-01-05", "2026-01-31", "2026-02-01", "2026-03-10")
STAGED = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),  # line key
        st.sampled_from(DAYS),
        st.sampled_from(("D1", "D2", None)),
        st.decimals(min_value=-99, max_value=99, places=4),
    ),
    min_size=1,
    max_size=6,
)
MODES = st.sampled_from(("merge", "replace-documents", "replace-period"))


class Oracle:
    """What each load said of each key, in order; the last word of a load that is not undone stands."""

    def __init__(self):
        self.words = {}
        self.undone = set()

    def standing(self):
        tops = {key: self.top(key) for key in self.words}
        return {key: top[1] for key, top in tops.items() if top and top[1]}

    def top(self, key):
        return next((word for word in reversed(self.words[key]) if word[0] not in self.undone), None)

    def load(self, batch, staged, mode):
        before, new = self.standing(), {key: value for key, *value in staged}
        said = {key: value for key, value in new.items() if before.get(key) != value}
        gone = {
            key for key, value in before.items() if key not in new and self.removes(value, new.values(), mode)
        }
        for key, value in {**said, **dict.fromkeys(gone)}.items():
            self.words.setdefault(key, []).append((batch, value))
        return bool(said or gone)

    @staticmethod
    def removes(value, new, mode):
        if mode == "merge":
            return False
        if mode == "replace-period":
            return min(day for day, *_ in new) <= value[0] <= max(day for day, *_ in new)
        documents = {document or f"day {day}" for day, document, _ in new}
        return (value[1] or f"day {value[0]}") in documents

    def undo(self, batch):
        spoke = {key for key, words in self.words.items() if batch in {name for name, _ in words}}
        left_alone = {key for key in spoke if self.top(key)[0] != batch}
        self.undone.add(batch)
        return left_alone


class LifeOfALedger(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.room = tempfile.TemporaryDirectory()
        conduct = Conduct(durable=False)
        self.ledger = Ledger.create(Path(self.room.name) / "ledger", conduct=conduct)
        self.oracle = Oracle()
        self.loads = []

    @rule(staged=STAGED, mode=MODES)
    def load(self, staged, mode):
        lines = [
            line(key, str(value), day=day, document_key=document) for key, day, document, value in staged
        ]
        made = reading(Path(self.room.name) / "staged", *lines)

        batch = self.ledger.load(made, feed=FEED, at=NOON, mode=mode)

        assert batch.stored == self.oracle.load(batch.batch, staged, mode)
        if batch.stored:
            self.loads.append(batch.batch)

    @precondition(lambda self: self.loads)
    @rule(data=st.data())
    def undo(self, data):
        batch = data.draw(st.sampled_from(self.loads))
        again = batch in self.oracle.undone

        undone = self.ledger.undo(batch, at=NOON)

        if not again:
            assert set(undone.left_alone.column("line_key").to_pylist()) == self.oracle.undo(batch)

    @rule()
    def compact(self):
        self.ledger.compact(at=NOON)

    @rule()
    def vacuum(self):
        self.ledger.vacuum(at=NOON, days=0)

    @invariant()
    def lines_and_totals_are_equal(self):
        expected = self.oracle.standing()
        with self.ledger.engine() as engine:
            lines = engine.collect(engine.lines()).to_pylist()
            totals = engine.collect(engine.months()).column("revenue").to_pylist()
        found = {
            each["line_key"]: [each["date"].isoformat(), each["document_key"], each["revenue"]]
            for each in lines
        }
        assert len(found) == len(lines)
        assert found == expected
        assert sum(totals, Decimal(0)) == sum((value[2] for value in expected.values()), Decimal(0))

    def teardown(self):
        assert self.ledger.check() == ()
        self.room.cleanup()


TestLifeOfALedger = LifeOfALedger.TestCase
TestLifeOfALedger.settings = settings(max_examples=10, stateful_step_count=10)
