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
from journeyman.codebase.paths import is_aside, is_test

__all__ = [
    "Code",
    "Edge",
    "Filter",
    "Hit",
    "How",
    "Kind",
    "Located",
    "Problem",
    "Relation",
    "Report",
    "Symbol",
    "Trees",
    "is_aside",
    "is_test",
]
