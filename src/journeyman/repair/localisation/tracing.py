"""Has the tests traced inside the sandbox."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journeyman.repair.laboratory import Laboratory


class Located(msgspec.Struct, frozen=True):
    """What tracing found: the failing tests, and by path and line which of them run it and how many that pass."""

    failing: tuple[str, ...] = ()
    lines: dict[str, dict[str, tuple[list[int], int]]] = {}
    traced: int = 0
    collected: int = 0
    error: str = ""


async def locate(laboratory: Laboratory, paths: Sequence[str], failing: Sequence[str], seconds: float) -> Located:
    """Run the tests under the tracer for at most so many seconds."""
    job = {"kind": "locate", "paths": list(paths), "failing": list(failing), "seconds": seconds}
    return msgspec.convert(await laboratory.do(job, seconds), Located)
