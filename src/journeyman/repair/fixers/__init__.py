"""Owns the small fixers, each a module behind one contract; refuses to judge."""

from journeyman.repair.fixers.contract import Case, Fixer, Proposal
from journeyman.repair.fixers.imports import BrokenImports, UndefinedNames, UnusedImports
from journeyman.repair.fixers.lint_codes import LintCodes
from journeyman.repair.fixers.missed_commas import MissedCommas
from journeyman.repair.fixers.own_tools import OwnTools
from journeyman.repair.fixers.spelling import MisspeltAttributes
from journeyman.repair.fixers.syntax import MergeConflicts, SyntaxFaults

__all__ = [
    "BrokenImports",
    "Case",
    "Fixer",
    "LintCodes",
    "MergeConflicts",
    "MissedCommas",
    "MisspeltAttributes",
    "OwnTools",
    "Proposal",
    "SyntaxFaults",
    "UndefinedNames",
    "UnusedImports",
]
