"""The run's own secrets in what a change adds: in contents, in names, encoded or compressed."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

from journeyman.domain.changes import Change, ChangedFile, ChangeKind, Finding, Severity
from journeyman.domain.redaction import Redactor

LARGEST = 16 * 1024**2
"""Bytes of a file, as it is and unpacked, that are looked through; larger ones block for their size already."""

GZIP = b"\x1f\x8b"
ADVICE = "a secret of this run stands in it, plain or encoded: take it out"

Read = Callable[[str], Awaitable[bytes | None]]


async def known_secrets(change: Change, before: Read, after: Read, redactor: Redactor) -> tuple[Finding, ...]:
    """Return a blocking finding for each file that brings a secret; what stood there before counts as known."""
    found: list[Finding] = []
    for number, file in enumerate(change.files, 1):
        if file.kind is ChangeKind.DELETED:
            continue
        if redactor.finds(file.path):
            # The name itself may not be told.
            message = f"the name of file {number} of the change holds a secret of this run: rename it"
            found.append(Finding("secret.known", Severity.BLOCKS, message))
        elif file.size <= LARGEST and redactor.finds("\n".join(await _added(file, before, after))):
            found.append(Finding("secret.known", Severity.BLOCKS, ADVICE, file.path))
    return tuple(found)


async def _added(file: ChangedFile, before: Read, after: Read) -> list[str]:
    old = await before(file.old_path or file.path)
    return list(_new_lines(_text(old or b""), _text(await after(file.path) or b"")))


def _new_lines(old: str, new: str) -> Iterator[str]:
    left = Counter(old.splitlines())
    for line in new.splitlines():
        if left[line]:
            left[line] -= 1
        else:
            yield line


def _text(raw: bytes) -> str:
    if raw.startswith(GZIP):
        with suppress(zlib.error):
            raw = zlib.decompressobj(47).decompress(raw, LARGEST)
    return raw.decode(errors="replace")
