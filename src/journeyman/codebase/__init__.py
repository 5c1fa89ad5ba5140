"""Owns the index of a repository's code: symbols, words, search, what an issue is about; refuses to call a model."""

from journeyman.codebase.contract import (
    Code,
    Edge,
    Filter,
    Hit,
    How,
    Kind,
    Located,
    Problem,
    Relation,
    Report,
    Symbol,
    Trees,
)
from journeyman.codebase.impact.contract import (
    ChangeOf,
    ChosenTest,
    Differences,
    Impact,
    Interface,
    Reached,
    Risk,
    TestsToRun,
    Touched,
)
from journeyman.codebase.paths import is_aside, is_test

__all__ = [
    "ChangeOf",
    "ChosenTest",
    "Code",
    "Differences",
    "Edge",
    "Filter",
    "Hit",
    "How",
    "Impact",
    "Interface",
    "Kind",
    "Located",
    "Problem",
    "Reached",
    "Relation",
    "Report",
    "Risk",
    "Symbol",
    "TestsToRun",
    "Touched",
    "Trees",
    "is_aside",
    "is_test",
]
