"""What goes wrong, in words: what happened, where, what to do. Never a traceback unless it is asked for."""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typer import TyperException

from kamstats.errors import KamertonError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DONE, FAULT, BAD_INPUT, STOPPED = 0, 1, 2, 130
LANGUAGES = ("en", "fi", "ka", "hy", "ru")
DEBUG = "KAMERTON_DEBUG"


@dataclass(slots=True)
class Answer:
    """The exit code of a command, once it is known."""

    code: int = DONE


@contextmanager
def answering(arguments: Sequence[str]) -> Iterator[Answer]:
    """Run the block; whatever it raises becomes words on stderr and an exit code."""
    answer = Answer()
    try:
        yield answer
        sys.stdout.flush()
        if answer.code == STOPPED:  # typer turns Ctrl-C into this code by itself
            _say_stopped()
    except TyperException as error:
        answer.code = _usage(error, arguments)
    except KamertonError as error:
        answer.code = BAD_INPUT
        _tell(_sentence(error, language(arguments)), arguments, code=error.reason.code)
    except KeyboardInterrupt:
        answer.code = STOPPED
        _say_stopped()
    except BrokenPipeError:
        answer.code = _unheard()
    except SystemExit as end:  # typer's own: the reader has gone, or completion was asked for
        answer.code = _unheard() if isinstance(end.__context__, BrokenPipeError) else int(end.code or DONE)
    except Exception as error:  # noqa: BLE001 - the last door: everything else is a fault of ours or of the machine
        answer.code = _fault(error, arguments)


def language(arguments: Sequence[str]) -> str:
    """Find the language asked for, before anything is parsed: --lang, else KAMERTON_LANG, else English.

    >>> language(["analyze", "x.csv", "--lang", "fi"]), language(["analyze", "--lang=??"])
    ('fi', 'en')
    """
    said = os.environ.get("KAMERTON_LANG", "en")
    for word, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if word == "--lang":
            said = following
        elif word.startswith("--lang="):
            said = word.removeprefix("--lang=")
    return said if said in LANGUAGES else "en"


def _say_stopped() -> None:
    print("\nStopped. Nothing was left half-written.", file=sys.stderr)  # noqa: T201


def _unheard() -> int:
    """Be quiet when the reader of our output has gone, as `head` does: it has what it wanted."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the last flush, at the end of the process, goes nowhere
    return DONE


def _usage(error: Any, arguments: Sequence[str]) -> int:  # noqa: ANN401 - typer does not publish the type
    if not hasattr(error, "show"):
        _tell(str(error), arguments, code="usage")
    elif _wants_json(arguments):
        _tell(error.format_message(), arguments, code="usage")
    else:
        error.show()
    return BAD_INPUT


def _sentence(error: KamertonError, lang: str) -> str:
    if lang == "en":
        return str(error)
    from kamreport.sentences import say

    return say(error.reason, lang)


def _fault(error: Exception, arguments: Sequence[str]) -> int:
    if os.environ.get(DEBUG) == "1":
        import traceback

        traceback.print_exception(error)
    if isinstance(error, MemoryError):
        _tell("There is not enough memory for this. Close other programs and repeat the command.", arguments)
    elif isinstance(error, OSError) and error.errno in _MACHINE:
        where = f' "{error.filename}"' if error.filename else ""
        _tell(f"The machine refused{where}: {error.strerror}. {_MACHINE[error.errno]}", arguments)
    else:
        _tell(
            f"This is a fault of Kamerton: {type(error).__name__}: {error}. Repeat the command with "
            f"{DEBUG}=1 and report what it prints, with the version (kamerton --version), in the project's "
            "issue tracker.",
            arguments,
        )
    return FAULT


_MACHINE = {
    errno.ENOSPC: "Free some space and repeat the command; nothing was left half-written.",
    errno.EDQUOT: "Free some space and repeat the command; nothing was left half-written.",
    errno.EACCES: "Check the rights of the file and its folder.",
    errno.EPERM: "Check the rights of the file and its folder.",
    errno.EROFS: "Name a folder that can be written to.",
    errno.ENOENT: "Check the path.",
    errno.EISDIR: "Name a file.",
    errno.ENOTDIR: "Name a folder.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EADDRINUSE: "Choose another port with --port.",
    errno.EMFILE: "Close other programs and repeat the command.",
}


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--json" in arguments


def _tell(message: str, arguments: Sequence[str], code: str = "fault") -> None:
    """Say it on stderr; where JSON was asked for, stdout carries it too, so that it is always JSON."""
    print(f"kamerton: {message}", file=sys.stderr)  # noqa: T201
    if _wants_json(arguments):
        print(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))  # noqa: T201
