"""The scripted model server, as the figures use it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

from bench.children import ROOT


@dataclass(frozen=True)
class Mark:
    """One request: when it was read to its end and when its answer was sent; whether the coder asked."""

    received: float
    answered: float
    coder: bool


@dataclass(frozen=True)
class ModelServer:
    """A running server."""

    port: int

    def address(self, session: str, turns: int) -> str:
        """Return the base URL of a session."""
        return f"http://127.0.0.1:{self.port}/{session}/{turns}/v1"

    def marks(self, session: str) -> list[Mark]:
        """Return what a session's requests left."""
        with urlopen(f"http://127.0.0.1:{self.port}/{session}") as answer:
            return [Mark(**mark) for mark in json.load(answer)]


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run a server meanwhile."""
    command = [sys.executable, "-m", "bench.server"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield ModelServer(int(process.stdout.readline()))
        process.communicate()
