"""The one table that registers the fixers, cheapest first."""

from journeyman.repair.fixers import (
    BrokenImports,
    Fixer,
    LintCodes,
    MergeConflicts,
    MissedCommas,
    MisspeltAttributes,
    OwnTools,
    SyntaxFaults,
    UndefinedNames,
    UnusedImports,
)
from journeyman.repair.search import EditSearch

FIXERS: tuple[Fixer, ...] = (
    MergeConflicts(),
    SyntaxFaults(),
    MissedCommas(),
    OwnTools(),
    LintCodes(),
    UnusedImports(),
    BrokenImports(),
    UndefinedNames(),
    MisspeltAttributes(),
    EditSearch(),
)
