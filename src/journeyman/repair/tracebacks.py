"""Exceptions as test runners print them: what was raised, what it said, and the frames that led there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec


class Raised(msgspec.Struct, frozen=True):
    """An exception seen in output. `frames` are (path, line), outermost first; some may lie outside the tree."""

    kind: str
    message: str
    frames: tuple[tuple[str, int], ...]


_NATIVE_FRAME = re.compile(r'^(?:E\s+)?\s*File "([^"]+)", line (\d+)')
_PYTEST_FRAME = re.compile(r"^([^\s:][^:\n]*\.py):(\d+): (?:in |(?:[\w.]*(?:Error|Exception))?$)")
_EXCEPTION = re.compile(r"^(?:E\s+)?([A-Za-z_][\w.]*(?:Error|Exception))(?:: (.*))?$")
_BLOCK_END = re.compile(r"^(_{3,} .* _{3,}|={3,} .* ={3,}|-{60,})$")


def raised(output: str) -> tuple[Raised, ...]:
    """Return the exceptions of a runner's output in order, each once.

    Pytest prints the last frame of a long traceback after the message, so a block is closed by the next heading
    or by the next exception that has frames of its own.
    """
    found = [item for block in _blocks(output) for item in _of_block(block)]
    return tuple(dict.fromkeys(found))


def _blocks(output: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in output.splitlines():
        if _BLOCK_END.match(line) or line.startswith("Traceback (most recent call last)"):
            yield block
            block = []
        block.append(line)
    yield block


def _of_block(lines: list[str]) -> Iterator[Raised]:
    frames: list[tuple[str, int]] = []
    waiting: tuple[str, str] | None = None
    for line in lines:
        frame = _NATIVE_FRAME.match(line) or _PYTEST_FRAME.match(line)
        if frame:
            frames.append((frame[1], int(frame[2])))
            continue
        told = _EXCEPTION.match(line.rstrip())
        if told:
            if waiting:
                yield Raised(*waiting, tuple(frames))
            waiting = (told[1].rsplit(".", 1)[-1], told[2] or "")
    if waiting:
        yield Raised(*waiting, tuple(frames))
