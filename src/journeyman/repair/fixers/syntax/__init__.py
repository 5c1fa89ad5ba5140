"""Owns broken texts: Python that does not compile, conflicts of a merge; refuses to guess."""

from journeyman.repair.fixers.syntax.conflicts import MergeConflicts
from journeyman.repair.fixers.syntax.faults import SyntaxFaults

__all__ = ["MergeConflicts", "SyntaxFaults"]
