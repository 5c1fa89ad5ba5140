"""A live sandbox, seen from the host: one server process inside, asked over a socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, Self

from journeyman.domain.errors import SandboxDied
from journeyman.sandbox import wire
from journeyman.sandbox.cgroups import ControlGroup
from journeyman.sandbox.contract import TREE, CommandResult, DirectoryEntry, Heard, SandboxLimits, SandboxSpec
from journeyman.sandbox.inside import OUT_OF_SPACE, TIMED_OUT

GRACE_SECONDS = 10.0
"""How much longer than a command may last the server may take to say so."""
FILE_SECONDS = 60.0
END_SECONDS = 3.0
LAST_SECONDS = 60.0


class Body(Protocol):
    """What a sandbox is made of, seen from the host: processes or a container."""

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, at most so long; return whether it has. It ends when the host hangs up."""
        ...

    def kill(self) -> None:
        """End it at once, and everything in it. Harmless if it has ended."""
        ...


class LiveSandbox:
    """Fits `Sandbox`. One request at a time: others wait for their turn."""

    def __init__(
        self,
        body: Body,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        group: ControlGroup,
        limits: SandboxLimits,
        on_close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._body = body
        self._reader, self._writer = streams
        self._group = group
        self._limits = limits
        self._on_close = on_close
        self._turn = asyncio.Lock()
        self._closed = False

    async def start(self, variables: Mapping[str, str], spec: SandboxSpec, proxy: str) -> None:
        """Tell the server the variables of all commands, what may grow, and the socket of the proxy ("" for none)."""
        limits = resource_limits(self._limits, alone=not self._group.limits)
        places = (TREE, *(mount.target for mount in spec.mounts if mount.writable))
        growth = f"{self._limits.growth} {self._limits.entries} " + "\0".join(places)
        await self._ask(b"start", proxy.encode(), limits.encode(), octets(growth), *flat(variables))

    async def run(
        self,
        command: str,
        *,
        timeout_seconds: float | None = None,
        variables: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        heard: Heard | None = None,
    ) -> CommandResult:
        """Run a shell command; see `Sandbox`. Cancelling the task ends the command."""
        seconds = self._limits.command_seconds if timeout_seconds is None else timeout_seconds
        clock = asyncio.get_running_loop().time
        head = (b"follow" if heard else b"run", octets(command), b"%f" % seconds, b"%d" % self._limits.output, stdin)
        async with self._turn:
            self._require_open()
            killed, started = self._group.oom_kills(), clock()
            words = (*head, *flat(variables or {}))
            fields = await self._exchange(*words, patience=seconds + GRACE_SECONDS, heard=heard)
            elapsed, out_of_memory = clock() - started, self._group.oom_kills() > killed
        try:
            code, why, cut = (int(field) for field in fields[:3])
            begin, end = fields[3:]
        except ValueError as error:
            raise await self._died("its answer made no sense") from error
        ended_by = {"timed_out": why == TIMED_OUT, "out_of_space": why == OUT_OF_SPACE}
        output = joined(begin, end, cut) + (too_much(self._limits) if why == OUT_OF_SPACE else "")
        return CommandResult(code, output, elapsed, cut_bytes=cut, out_of_memory=out_of_memory, **ended_by)

    async def read_file(self, path: str, limit: int = 10 * 1024**2) -> bytes:
        """Return the beginning of a file; see `Sandbox`."""
        (content,) = await self._ask(b"read", octets(path), b"%d" % limit, path=path) or (b"",)
        return content

    async def write_file(self, path: str, content: bytes) -> None:
        """Write a whole file; see `Sandbox`."""
        await self._ask(b"write", octets(path), content, path=path)

    async def list_directory(self, path: str) -> tuple[DirectoryEntry, ...]:
        """Return a folder's entries, sorted by name; see `Sandbox`."""
        fields = await self._ask(b"list", octets(path or "."), path=path)
        rows = zip(fields[::3], fields[1::3], fields[2::3], strict=False)
        return tuple(sorted((entry(*row) for row in rows), key=lambda found: found.name))

    async def close(self) -> None:
        """End it and everything in it; harmless when done twice."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        if self._on_close is not None:
            await self._on_close()
        if not await asyncio.to_thread(self._body.wait, END_SECONDS):
            await asyncio.to_thread(self._body.kill)
            await asyncio.to_thread(self._body.wait, LAST_SECONDS)
        self._group.remove()

    def kill(self) -> None:
        """End it at once."""
        self._body.kill()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, *fields: bytes, path: str = "", patience: float = FILE_SECONDS) -> list[bytes]:
        async with self._turn:
            return await self._exchange(*fields, path=path, patience=patience)

    async def _exchange(
        self, *fields: bytes, path: str = "", patience: float, heard: Heard | None = None
    ) -> list[bytes]:
        """Ask and wait. An answer is always taken off the line, even when nobody waits for it any more."""
        self._require_open()
        self._writer.write(wire.message(*fields))
        answer = asyncio.ensure_future(wire.answer(self._reader, heard))
        try:
            return wire.reply(await asyncio.wait_for(asyncio.shield(answer), patience), path)
        except asyncio.CancelledError:
            with contextlib.suppress(ConnectionError):
                self._writer.write(wire.message(b"cancel"))
            await asyncio.wait({answer}, timeout=GRACE_SECONDS)
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)  # Ctrl-C may have ended the sandbox too
            raise
        except TimeoutError:
            answer.cancel()
            raise await self._died("it did not answer") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            why = "memory ran out" if self._group.oom_kills() else "it was killed"
            raise await self._died(why) from None
        except wire.Garbled as error:
            raise await self._died(f"its answer made no sense ({error})") from None

    def _require_open(self) -> None:
        if self._closed:
            raise SandboxDied("the sandbox is closed", "open a new one")

    async def _died(self, why: str) -> SandboxDied:
        await self.close()
        return SandboxDied(f"the sandbox ended under a command: {why}")


def resource_limits(limits: SandboxLimits, *, alone: bool) -> str:
    """Return the limits for the server and what it starts. Where there are no control groups, they stand alone."""
    words = ["RLIMIT_CORE=0", f"RLIMIT_FSIZE={limits.file_size}"]
    if alone:
        words += [f"RLIMIT_NPROC={limits.processes}", f"RLIMIT_DATA={limits.memory}"]
    return " ".join(words)


def octets(text: str) -> bytes:
    """Return text as bytes; what is no text at all becomes question marks."""
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode(errors="replace")


def flat(variables: Mapping[str, str]) -> list[bytes]:
    """Return names and values in turn."""
    return [octets(word) for pair in variables.items() for word in pair]


def too_much(limits: SandboxLimits) -> str:
    """Return why a command was ended that filled the writable folders."""
    return (
        f"\n[ended: commands may add at most {limits.growth // 1024**2} MB and {limits.entries} entries "
        "to the work tree; until there is room, files can only be deleted]\n"
    )


def joined(begin: bytes, end: bytes, cut: int) -> str:
    """Return an output as text, with a note where its middle is missing."""
    note = f"\n[... {cut} bytes cut ...]\n".encode() if cut else b""
    return (begin + note + end).decode(errors="replace")


def entry(name: bytes, kind: bytes, size: bytes) -> DirectoryEntry:
    """Return one row of a listing. Names that are no UTF-8 keep their bytes as surrogates, as `os.fsdecode` does."""
    return DirectoryEntry(os.fsdecode(name), kind.decode(errors="replace"), int(size) if size.isdigit() else 0)
