"""What a seed is: a change that makes a real project's CI fail, and how to tell that it was mended rightly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

Files = Mapping[str, str]
"""Texts by path."""

FORMAT, LINT, TYPES, TESTS = "format", "lint", "types", "tests"


@dataclass(frozen=True)
class Project:
    """A project as its CI sees it when all is well.

    `checks` are commands by kind. `package` is the folder of its source, with its slash; `style` the family of tools.
    """

    name: str
    language: str
    package: str
    style: str
    checks: Mapping[str, str]
    files: Files
    version: str = ""

    def sources(self) -> dict[str, str]:
        """Return the source files, tests apart, the largest first: there is most to break in them."""
        ending = ".py" if self.language == "python" else ".js"
        own = {path: text for path, text in self.files.items() if path.endswith(ending) and not is_test(path)}
        kept = {path: text for path, text in own.items() if path.startswith(self.package)}
        return dict(sorted(kept.items(), key=lambda entry: (-len(entry[1]), entry[0])))

    def tests(self) -> dict[str, str]:
        """Return the test files."""
        return {path: text for path, text in self.files.items() if is_test(path)}


def is_test(path: str) -> bool:
    """Whether a path is of the tests."""
    return path.startswith(("tests/", "test/")) or path.rsplit("/", 1)[-1].startswith("test_")


@dataclass(frozen=True)
class Seed:
    """What goes wrong: new texts (None: the file is gone) and modes by path.

    `base` holds files that the project has besides, right ones. `wanted` are the texts that a right mend leads to
    where they differ from `base`. `strict`: only the same program will do; otherwise any will that passes the
    project's whole tests and differs in `may_change` alone. `checks` are the kinds that CI runs, or whole commands.
    `declares` is a distribution that a manifest has to name in the end. `outcome` is what is right to do: to mend, to
    leave all as it is, or to tell of a flaky test. `half_tests`: half of the tests are kept back as judges.
    """

    texts: Mapping[str, str | None]
    checks: tuple[str, ...]
    modes: Mapping[str, int] = field(default_factory=dict)
    base: Mapping[str, str] = field(default_factory=dict)
    wanted: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    may_change: tuple[str, ...] = ()
    declares: str = ""
    options: tuple[str, ...] = ()
    outcome: str = "mended"
    half_tests: bool = False


Way = Callable[[Project, Random], Seed | None]
"""One way in which CI comes to fail; None if the project offers no place for it."""
