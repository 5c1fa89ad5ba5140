"""Before all tests run on a change, those that it asks for: what they find is known at once."""

from __future__ import annotations

import re
import shlex

import msgspec

from journeyman.codebase import TestsToRun
from journeyman.domain.changes import Side
from journeyman.domain.checks import Check, CheckKind, CheckReport, new_failures
from journeyman.domain.runs import Run
from journeyman.git import Workspace
from journeyman.steps.commands import Log
from journeyman.steps.desk import Desk
from journeyman.steps.site import Site, run_check
from journeyman.store import TIMED

CHOOSE = f"{TIMED}choose the tests that a change asks for"
"""What stands in the record for the choice: it depends on what this machine has recorded, and a replay reads it."""

MOST_NAMES = 300
MOST_FILES = 200
"""Files of a change beyond which nothing is chosen."""

WORTH = 0.5
"""The share of the time of all tests, or of their files, beyond which running some first gains nothing."""

_SHELL = re.compile(r"[|;&<>`$(){}\n]")
_TAKE_VALUES = frozenset(
    """
    -c -k -m -p -o -W -n -r --rootdir --ignore --ignore-glob --deselect --confcutdir --basetemp --junitxml --junit-xml
    --maxfail --durations --timeout --dist --cov-report --cov-config
    """.split()  # noqa: SIM905 - a list of words, not of strings
)


async def failing_first(desk: Desk, site: Site, run: Run, before: CheckReport, log: Log) -> CheckReport | None:
    """Run the tests that the change asks for, of each check of pytest that takes long; return the report of the first
    check in which they count against it, None if there is none. The tree may be changed by what ran."""
    least = desk.surroundings(run).get("tests_first_seconds")
    slow = [o.check for o in before.outcomes if least is not None and o.seconds >= least and _is_pytest(o.check)]
    if not slow:
        return None
    facts = await desk.runs.facts(run.run_id)
    assert facts.tree is not None
    chosen = await log.ended(CHOOSE, await _chosen(desk, site, facts.tree), TestsToRun)
    for check in slow:
        command = narrowed(check.command, _names(chosen))
        if command is None:
            continue
        outcome = await run_check(desk, site.sandbox, msgspec.structs.replace(check, command=command), log)
        report = CheckReport((msgspec.structs.replace(outcome, check=check),))
        # What a person named has to pass, whatever failed before.
        bad = report.failures() if run.options.validate else new_failures(before, report)
        if any(each.startswith("test ") for failures in bad.values() for each in failures):
            return report
    return None


def _is_pytest(check: Check) -> bool:
    return check.kind is CheckKind.TEST and check.reader == "pytest"


async def _chosen(desk: Desk, site: Site, tree: str) -> TestsToRun:
    sides = await sides_of(site.workspace, await site.workspace.base_tree(), tree)
    if not sides:
        return TestsToRun()
    origin, paths = await site.workspace.origin(), await site.workspace.files(tree)
    return await desk.impacted.tests(site.workspace.tree, origin, paths, sides)


async def sides_of(workspace: Workspace, before: str, after: str) -> list[Side]:
    """Return the files that differ between two trees; none if they are too many."""
    change = await workspace.change(before, after)
    paths = sorted({path for file in change.files for path in (file.path, file.old_path) if path})
    if len(paths) > MOST_FILES:
        return []
    sides = [Side(path, await workspace.read(before, path), await workspace.read(after, path)) for path in paths]
    return [side for side in sides if side.old != side.new]


def _names(chosen: TestsToRun) -> list[str]:
    """Return what to run first; nothing if it would be most of all."""
    names = [test.name for test in chosen.tests]
    files = {name.partition("::")[0] for name in names}
    if chosen.all:
        return sorted(files) if len(files) <= WORTH * len(chosen.files) else []
    return names if chosen.seconds <= WORTH * chosen.of_seconds else []


def narrowed(command: str, names: list[str]) -> str | None:
    """Return a command of pytest for some tests only, of those that it would run; None if there is no saying how."""
    if _SHELL.search(command) or not names:
        return None
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    at = next((at for at, word in enumerate(words) if word.rpartition("/")[2] in ("pytest", "py.test")), None)
    if at is None:
        return None
    kept, places = words[: at + 1], []
    for before, word in zip(words[at:], words[at + 1 :], strict=False):
        if word.startswith("-") or before in _TAKE_VALUES:
            kept.append(word)
        else:
            places.append(word.removeprefix("./").rstrip("/"))
    inside = [name for name in names if not places or any(_below(name, place) for place in places)]
    if not inside or len(inside) > MOST_NAMES:
        return None
    return shlex.join([*kept, *inside])


def _below(name: str, place: str) -> bool:
    return place == "." or name == place or name.startswith((f"{place}/", f"{place}::", f"{place}["))
