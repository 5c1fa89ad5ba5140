"""The one table that registers the fixers, cheapest first."""

from journeyman.repair.fixers import (
    BrokenImports,
    Fixer,
    MisspeltAttributes,
    OwnTools,
    UndefinedNames,
    UnusedImports,
)
from journeyman.repair.search import OneEditSearch

FIXERS: tuple[Fixer, ...] = (
    OwnTools(),
    UnusedImports(),
    BrokenImports(),
    UndefinedNames(),
    MisspeltAttributes(),
    OneEditSearch(),
)
