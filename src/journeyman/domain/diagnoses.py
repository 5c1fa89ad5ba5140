"""What failed, as far as an output tells: its kind, its place, the lines that say so."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Category(StrEnum):
    """The kind of a failure: it decides who can mend it, and how."""

    FORMAT = "format"
    LINT = "lint"
    IMPORT = "import"
    MISSING_DEPENDENCY = "missing dependency"
    LOCK_FILE = "lock file behind"
    SYNTAX = "syntax"
    TYPE = "type"
    ASSERTION = "test assertion"
    EXCEPTION = "exception in test"
    SNAPSHOT = "snapshot"
    FLAKY = "flaky"
    ENVIRONMENT = "environment"
    INFRASTRUCTURE = "infrastructure"
    TIME_OUT = "time-out"


class Evidence(msgspec.Struct, frozen=True):
    """One line of a log, without colours and time stamps; `number` counts from 1."""

    number: int
    text: str


class Diagnosis(msgspec.Struct, frozen=True):
    """One failure that a log tells of.

    `path` and `line` say where, relative to the repository as far as that can be known; "" and 0 where it is not.
    `confidence` is the chance in percent that the category is right.
    """

    category: Category
    message: str
    confidence: int
    path: str = ""
    line: int = 0
    evidence: tuple[Evidence, ...] = ()

    @property
    def place(self) -> str:
        """The place as people write it: `path:line`, `path` or ""."""
        return f"{self.path}:{self.line}" if self.line else self.path
