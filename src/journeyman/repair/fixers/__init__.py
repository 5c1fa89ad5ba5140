"""Owns the small fixers, each a module behind one contract; refuses to judge."""

from journeyman.repair.fixers.contract import Case, Fixer, Proposal
from journeyman.repair.fixers.imports import BrokenImports, UndefinedNames, UnusedImports
from journeyman.repair.fixers.own_tools import OwnTools

__all__ = ["BrokenImports", "Case", "Fixer", "OwnTools", "Proposal", "UndefinedNames", "UnusedImports"]
