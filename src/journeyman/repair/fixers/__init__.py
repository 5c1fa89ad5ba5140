"""Owns the small fixers, each a module behind one contract; refuses to judge."""

from journeyman.repair.fixers.annotations import TypeComplaints
from journeyman.repair.fixers.calls import ChangedSignatures
from journeyman.repair.fixers.circular import CircularImports
from journeyman.repair.fixers.contract import Case, Fixer, Proposal
from journeyman.repair.fixers.dependencies import MissingDependencies
from journeyman.repair.fixers.deprecations import Deprecations
from journeyman.repair.fixers.flaky import FlakyTests
from journeyman.repair.fixers.go_names import GoNames
from journeyman.repair.fixers.guards import OptionalGuards
from journeyman.repair.fixers.imports import BrokenImports, UnusedImports
from journeyman.repair.fixers.library_keywords import LibraryKeywords
from journeyman.repair.fixers.lint_codes import LintCodes
from journeyman.repair.fixers.locks import LockFiles
from journeyman.repair.fixers.missed_commas import MissedCommas
from journeyman.repair.fixers.own_tools import OwnTools
from journeyman.repair.fixers.packages import MissingPackages
from journeyman.repair.fixers.returned import WrongReturns
from journeyman.repair.fixers.scripts import ScriptNames
from journeyman.repair.fixers.snapshots import Snapshots
from journeyman.repair.fixers.spelling import MisspeltAttributes
from journeyman.repair.fixers.syntax import DataSyntax, MergeConflicts, ScriptSyntax, SyntaxFaults
from journeyman.repair.fixers.text_files import TextFiles
from journeyman.repair.fixers.typed_scripts import TypedScripts
from journeyman.repair.fixers.undefined import UndefinedNames
from journeyman.repair.fixers.unused_scripts import UnusedScripts
from journeyman.repair.fixers.versions import Versions

__all__ = [
    "BrokenImports",
    "Case",
    "ChangedSignatures",
    "CircularImports",
    "DataSyntax",
    "Deprecations",
    "Fixer",
    "FlakyTests",
    "GoNames",
    "LibraryKeywords",
    "LintCodes",
    "LockFiles",
    "MergeConflicts",
    "MissedCommas",
    "MissingDependencies",
    "MissingPackages",
    "MisspeltAttributes",
    "OptionalGuards",
    "OwnTools",
    "Proposal",
    "ScriptNames",
    "ScriptSyntax",
    "Snapshots",
    "SyntaxFaults",
    "TextFiles",
    "TypeComplaints",
    "TypedScripts",
    "UndefinedNames",
    "UnusedImports",
    "UnusedScripts",
    "Versions",
    "WrongReturns",
]
