"""Ctrl-C ends with 130 and leaves nothing half-written; a served report stops at it."""

from __future__ import annotations

import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from tests.kamcli.program import KAMERTON, bare_environment, kamerton

pytestmark = pytest.mark.kill


def started(folder, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [KAMERTON, *map(str, words)],
        cwd=folder,
        env=bare_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_a_stopped_demo_company_leaves_nothing(tmp_path):
    program = started(tmp_path, "demo-company", "--out", "demo", "--lines", "20000000")
    wait_until(lambda: list(tmp_path.glob(".demo-*/new/sales.csv")))

    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)

    assert program.returncode == 130
    assert "Stopped." in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_load_leaves_the_ledger_whole_and_can_be_repeated(tmp_path, company):
    load = ("ledger", "load", "demo", company.sales, "--json")
    program = started(tmp_path, *load)
    wait_until(lambda: (tmp_path / "kamerton-ledger" / "lock").exists() or program.poll() is not None)

    program.send_signal(signal.SIGINT)
    program.communicate(timeout=60)
    again = kamerton(tmp_path, *load)

    assert program.returncode in {130, 0}  # the load may have been done already
    assert again.returncode == 0, again.stderr
    assert kamerton(tmp_path, "ledger", "check").returncode == 0


def test_a_stopped_analysis_leaves_no_report(tmp_path, company):
    program = started(tmp_path, "analyze", company.sales, "--out", "report")
    time.sleep(2.5)

    program.send_signal(signal.SIGINT)
    program.communicate(timeout=60)

    assert program.returncode in {130, 0}
    if program.returncode:
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def report(tmp_path):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "report.html").write_text("<!doctype html><title>Ours</title>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("not for the browser", encoding="utf-8")
    return folder


@pytest.fixture
def served(tmp_path, report):
    program = started(tmp_path, "serve-report", report, "--no-browser")
    address = next(word for word in program.stdout.readline().split() if word.startswith("http"))
    yield program, address
    program.kill()
    program.communicate()


def status(address: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_report_is_served_on_loopback_and_stops_at_ctrl_c(served):
    program, address = served

    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own address
        page, headers = answer.read().decode(), answer.headers
    program.send_signal(signal.SIGINT)
    program.wait(timeout=20)

    assert address.startswith("http://127.0.0.1:")
    assert "Ours" in page
    assert headers["Cache-Control"] == "no-store"
    assert program.returncode == 0


def test_only_files_of_the_report_are_served_and_only_under_our_own_name(served):
    _, address = served
    base = address.rpartition("/")[0]

    assert status(address) == 200
    assert status(f"{base}/") == 404
    assert status(f"{base}/../secret.txt") == 404
    assert status(f"{base}/%2e%2e/secret.txt") == 404
    assert status(address, Host="evil.example:80") == 421


def test_a_folder_without_a_report_is_refused(tmp_path):
    done = kamerton(tmp_path, "serve-report", tmp_path, "--no-browser")

    assert done.returncode == 2
    assert "report.html is missing" in done.stderr
