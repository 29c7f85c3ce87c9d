"""Progress is quiet for a second, then says how far, how fast and how long."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from kamcli.progress import Progress


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def made(*, terminal: bool) -> tuple[Progress, Clock, io.StringIO]:
    clock, stream = Clock(), io.StringIO()
    return Progress(stream=stream, now=clock, terminal=terminal), clock, stream


def test_a_short_job_says_nothing():
    progress, clock, stream = made(terminal=True)

    for clock.time in (0.0, 0.3, 0.9):
        progress("read", 10, 100)
    progress.finish()

    assert stream.getvalue() == ""


def test_a_long_job_says_done_share_rate_and_time_left():
    progress, clock, stream = made(terminal=True)

    progress("check", 0, 4_000_000)
    clock.time = 2.0
    progress("check", 1_000_000, 4_000_000)

    assert stream.getvalue().strip() == (
        "Checking lines: 1,000,000 of 4,000,000, 25 %, 500,000 a second, 6 s left"
    )


def test_a_terminal_is_told_ten_times_a_second_and_cleared_at_the_end():
    progress, clock, stream = made(terminal=True)

    for step in range(400):
        clock.time = step / 100
        progress("read", step, 400)
    progress.finish()

    lines = stream.getvalue().split("\r")
    assert 25 <= len(lines) <= 35
    assert lines[-1] == ""
    assert lines[-2].strip() == ""


def test_a_pipe_is_told_every_ten_seconds_in_plain_lines():
    progress, clock, stream = made(terminal=False)

    for clock.time in range(36):
        progress("read", clock.time, 36)

    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert all("\r" not in line and "\x1b" not in line for line in lines)


def test_an_unknown_total_and_an_unknown_stage_are_no_matter():
    progress, clock, stream = made(terminal=True)

    progress("grinding_beans", 0, None)
    clock.time = 5.0
    progress("grinding_beans", 50, None)

    assert stream.getvalue().strip() == "Grinding beans: 50, 10 a second"


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.none() | st.integers(0, 9)), max_size=20)
)
def test_any_calls_are_taken(calls):
    progress, clock, _ = made(terminal=True)

    for stage, done, total in calls:
        clock.time += 0.7
        progress(stage, done, total)
    progress.finish()
