"""Worker processes that digest: what a grammar does with a strange file can end or stall them, never us."""

from __future__ import annotations

import fcntl
import gc
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO

import msgspec

from journeyman.codebase.digesting import Batch, Content, digest
from journeyman.codebase.words import Terms

SECONDS = 10.0
"""What a batch may take, and each megabyte of it."""

STUCK = "its parser failed"
"""What is noted of a file that ended or stalled a worker."""

_START = "import sys; sys.path[:0] = [sys.argv[1]]; from journeyman.codebase.labour import serve; serve()"
_SOURCE = str(Path(__file__).parents[2])
_pack = msgspec.msgpack.Encoder().encode


class WorkerLost(Exception):
    """A worker process ended or took too long; it is gone."""


class Stopped(Exception):
    """Nobody wants the rest any more."""


def serve() -> None:
    """Digest what comes in by standard input until it ends."""
    _end_with(int(sys.argv[2]))
    gc.disable()  # nothing that is made here refers to itself, and looking for it took a tenth of the time
    terms, decoder = Terms(), msgspec.msgpack.Decoder(list[Content])
    while frame := _read(sys.stdin.buffer):
        _write(sys.stdout.buffer, _pack(digest(decoder.decode(frame), terms)))


def _end_with(handle: int) -> None:
    """Have the kernel end this process when the other end of a pipe is closed: nothing else ends a parser that hangs
    when the process is gone that would have."""
    fcntl.fcntl(handle, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(handle, fcntl.F_SETFL, fcntl.fcntl(handle, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([handle], [], [], 0)[0]:
        os._exit(0)


def _write(stream: IO[bytes], frame: bytes) -> None:
    stream.write(len(frame).to_bytes(4, "little"))
    stream.write(frame)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    return stream.read(int.from_bytes(stream.read(4), "little"))


class Worker:
    """A process that digests. Not for two threads at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.process: subprocess.Popen[bytes] | None = None
        self._life = -1
        self._stopped = False
        self._decoder = msgspec.msgpack.Decoder(Batch)

    @property
    def died(self) -> bool:
        """Whether the process has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def digest(self, contents: list[Content]) -> Batch:
        """Return what `digesting.digest` does. WorkerLost if the process ended or took too long; Stopped."""
        if self._stopped:
            raise Stopped
        megabytes = sum(len(each.content) for each in contents) / 1e6
        deadline = time.monotonic() + self._seconds * (1 + megabytes)
        process = self.start()
        try:
            assert process.stdin is not None
            _write(process.stdin, _pack(contents))
            length = int.from_bytes(self._taken(process, 4, deadline), "little")
            return self._decoder.decode(self._taken(process, length, deadline))
        except (OSError, WorkerLost, msgspec.DecodeError):
            self.close()
            raise WorkerLost from None

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process, which is started if there is none."""
        if self.process is None:
            watched, self._life = os.pipe()
            command = [sys.executable, "-I", "-c", _START, _SOURCE, str(watched)]
            pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
            try:
                self.process = subprocess.Popen(
                    command, stdin=pipe, stdout=pipe, stderr=nothing, env={}, pass_fds=(watched,)
                )
            finally:
                os.close(watched)
        return self.process

    @staticmethod
    def _taken(process: subprocess.Popen[bytes], length: int, deadline: float) -> bytes:
        assert process.stdout is not None
        handle = process.stdout.fileno()
        taken = bytearray()
        while len(taken) < length:
            ready, _, _ = select.select([handle], [], [], max(deadline - time.monotonic(), 0))
            piece = os.read(handle, min(length - len(taken), 1 << 20)) if ready else b""
            if not piece:
                raise WorkerLost
            taken += piece
        return bytes(taken)

    def stop(self) -> None:
        """End the process under whoever waits for it, for good."""
        self._stopped, process = True, self.process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process."""
        if self.process is None:
            return
        process, self.process = self.process, None
        os.close(self._life)
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


class Workers:
    """Several processes. Batches come back in the order they were given."""

    def __init__(self, count: int, seconds: float = SECONDS) -> None:
        self._workers = [Worker(seconds) for _ in range(count)]
        self._free: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            worker.start()  # it gets ready while its first batch is read
            self._free.put(worker)

    def digest(self, batches: Iterable[list[Content]]) -> Iterator[Batch]:
        """Yield what is stored of each batch. Few batches are held at once."""
        ahead: list[Future[Batch]] = []
        threads = ThreadPoolExecutor(len(self._workers))
        try:
            for batch in batches:
                ahead.append(threads.submit(self._one, batch))
                if len(ahead) > 2 * len(self._workers):
                    yield ahead.pop(0).result()
            while ahead:
                yield ahead.pop(0).result()
        except BaseException:  # a person interrupts, or nobody takes the rest: no parser is waited for
            for worker in self._workers:
                worker.stop()
            raise
        finally:
            threads.shutdown(cancel_futures=True)

    def _one(self, batch: list[Content]) -> Batch:
        worker = self._free.get()
        try:
            return _careful(worker, batch)
        finally:
            self._free.put(worker)

    @property
    def started(self) -> list[subprocess.Popen[bytes]]:
        """The processes that were started."""
        return [worker.process for worker in self._workers if worker.process is not None]

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()


def _careful(worker: Worker, batch: list[Content]) -> Batch:
    """Digest a batch; if that fails, one by one, and as plain text what fails alone."""
    for _ in range(2 if worker.died else 1):  # one that died while idle says nothing of this batch
        with suppress(WorkerLost):
            return worker.digest(batch)
    if len(batch) > 1:
        return _merged([_careful(worker, [each]) for each in batch])
    only = batch[0]
    digested = digest([Content(only.number, "", only.content)], Terms())
    return Batch([msgspec.structs.replace(digested.digested[0], note=STUCK)], digested.postings)


def _merged(batches: list[Batch]) -> Batch:
    postings: dict[str, bytes] = {}
    for batch in batches:
        for term, entries in batch.postings.items():
            postings[term] = postings.get(term, b"") + entries
    return Batch([digested for batch in batches for digested in batch.digested], postings)
