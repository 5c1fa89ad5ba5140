"""Reads a run's file; whatever is wrong with it becomes one line."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile, ZipFile

import msgspec

from journeyman.domain.errors import BadRecord
from journeyman.domain.exchanges import ExchangeState
from journeyman.domain.runs import Activity
from journeyman.record import contract as part
from journeyman.record.comparing import RecordEnds
from journeyman.record.contract import ExchangeLine, Manifest, RunPart
from journeyman.store import CommandRecord, Difference, JournalEntry, KeptToolCall, Message, restored

Line = TypeVar("Line")

DAMAGED = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, RecursionError, KeyError)
"""What reading a damaged zip or damaged JSON raises, in all its kinds."""

LARGEST_LINE = 512 * 1024**2
LARGEST_PART = 8 * 1024**3
"""Bytes that a part may claim to have: a file that claims more is no record."""


class Recording:
    """A recorded run, in memory but for its trees. Requests are put together as they are asked for."""

    def __init__(self, archive: ZipFile, manifest: Manifest) -> None:
        self.manifest = manifest
        self.part = msgspec.json.decode(archive.read(part.RUN), type=RunPart)
        self.exchanges: dict[str, list[ExchangeLine]] = {}
        self._by_id: dict[str, ExchangeLine] = {}
        for line in _lines(archive, part.EXCHANGES, ExchangeLine):
            self.exchanges.setdefault(line.key, []).append(line)
            self._by_id[line.exchange_id] = line
        self.tools = {line.key: line for line in _lines(archive, part.TOOL_CALLS, KeptToolCall)}
        self.commands = {(line.step, line.number): line for line in _lines(archive, part.COMMANDS, CommandRecord)}
        self.journal = {line.position: line for line in _lines(archive, part.JOURNAL, JournalEntry)}
        self.messages = list(_lines(archive, part.MESSAGES, Message))
        self.log = list(_lines(archive, part.LOG, Activity))
        self._latest: dict[str, tuple[str, str]] = {}

    def goes_on_after(self, moment: datetime) -> bool:
        """Tell whether anything was done that ended later."""
        ends = [line.ended_at for lines in self.exchanges.values() for line in lines if line.ended_at is not None]
        ends += [call.ended_at for call in self.tools.values()]
        ends += [command.ended_at for command in self.commands.values()]
        return any(end > moment for end in ends)

    def answered(self, key: str) -> ExchangeLine | None:
        """Return the exchange that answered a key; None if none did."""
        answered = [line for line in self.exchanges.get(key, ()) if line.state is ExchangeState.ANSWERED]
        return answered[-1] if answered else None

    def stop_before(self, tool_key: str) -> None:
        """Raise RecordEnds if a tool call never ended: it is not made again, for it may take for ever."""
        if tool_key not in self.tools:
            raise RecordEnds

    def request(self, line: ExchangeLine) -> str:
        """Return an exchange's whole request."""
        known_id, text = self._latest.get(line.role, ("", ""))
        chain = [line]
        while chain[-1].like and chain[-1].like != known_id:
            if chain[-1].like not in self._by_id or len(chain) > len(self._by_id):
                raise BadRecord("the record lacks a request that others follow from", "export the run again")
            chain.append(self._by_id[chain[-1].like])
        text = text if chain[-1].like else ""
        for link in reversed(chain):
            text = restored(text, Difference(link.head, link.tail, link.middle))
        self._latest[line.role] = (line.exchange_id, text)
        return text


def read_recording(path: Path) -> Recording:
    """Return a recorded run. BadRecord for a file that is none, is damaged, or comes from a newer Journeyman."""
    with _opened(path) as archive:
        recording = Recording(archive, _manifest(archive, path))
        _check(recording, path)
    return recording


def _check(recording: Recording, path: Path) -> None:
    """Raise BadRecord if the run recorded too little of itself to be replayed."""
    known = recording.part.facts.environment
    named = {name for names in known.get("models", {}).values() for name in names}
    if recording.journal and (not known or not named <= known.get("windows", {}).keys()):
        problem = f"{path}: the run was begun by a Journeyman that recorded too little of it"
        raise BadRecord(problem, "run the task again, then export that run")


def extract_trees(path: Path, target: Path) -> bool:
    """Write the pack of the trees to a file; False if the record has none."""
    with _opened(path) as archive:
        if part.TREES not in archive.namelist():
            return False
        with archive.open(part.TREES) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
        return True


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(path) as archive:
            if any(info.file_size > LARGEST_PART for info in archive.infolist()):
                raise BadRecord(f"{path}: claims a size that no record has", "export the run again")
            yield archive
    except OSError as error:
        raise BadRecord(f"{path}: {error.strerror or 'cannot be read'}", "name a readable file") from None
    except DAMAGED as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadRecord(f"{path} is no whole record of a run: {words}", "export the run again") from None


def _manifest(archive: ZipFile, path: Path) -> Manifest:
    if part.MANIFEST not in archive.namelist():
        raise BadRecord(f"{path} is a zip, but no record of a run", "make one with journeyman export RUN -o FILE")
    manifest = msgspec.json.decode(archive.read(part.MANIFEST), type=Manifest)
    if manifest.format != part.FORMAT:
        raise BadRecord(f"{path} is no record of a run", "make one with journeyman export RUN -o FILE")
    if manifest.version > part.VERSION:
        problem = f"{path} has format {manifest.version}, this Journeyman reads up to {part.VERSION}"
        raise BadRecord(problem, "update Journeyman")
    return manifest


def _lines(archive: ZipFile, name: str, kind: type[Line]) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(kind)
    with archive.open(name) as file:
        for number, line in enumerate(iter(lambda: file.readline(LARGEST_LINE), b""), 1):
            try:
                yield decoder.decode(line)
            except ValueError as error:
                raise ValueError(f"{name}, line {number}: {error}") from None
