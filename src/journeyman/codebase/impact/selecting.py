"""Chooses the tests that a change asks for: by what they were recorded to run, else by imports and calls.

A recorded test is chosen if it ran a statement that changed. Where that does not tell all (something changes when a
module is imported; what a test ran has changed since), whatever imports the changed files counts. Where even that is
not sure, all tests are to run, and the doubt is told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cached_property

from journeyman.codebase.impact.contract import ChosenTest, TestsToRun
from journeyman.codebase.impact.coverage import Coverage, Known
from journeyman.codebase.impact.lines import Lines
from journeyman.codebase.impact.ordering import Candidate, likeness, ordered, within
from journeyman.codebase.impact.reach import Reach
from journeyman.codebase.impact.regions import Regions, bits, regions_of
from journeyman.codebase.paths import is_test
from journeyman.domain.changes import Side

RAN, MENTIONED, IMPORTS, OPAQUE, READ, FRESH = 1.0, 0.6, 0.3, 0.2, 0.9, 0.8
"""How likely it is that a test notices, by why it is chosen."""

MOST_DOUBTS_NAMED = 3

_PROJECT = re.compile(
    r"(?:^|/)(?:setup\.(?:py|cfg)|pyproject\.toml|(?:requirements|constraints)[^/]*\.(?:txt|in)|tox\.ini|pytest\.(?:ini|toml)"
    r"|noxfile\.py|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|environment\.ya?ml|\.coveragerc|sitecustomize\.py)$"
)
_NATIVE = re.compile(r"\.(?:c|cc|cpp|cxx|h|hpp|pyx|pxd|pxi|so|pyd|rs|f|f90|cu)$")
_WORDS_ONLY = re.compile(
    r"(?:^|/)(?:README|CHANGE|CHANGELOG|HISTORY|NEWS|LICEN[CS]E|AUTHORS|CONTRIBUT|COPYING|NOTICE|CODE_OF_CONDUCT)[^/]*$"
    r"|^(?:docs?)/.*\.(?:md|rst|txt|png|svg)$|\.(?:md|rst|pyi)$|(?:^|/)(?:py\.typed|\.gitignore|\.gitattributes)$"
    r"|^\.github/",
    re.IGNORECASE,
)


class Selection:
    """The tests that some changed files ask for, gathered file by file."""

    def __init__(self, sides: list[Side], coverage: Coverage, reach: Reach) -> None:
        self._sides = sides
        self._coverage = coverage
        self._reach = reach
        self._chosen: dict[int, tuple[float, str]] = {}
        self._bits: dict[int, dict[str, int]] = {}
        self._files: dict[str, tuple[int, str]] = {}
        self._doubts: list[str] = []
        self.names: set[str] = set()

    def choice(self, share: float | None = None) -> TestsToRun:
        """Return the tests to run. `share`: within that part of the time of all tests, the most telling ones."""
        for side in self._sides:
            self._take_in(side)
        changed = {side.path for side in self._sides if not _WORDS_ONLY.search(side.path)}
        if self._coverage.tests:
            if changed:
                self._uncertain(changed)
        elif changed:
            self._doubts.append("no coverage was recorded: journeyman impact --record 'python -m pytest' does")
            self._by_imports({path for path in changed if path.endswith(".py")}, "it imports what changed")
        return self._put_together(share)

    def _put_together(self, share: float | None) -> TestsToRun:
        tests = self._coverage.tests
        files = {path: told for path, told in self._files.items() if self._is_there(path)}
        candidates = [
            Candidate(tests[number].name, confidence, why, tests[number].seconds, self._bits.get(number, {}))
            for number, (confidence, why) in self._chosen.items()
            if tests[number].path not in files and self._is_there(tests[number].path)
        ]
        known: dict[str, float] = {}
        for test in tests.values():
            known[test.path] = known.get(test.path, 0.0) + test.seconds
        whole = sum(known.values(), 0.0)
        words = [*self._words()]
        fresh = [
            ChosenTest(path, why, FRESH if steps < 2 else IMPORTS, round(known.get(path, 0.0), 3))
            for path, (steps, why) in sorted(
                files.items(), key=lambda file: (file[1][0], -likeness(file[0], words), file)
            )
        ]
        in_order = fresh + [
            ChosenTest(each.name, each.because, round(each.confidence, 3), round(each.seconds, 4))
            for each in ordered(candidates, words)
        ]
        chosen = within(in_order, whole * share) if share is not None and whole else in_order
        return TestsToRun(
            tests=tuple(chosen),
            all=bool(self._doubts),
            doubts=tuple(dict.fromkeys(self._doubts)),
            files=tuple(self._all_files(chosen)) if self._doubts else (),
            seconds=round(sum((each.seconds for each in chosen), 0.0), 3),
            of_seconds=round(whole, 3),
            left_out=len(in_order) - len(chosen),
        )

    def _all_files(self, chosen: list[ChosenTest]) -> list[str]:
        """Return all files with tests, those of chosen tests first."""
        first = dict.fromkeys(test.name.partition("::")[0] for test in chosen)
        recorded = {test.path: None for test in self._coverage.tests.values() if self._is_there(test.path)}
        return list(first | dict.fromkeys(sorted({*self._reach.test_files, *recorded})))

    def _is_there(self, path: str) -> bool:
        gone = {side.path for side in self._sides if side.new is None}
        return path not in gone and path in self._reach.view.contents

    def _words(self) -> Iterable[str]:
        yield from self.names
        yield from (side.path.rpartition("/")[2].partition(".")[0] for side in self._sides)

    def _take_in(self, side: Side) -> None:
        path = side.path
        if path.rpartition("/")[2] == "conftest.py":
            self._doubts.append(f"{path} changes what all tests below it share")
        elif _PROJECT.search(path):
            self._doubts.append(f"{path} changes how the project is set up")
        elif _NATIVE.search(path):
            self._doubts.append(f"{path} is not Python: what tests run of it is not recorded")
        elif not path.endswith(".py"):
            self._data(side)
        elif self._coverage.tests:
            self._recorded(side)
        if path.endswith(".py") and side.new is not None and is_test(path):
            self._of_tests(side)

    def _data(self, side: Side) -> None:
        readers = [test for test in self._coverage.tests.values() if _reads(test, side.path)]
        for test in readers:
            self._choose(test.id, READ, f"it reads {side.path}")
        if not readers and not _WORDS_ONLY.search(side.path):
            self._doubts.append(f"{side.path} is no Python, and no test was seen to read it")

    def _of_tests(self, side: Side) -> None:
        """Choose the files of tests that are new or have changed: what is new in them was never recorded."""
        in_file = [test for test in self._coverage.tests.values() if test.path == side.path]
        rows = self._reach.view.contents.get(side.path)
        if rows is not None and (side.path in self._reach.test_files or in_file):
            self._files[side.path] = 0, "its tests changed"

    def _recorded(self, side: Side) -> None:
        """Choose by what was recorded of a file."""
        for test in self._coverage.tests.values():
            if _reads(test, side.path):
                self._choose(test.id, READ, f"it reads {side.path}")
        if side.old is None:
            self._by_imports({side.path}, f"it imports {side.path}, which is new")
            return
        blob = blob_of(side.old)
        fresh = self._coverage.ran(side.path, blob)
        if side.new is None or (not fresh and self._coverage.files.get(side.path) != blob):
            why = f"it ran {side.path}" + ("" if side.new is None else ", which has changed since it was recorded")
            for number, lines in self._coverage.ran(side.path).items():
                self._choose(number, RAN, why, side.path, lines)
            self._by_imports({side.path}, f"it imports {side.path}")
            return
        self._precise(side, blob, regions_of(Lines(side)), fresh)

    def _precise(self, side: Side, blob: str, regions: Regions, fresh: dict[int, int]) -> None:
        if regions.broken:
            self._doubts.append(f"{side.path} is no valid Python")
        for number, lines in fresh.items():
            if lines & regions.lines:
                self._choose(number, RAN, f"it runs what changed in {side.path}", side.path, lines)
        self.names |= regions.names
        for name in sorted(regions.names):
            self._by_name(name, side.path)
        if regions.module or regions.lines & self._coverage.imported(side.path, blob):
            self._by_imports({side.path}, f"it imports {side.path}, where something changes on import")

    def _by_name(self, name: str, changed: str) -> None:
        """Choose the tests that ran what mentions a name."""
        view = self._reach.view
        for path, first, last in self._reach.mentioning(name):
            for number, lines in self._coverage.ran(path, view.blobs.get(path, "")).items():
                if lines & bits(first, last):
                    self._choose(number, MENTIONED, f"it runs what mentions {name}", changed, 0)

    def _by_imports(self, paths: set[str], why: str) -> None:
        """Choose whatever is in a file that imports one of some."""
        known = {test.path for test in self._coverage.tests.values()}
        importing = self._reach.importing(paths)
        for test in self._coverage.tests.values():
            if test.path in importing:
                self._choose(test.id, IMPORTS, why)
        for path in sorted(importing.keys() & set(self._reach.test_files) - known):
            self._choose_file(path, importing[path], why)
        if dynamic := self._reach.by_name_at_run_time(importing.keys() | self._program):
            named = ", ".join(dynamic[:MOST_DOUBTS_NAMED])
            self._doubts.append(f"modules are imported by name at run time ({named}): imports do not tell all")

    @cached_property
    def _program(self) -> set[str]:
        return {path for path in self._reach.view.contents if path.endswith(".py") and not is_test(path)}

    def _uncertain(self, changed: set[str]) -> None:
        """Choose the tests whose recording may no longer hold, and those that have none."""
        for test in self._coverage.tests.values():
            if test.opaque:
                self._choose(test.id, OPAQUE, "it starts programs, in which nothing was recorded")
        now = self._reach.view.blobs | {side.path: blob_of(side.old) for side in self._sides if side.old is not None}
        stale = {path for path, blob in self._coverage.contents() if now.get(path) != blob} - changed
        recorded = {test.path for test in self._coverage.tests.values()}
        unknown = [path for path in self._reach.test_files if path not in recorded]
        if not stale and not unknown:
            return
        importing = self._reach.importing({path for path in changed if path.endswith(".py")})
        for path in sorted(stale & importing.keys()):
            for number in self._coverage.ran(path).keys() - self._coverage.ran(path, now.get(path, "-")).keys():
                self._choose(number, IMPORTS, f"it ran {path}, which has changed since it was recorded")
            if path in recorded:
                self._choose_file(path, importing[path], "it has changed since it was recorded")
        for path in sorted(set(unknown) & importing.keys()):
            self._choose_file(path, importing[path], "it was never recorded")

    def _choose_file(self, path: str, steps: int, why: str) -> None:
        self._files[path] = min(self._files.get(path, (steps, why)), (steps, why))

    def _choose(self, number: int, confidence: float, why: str, path: str = "", lines: int = 0) -> None:
        known = self._chosen.get(number)
        if known is None or known[0] < confidence:
            self._chosen[number] = confidence, why
        if path:
            of = self._bits.setdefault(number, {})
            of[path] = of.get(path, 0) | lines


def _reads(test: Known, path: str) -> bool:
    return any(
        path == each or (each.endswith("/") and path.startswith(each.removeprefix("./"))) for each in test.reads
    )


def blob_of(content: bytes) -> str:
    """Return the Git blob id of a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
