"""Owns broken texts: Python, JavaScript and data that do not parse, conflicts of a merge; refuses to guess."""

from journeyman.repair.fixers.syntax.conflicts import MergeConflicts
from journeyman.repair.fixers.syntax.faults import SyntaxFaults
from journeyman.repair.fixers.syntax.texts import DataSyntax, ScriptSyntax

__all__ = ["DataSyntax", "MergeConflicts", "ScriptSyntax", "SyntaxFaults"]
