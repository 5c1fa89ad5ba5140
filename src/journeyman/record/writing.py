"""Writes a run's file, line by line: the same run gives the same bytes, and a long one takes little memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from journeyman.domain.errors import WrongUse
from journeyman.domain.exchanges import Exchange
from journeyman.domain.redaction import Redactor
from journeyman.record import contract as part
from journeyman.record.contract import ExchangeLine, Manifest, RunPart
from journeyman.store import Difference, Recordings, difference

THE_SAME_DAY = (1980, 1, 1, 0, 0, 0)
"""When every part of the file was made, as far as the file tells."""

SNAPSHOT = "snapshot"
"""The command under which a step records a tree."""


@dataclass(frozen=True)
class Export:
    """One run on its way into a file. `trees` packs a run's trees, in a folder of the exporter's."""

    recordings: Recordings
    redactor: Redactor
    manifest: Manifest
    run: RunPart


@contextmanager
def write_recording(path: Path) -> Iterator[ZipFile]:
    """Open a file for `write_parts`; it is there, whole, only when all went well. WrongUse if it cannot be made."""
    fresh = path.with_name(f".{path.name}.part")
    try:
        handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
    except OSError as error:
        raise WrongUse(f"{path}: {error.strerror}", "name a file in a folder that is there") from None
    try:
        with os.fdopen(handle, "w+b") as file, ZipFile(file, "w") as archive:
            yield archive
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


async def write_parts(archive: ZipFile, export: Export) -> tuple[str, ...]:
    """Write everything but the trees, without secrets, and return the trees that the run made, in no order."""
    run_id, kept = export.run.run.run_id, export.recordings
    redactor = export.redactor
    _write(archive, part.MANIFEST, msgspec.json.format(msgspec.json.encode(export.manifest)))
    _write(archive, part.RUN, redactor.json(msgspec.json.encode(export.run).decode()).encode())
    trees = {export.run.base_tree, export.run.facts.tree or ""}

    def tree_of(line: Any) -> None:
        trees.add(line.tree)

    def snapshot_of(line: Any) -> None:
        if line.command == SNAPSHOT:
            trees.add(msgspec.json.decode(line.result, type=str))

    await _write_lines(archive, part.EXCHANGES, _exchange_lines(kept.exchanges(run_id), redactor), Redactor(()))
    await _write_lines(archive, part.TOOL_CALLS, kept.tool_calls(run_id), redactor, tree_of)
    await _write_lines(archive, part.COMMANDS, kept.commands(run_id), redactor, snapshot_of)
    await _write_lines(archive, part.JOURNAL, kept.journal(run_id), redactor)
    await _write_lines(archive, part.MESSAGES, kept.messages(run_id), redactor)
    await _write_lines(archive, part.WORDS, kept.words(run_id), redactor)
    await _write_lines(archive, part.LOG, kept.activities(run_id), redactor)
    return tuple(sorted(tree for tree in trees if tree))


def write_trees(archive: ZipFile, pack: Path) -> None:
    """Write the pack of the trees; it is compressed already."""
    with pack.open("rb") as source, archive.open(_info(part.TREES, ZIP_STORED), "w", force_zip64=True) as target:
        shutil.copyfileobj(source, target)


async def _exchange_lines(exchanges: AsyncIterator[Exchange], redactor: Redactor) -> AsyncIterator[ExchangeLine]:
    """Yield exchanges as lines. Secrets go before the difference is made: it could cut one in two."""
    latest: dict[str, tuple[str, str]] = {}
    async for exchange in exchanges:
        request = redactor.json(exchange.request) if exchange.request else ""
        like, before = latest.get(exchange.role, ("", ""))
        kept = difference(before, request) if request else Difference(0, 0, "")
        line = ExchangeLine(
            exchange_id=exchange.exchange_id,
            key=exchange.key,
            attempt=exchange.attempt,
            state=exchange.state,
            role=exchange.role,
            model=exchange.model,
            like=like if request else "",
            head=kept.head,
            tail=kept.tail,
            middle=kept.middle,
            answer=None,
            cost_usd=exchange.cost_usd,
            reason=redactor.text(exchange.reason),
            sent_at=exchange.sent_at,
            ended_at=exchange.ended_at,
        )
        if request:
            latest[exchange.role] = (exchange.exchange_id, request)
        if exchange.answer is not None:
            answer = redactor.json(msgspec.json.encode(exchange.answer).decode())
            line = msgspec.structs.replace(line, answer=msgspec.json.decode(answer, type=type(exchange.answer)))
        yield line


async def _write_lines(
    archive: ZipFile,
    name: str,
    lines: AsyncIterator[Any],
    redactor: Redactor,
    look: Callable[[Any], None] | None = None,
) -> None:
    with archive.open(_info(name), "w", force_zip64=True) as file:
        async for line in lines:
            if look is not None:
                look(line)
            _put(file, redactor.json(msgspec.json.encode(line).decode()))


def _put(file: IO[bytes], line: str) -> None:
    file.write(line.encode())
    file.write(b"\n")


def _write(archive: ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_info(name), content)


def _info(name: str, method: int = ZIP_DEFLATED) -> ZipInfo:
    info = ZipInfo(name, THE_SAME_DAY)
    info.compress_type = method
    info.create_system = 3
    info.external_attr = 0o600 << 16
    return info
