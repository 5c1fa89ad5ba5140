"""The one table that registers the fixers, cheapest first."""

from journeyman.repair.fixers import BrokenImports, Fixer, OwnTools, UndefinedNames, UnusedImports
from journeyman.repair.search import OneEditSearch

FIXERS: tuple[Fixer, ...] = (OwnTools(), UnusedImports(), BrokenImports(), UndefinedNames(), OneEditSearch())
