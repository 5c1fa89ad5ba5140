"""The file of a recorded run: the same bytes for the same run, and one line for whatever is wrong with it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, Usage
from journeyman.domain.errors import BadRecord
from journeyman.domain.exchanges import Answer, Exchange, ExchangeState
from journeyman.domain.redaction import Redactor
from journeyman.record import FORMAT, VERSION, Manifest, RunPart, read_recording
from journeyman.record.writing import Export, write_parts, write_recording
from journeyman.store import CommandRecord, JournalEntry, KeptToolCall, RunFacts
from tests.store.rows import START, a_run

SECRET = "correct-horse-battery-staple-9"


class Kept:
    """What is kept of a run whose conversation grows; fits `Recordings`."""

    def __init__(self, turns: int) -> None:
        self.turns = turns

    def request(self, number: int) -> str:
        said = ",".join(f'"turn {n}: {"x" * 50}"' for n in range(number + 1))
        return f'{{"messages":[{said}],"key":"{SECRET}","role":"coder"}}'

    async def exchanges(self, run_id: str) -> AsyncIterator[Exchange]:
        for number in range(self.turns):
            at = START + timedelta(seconds=number)
            answer = Answer(ModelTurn(f"{number}", (ToolCall("1", "read", "{}"),)), "local:m", Usage(1, 1))
            yield Exchange(
                f"e{number}.1", f"code/1/{number}", 1, ExchangeState.ANSWERED, "coder", "local:m", "",
                self.request(number), answer, 0.0, "", at, at,
            )  # fmt: skip

    async def tool_calls(self, run_id: str) -> AsyncIterator[KeptToolCall]:
        for number in range(self.turns):
            result = ToolResult("1", "read", f"found {SECRET}")
            yield KeptToolCall(f"code/1/{number}/0", "{}", result, f"tree{number % 3}", START)

    async def commands(self, run_id: str) -> AsyncIterator[CommandRecord]:
        yield CommandRecord("mend/1", 0, "snapshot", '"tree9"', START)

    async def journal(self, run_id: str) -> AsyncIterator[JournalEntry]:
        for entry in ():
            yield entry

    messages = words = activities = journal


async def written(path: Path, turns: int = 5) -> tuple[str, ...]:
    run = a_run()
    part = RunPart(run, RunFacts(tree="final"), "base")
    export = Export(Kept(turns), Redactor([SECRET]), Manifest(FORMAT, VERSION, run.run_id), part)  # type: ignore[arg-type]
    with write_recording(path) as archive:
        return await write_parts(archive, export)


async def test_what_was_written_is_read_without_secrets(tmp_path: Path) -> None:
    trees = await written(tmp_path / "record", 30)
    assert set(trees) == {"base", "final", "tree0", "tree1", "tree2", "tree9"}
    recording = read_recording(tmp_path / "record")
    for number in (29, 3, 4, 0, 29):
        line = recording.answered(f"code/1/{number}")
        assert line is not None
        assert recording.request(line) == Redactor([SECRET]).json(Kept(30).request(number))
    assert recording.answered("code/1/30") is None
    assert recording.part.run.run_id == a_run().run_id
    content = b"".join(ZipFile(tmp_path / "record").read(name) for name in ZipFile(tmp_path / "record").namelist())
    assert SECRET.encode() not in content


async def test_the_same_run_gives_the_same_bytes_and_grows_with_what_was_said(tmp_path: Path) -> None:
    for name, turns in (("one", 100), ("two", 100), ("long", 400)):
        await written(tmp_path / name, turns)
    one, two, long = ((tmp_path / name) for name in ("one", "two", "long"))
    assert one.read_bytes() == two.read_bytes()
    sizes = [ZipFile(path).getinfo("exchanges.jsonl").file_size for path in (one, long)]
    assert sizes[1] < 4.2 * sizes[0]


async def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), write_recording(tmp_path / "record"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "record"
    asyncio.run(written(path))
    return path.read_bytes()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_refused_or_read_never_more(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(whole)
    place = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["cut", "bytes", "twice"]))
    if kind == "cut":
        del content[place:]
    elif kind == "bytes":
        patch = data.draw(st.binary(min_size=1, max_size=12))
        content[place : place + len(patch)] = patch
    else:
        content[place:place] = content[: data.draw(st.integers(1, 200))]
    path = tmp_path / "damaged"
    path.write_bytes(content)
    with suppress(BadRecord):
        assert read_recording(path).manifest.format == FORMAT


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"letter.txt": "dear Ada"}, "no record of a run"),
        ({"manifest.json": '{"format": "other", "version": 1}'}, "no record of a run"),
        ({"manifest.json": '{"format": "journeyman-record", "version": 2}'}, "has format 2"),
        ({"manifest.json": '{"format": "journeyman-record", "version": 1}'}, "no whole record"),
        ({"manifest.json": "[]"}, "no whole record"),
    ],
)
def test_a_foreign_or_newer_file_is_refused(tmp_path: Path, parts: dict[str, str], words: str) -> None:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    (tmp_path / "file").write_bytes(file.getvalue())
    with pytest.raises(BadRecord, match=words):
        read_recording(tmp_path / "file")
