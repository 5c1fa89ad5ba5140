"""Finds out quickly whether anybody answers at an address: git and curl would wait for minutes."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress


async def knock(host: str, port: int, seconds: float) -> str:
    """Return why no connection was made within `seconds`; empty if one was."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def settle(problem: str) -> None:
        if not answer.done():
            answer.set_result(problem)

    def attempt() -> None:
        problem = _connect(host, port, seconds)
        with suppress(RuntimeError):  # the loop has ended without waiting for us
            loop.call_soon_threadsafe(settle, problem)

    # A daemon, since a resolver that hangs must not hold up the end of the process.
    threading.Thread(target=attempt, daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        return f"no connection within {seconds:g} s"


def _connect(host: str, port: int, seconds: float) -> str:
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""
