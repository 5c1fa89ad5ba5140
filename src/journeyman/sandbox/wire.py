"""The host's half of the protocol that `inside` speaks."""

from __future__ import annotations

import asyncio
import os
import struct

from journeyman.sandbox.contract import Heard

MOST_FIELDS = 200_000
LARGEST_MESSAGE = 256 * 1024**2


class Garbled(Exception):
    """What came is not a message of the protocol: someone inside has meddled with the server."""


def message(*fields: bytes) -> bytes:
    """Return the fields as one message."""
    return struct.pack("!I", len(fields)) + b"".join(struct.pack("!I", len(field)) + field for field in fields)


async def receive(reader: asyncio.StreamReader) -> list[bytes]:
    """Return the fields of the next message. IncompleteReadError at the end of the stream; Garbled."""
    count = await number(reader)
    if not 0 < count <= MOST_FIELDS:
        raise Garbled(f"{count} fields")
    fields, left = [], LARGEST_MESSAGE
    for _ in range(count):
        size = await number(reader)
        left -= size
        if left < 0:
            raise Garbled("too large")
        fields.append(await reader.readexactly(size))
    return fields


async def answer(reader: asyncio.StreamReader, heard: Heard | None) -> list[bytes]:
    """Return the fields of the next reply; what a command says before it goes to `heard`."""
    while True:
        match await receive(reader):
            case [b"heard", said] if heard is not None:
                await heard(said.decode(errors="replace"))
            case fields:
                return fields


async def number(reader: asyncio.StreamReader) -> int:
    """Return the next 4 bytes as a number."""
    value: int = struct.unpack("!I", await reader.readexactly(4))[0]
    return value


def reply(fields: list[bytes], path: str = "") -> list[bytes]:
    """Return what an `ok` holds; raise the OSError that an `error` holds. Garbled for anything else."""
    match fields:
        case [b"ok", *rest]:
            return rest
        case [b"error", code, text] if code.isdigit():
            raise OSError(int(code), os.fsdecode(text), path)
    raise Garbled("neither ok nor error")
