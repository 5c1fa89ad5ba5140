"""What a rule is, and how one is read from a table."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any, NamedTuple

from journeyman.domain.diagnoses import Category

_NAMED = re.compile(r"<<(\w+)>>")


class Rule(NamedTuple):
    """One way in which a line tells of a failure.

    `anchors` are in lower case; one must be in the line before `pattern` is tried, which may name the groups path,
    line and message. Where the line does not name its place, `below` and then `above` are looked for in the lines
    near it, the nearest first; with `placed` the rule holds only if one is found. `category` None: the line is
    harmless, and no other rule may have it. A `guess` counts only in a log of which no other rule knows anything.
    `said` finds in the very next line what the message goes on with.
    """

    category: Category | None
    confidence: int
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    below: tuple[re.Pattern[str], ...] = ()
    above: tuple[re.Pattern[str], ...] = ()
    placed: bool = False
    guess: bool = False
    said: re.Pattern[str] | None = None


def table(name: str, *, guess: bool = False) -> tuple[Rule, ...]:
    """Return the rules of a table, in its order; `guess` marks all of them.

    A row: what a line `is` (`nothing`: harmless) and how `sure`; `near`, the anchors, divided by |; `line`, the
    pattern; `below`, `above`, `placed` and `said` where wanted. `<<NAME>>` stands for a pattern of the part `where`.
    """
    read = tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    where: dict[str, str] = read.get("where", {})

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(_NAMED.sub(lambda found: where[found[1]], pattern))

    def rule(row: dict[str, Any]) -> Rule:
        return Rule(
            None if row["is"] == "nothing" else Category(row["is"]),
            row["sure"],
            tuple(row["near"].split("|")),
            compiled(row["line"]),
            tuple(map(compiled, row.get("below", ()))),
            tuple(map(compiled, row.get("above", ()))),
            row.get("placed", False),
            guess,
            compiled(row["said"]) if "said" in row else None,
        )

    return tuple(map(rule, read["rules"]))
