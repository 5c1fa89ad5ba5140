"""What is known to fail of a project, without anything being run for it."""

from __future__ import annotations

import msgspec


class Failing(msgspec.Struct, frozen=True):
    """A test, or a whole check, that failed when it was last seen to run.

    `where` tells who saw it, such as "in run 0192…"; `when` is in seconds since 1970, 0 if that is not known. `old`:
    files that a change touches are newer than that.
    """

    name: str
    where: str
    path: str = ""
    line: int = 0
    said: str = ""
    when: float = 0.0
    old: bool = False
