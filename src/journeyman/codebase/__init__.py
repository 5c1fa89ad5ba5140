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
from journeyman.codebase.understanding import Explained, Like, Tie

__all__ = [
    "ChangeOf",
    "ChosenTest",
    "Code",
    "Differences",
    "Edge",
    "Explained",
    "Filter",
    "Hit",
    "How",
    "Impact",
    "Interface",
    "Kind",
    "Like",
    "Located",
    "Problem",
    "Reached",
    "Relation",
    "Report",
    "Risk",
    "Symbol",
    "TestsToRun",
    "Tie",
    "Touched",
    "Trees",
    "is_aside",
    "is_test",
]
