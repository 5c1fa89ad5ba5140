"""Owns verdicts by program: quality, security, governance; refuses to ask a model or to change a file."""

from journeyman.gates.contract import ChangeGate, CheckFinder, OutcomeReader, Raw, Tree
from journeyman.gates.governance.reach import risks, sprawl
from journeyman.gates.security.commands import refusal
from journeyman.gates.security.known import known_secrets
from journeyman.gates.security.policy import STANDARD, Policy
from journeyman.gates.settings import RepositorySettings, read_repository_settings

__all__ = [
    "STANDARD",
    "ChangeGate",
    "CheckFinder",
    "OutcomeReader",
    "Policy",
    "Raw",
    "RepositorySettings",
    "Tree",
    "known_secrets",
    "read_repository_settings",
    "refusal",
    "risks",
    "sprawl",
]
