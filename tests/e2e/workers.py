"""Workers in processes of their own."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.project import CommandLine, wait_until


@contextmanager
def worker(journeyman: CommandLine, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, ended with SIGTERM if the test has not killed it; it must end well."""
    process = journeyman.start("worker", *words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=60)
            assert process.returncode == 0, told.decode()


def status(journeyman: CommandLine, run_id: str) -> str:
    return str(journeyman("show", run_id, "--json").json["status"])


def wait_for(journeyman: CommandLine, run_id: str, *wanted: str, seconds: float = 90) -> dict[str, Any]:
    """Return what `show` says as soon as the run's status is one of those wanted."""

    def look() -> dict[str, Any] | None:
        shown = journeyman("show", run_id, "--json").json
        return shown if shown["status"] in wanted else None

    return wait_until(look, seconds)
