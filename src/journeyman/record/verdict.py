"""What a replay came to."""

from __future__ import annotations

from typing import Any

import msgspec

from journeyman.record.comparing import Difference, Hidden

TOLD = ("commands", "requests", "steps", "tool calls", "trees")
"""Kinds of what was compared that a person wants to know the number of."""


class Verdict(msgspec.Struct, frozen=True):
    """What a replay came to. `tree` is the final tree now, `recorded_tree` the one of the record.

    `status` is the run's as recorded; `compared` counts what was compared, by kind. `hidden_count` differences are
    hidden by normalising, `hidden` shows the first of them. `log` is the run's log as the replay wrote it;
    `log_identical` tells whether the recorded one is the same.
    """

    run_id: str
    identical: bool
    status: str
    tree: str
    recorded_tree: str
    commit: str | None
    difference: Difference | None
    compared: dict[str, int]
    hidden_count: int
    hidden: tuple[Hidden, ...]
    remarks: tuple[str, ...]
    log: tuple[str, ...]
    log_identical: bool

    def as_json(self) -> str:
        """Return the verdict as one JSON object."""
        return msgspec.json.encode(self).decode()

    def lines(self) -> list[str]:
        """Return the verdict for a person: the first line tells it all."""
        if self.difference is not None:
            found = self.difference
            lines = [f"{found.place}: {found.what}", f"  recorded  {_flat(found.recorded)}"]
            return [*lines, f"  now       {_flat(found.now)}", *self._remarks()]
        compared = ", ".join(f"{count} {kind}" for kind, count in self.compared.items() if kind in TOLD)
        return [f"{self.tree} identical", f"  compared  {compared or 'nothing'}", *self._hidden(), *self._remarks()]

    def _hidden(self) -> list[str]:
        if not self.hidden_count:
            return []
        shown = self.hidden[0]
        words = f"{shown.place}: {_flat(shown.recorded)} | {_flat(shown.now)}"
        counted = f"{self.hidden_count} difference{'s' if self.hidden_count > 1 else ''}"
        return [f"  hidden    {counted} in times and the like, such as {words}"]

    def _remarks(self) -> list[str]:
        return [f"  note      {remark}" for remark in self.remarks]


def _flat(text: Any) -> str:
    return "".join(c if c.isprintable() else " " for c in str(text))
