"""Owns the fixers and the one table that registers them, cheapest first."""

from journeyman.repair.fixers.contract import Case, Fixer, Proposal
from journeyman.repair.fixers.imports import BrokenImports, UndefinedNames, UnusedImports
from journeyman.repair.fixers.own_tools import OwnTools

FIXERS: tuple[Fixer, ...] = (OwnTools(), UnusedImports(), BrokenImports(), UndefinedNames())

__all__ = ["FIXERS", "Case", "Fixer", "Proposal"]
