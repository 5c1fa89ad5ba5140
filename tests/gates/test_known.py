"""The run's own secrets may not be part of a change, in whatever spelling."""

from __future__ import annotations

import base64
import codecs
import gzip

import pytest

from journeyman.domain.changes import Change, ChangedFile, ChangeKind, Severity
from journeyman.domain.redaction import Redactor
from journeyman.gates import known_secrets

SECRET = "Canary-7Qm2Xv9Lp4Zt"


async def judged(before: dict[str, bytes], after: dict[str, bytes], *files: ChangedFile) -> list[tuple[str, str]]:
    async def read_before(path: str) -> bytes | None:
        return before.get(path)

    async def read_after(path: str) -> bytes | None:
        return after.get(path)

    found = await known_secrets(Change(files), read_before, read_after, Redactor([SECRET]))
    assert all(finding.severity is Severity.BLOCKS and SECRET not in finding.line_text() for finding in found)
    return [(finding.rule, finding.path) for finding in found]


CONTENTS = {
    "plain": SECRET.encode(),
    "base64": base64.b64encode(b"x" + SECRET.encode()),
    "hex": SECRET.encode().hex().encode(),
    "reversed": SECRET[::-1].encode(),
    "rot13": codecs.encode(SECRET, "rot13").encode(),
    "split": b"\n".join(SECRET[i : i + 4].encode() for i in range(0, len(SECRET), 4)),
    "UTF-16": SECRET.encode("utf-16"),
    "binary": b"\0\xff" + SECRET.encode() + b"\xfe\0",
    "gzip": gzip.compress(b"so " + SECRET.encode()),
    "gzip in base64": base64.b64encode(gzip.compress(SECRET.encode())),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=list(CONTENTS))
async def test_a_new_file_with_a_secret_blocks(content: bytes) -> None:
    file = ChangedFile("a", ChangeKind.ADDED, size=len(content))
    assert await judged({}, {"a": b"first\n" + content if content[:2] != b"\x1f\x8b" else content}, file) == [
        ("secret.known", "a")
    ]


async def test_a_name_with_a_secret_blocks_and_is_not_told() -> None:
    assert await judged({}, {}, ChangedFile(f"docs/{SECRET.lower()}.md", ChangeKind.ADDED)) == [("secret.known", "")]


async def test_what_stood_there_before_does_not_count() -> None:
    before = {"a": f"one\n{SECRET}\n".encode(), "b": SECRET.encode()}
    after = {"a": f"two\n{SECRET}\n".encode(), "c": SECRET.encode()}
    files = (
        ChangedFile("a", ChangeKind.MODIFIED, size=9),
        ChangedFile("c", ChangeKind.RENAMED, old_path="b", size=9),
        ChangedFile("b", ChangeKind.DELETED),
    )
    assert await judged(before, after, *files) == []
    twice = {"a": f"{SECRET}\n{SECRET}\n".encode()}
    assert await judged(before, twice, files[0]) == [("secret.known", "a")]


async def test_broken_and_huge_files_do_no_harm() -> None:
    broken = ChangedFile("a", ChangeKind.ADDED, size=9)
    huge = ChangedFile("b", ChangeKind.ADDED, size=10 * 1024**3)
    assert await judged({}, {"a": b"\x1f\x8bnot gzip"}, broken, huge) == []
