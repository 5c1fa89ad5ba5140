"""The one table that registers the fixers, cheapest first."""

from journeyman.repair.fixers import (
    BrokenImports,
    ChangedSignatures,
    Fixer,
    FlakyTests,
    LintCodes,
    LockFiles,
    MergeConflicts,
    MissedCommas,
    MissingDependencies,
    MisspeltAttributes,
    OwnTools,
    Snapshots,
    SyntaxFaults,
    TextFiles,
    TypeComplaints,
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
    TextFiles(),
    LockFiles(),
    MissingDependencies(known=True),
    UnusedImports(),
    BrokenImports(),
    UndefinedNames(),
    FlakyTests(),
    Snapshots(),
    MisspeltAttributes(),
    MissingDependencies(known=False),
    ChangedSignatures(),
    TypeComplaints(),
    EditSearch(),
)
