"""How a command ends: the contract's exit codes."""

from __future__ import annotations

import tempfile
import traceback

from journeyman.domain.errors import BadSettings
from journeyman.domain.runs import Run
from journeyman.domain.states import State

EXIT_FAILED = 1
EXIT_WRONG_USE = 2
EXIT_WAITS = 3
EXIT_LIMIT = 4
EXIT_INTERRUPTED = 130


class Ended(Exception):
    """A command has said all it had to say and ends with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def code_of(run: Run) -> int:
    """Return the exit code of a run as it stands."""
    if run.state is State.COMPLETE:
        return 0
    if run.state is State.WAITING:
        return EXIT_WAITS
    if run.state is State.FAILED and run.limited:
        return EXIT_LIMIT
    return EXIT_FAILED


def keep_traceback(error: Exception) -> str:
    """Write an unexpected error to a file and return the file's name."""
    text = "".join(traceback.format_exception(error))
    with tempfile.NamedTemporaryFile("w", prefix="journeyman-error-", suffix=".txt", delete=False) as file:
        file.write(_without_secrets(text))
    return file.name


def _without_secrets(text: str) -> str:
    """Return a text without the secrets of the settings: people are asked to send it."""
    from journeyman.config import load
    from journeyman.domain.redaction import Redactor

    try:
        return Redactor(load().secrets).text(text)
    except BadSettings as error:
        return f"left out, since its secrets are not known: {error.line()}"
