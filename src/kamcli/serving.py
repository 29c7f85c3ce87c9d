"""A finished report on the loopback interface, read-only, for the browser of the same machine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

LOOPBACK, PAGE = "127.0.0.1", "report.html"

NO_REPORT = sentence(
    "no_report", 'There is no report in "{folder}": {page} is missing. Make one with kamerton analyze --out.'
)


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder; nothing is listed, logged or kept by the browser."""

    server_version, sys_version = "kamerton", ""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()

    def do_GET(self) -> None:
        if self._is_ours():
            super().do_GET()

    def do_HEAD(self) -> None:
        if self._is_ours():
            super().do_HEAD()

    def _is_ours(self) -> bool:
        """Refuse other names of this machine: a page elsewhere must not read the report by rebinding."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host in (LOOPBACK, "localhost"):
            return True
        self.send_error(421, "Ask for this machine by 127.0.0.1")
        return False

    def list_directory(self, path: str) -> None:  # type: ignore[override]
        del path
        self.send_error(404, "No such file in the report")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        del format, args


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that closes its connection early; all we do is read files."""
        del request, client_address


@dataclass(frozen=True, slots=True)
class Served:
    """A report that is being served; leave the block to stop."""

    server: ThreadingHTTPServer

    @classmethod
    def of(cls, folder: Path, port: int = 0) -> Self:
        """Serve the report of a folder. Raises Invalid where there is none."""
        if not (folder / PAGE).is_file():
            raise Invalid(NO_REPORT(folder=str(folder), page=PAGE))
        handler = partial(_Handler, directory=str(folder.resolve()))
        return cls(_Server((LOOPBACK, port), handler))

    @property
    def address(self) -> str:
        """Where the browser finds the page."""
        return f"http://{LOOPBACK}:{self.server.server_address[1]}/{PAGE}"

    def wait(self) -> None:
        """Answer requests until Ctrl-C, which is how this ends well."""
        with suppress(KeyboardInterrupt):
            self.server.serve_forever(poll_interval=0.2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.server_close()
