"""The one table that registers the fixers, cheapest first."""

from journeyman.repair.fixers import (
    BrokenImports,
    Fixer,
    MergeConflicts,
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
    OwnTools(),
    UnusedImports(),
    BrokenImports(),
    UndefinedNames(),
    MisspeltAttributes(),
    EditSearch(),
)
