"""The standard streams of a container: Docker sends both over one line, in frames."""

from __future__ import annotations

import asyncio
import struct

HEAD = struct.Struct("!BxxxI")
"""Of a frame: which stream, and its size."""
STANDARD_OUTPUT = 1
ERRORS_KEPT = 4096


class Valve(asyncio.ReadTransport):
    """Shut by a reader that has enough in store, opened when it wants more."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = asyncio.Event()
        self.opened.set()

    def pause_reading(self) -> None:
        self.opened.clear()

    def resume_reading(self) -> None:
        self.opened.set()


def unframed(line: asyncio.StreamReader) -> tuple[asyncio.StreamReader, bytearray, asyncio.Task[None]]:
    """Return the standard output, the beginning of the errors as far as they came, and the task that sorts them."""
    output, errors, valve = asyncio.StreamReader(), bytearray(), Valve()
    output.set_transport(valve)
    return output, errors, asyncio.ensure_future(sort(line, output, errors, valve))


async def sort(line: asyncio.StreamReader, output: asyncio.StreamReader, errors: bytearray, valve: Valve) -> None:
    """Pass frames on until the line ends."""
    try:
        while True:
            stream, size = HEAD.unpack(await line.readexactly(HEAD.size))
            while size:
                await valve.opened.wait()
                content = await line.read(min(size, 65_536))
                if not content:
                    return
                size -= len(content)
                if stream == STANDARD_OUTPUT:
                    output.feed_data(content)
                else:
                    errors += content[: ERRORS_KEPT - len(errors)]
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        output.feed_eof()
