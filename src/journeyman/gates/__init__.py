"""Owns verdicts by program: quality, security, governance; refuses to ask a model or to change a file."""

from journeyman.gates.contract import ChangeGate, CheckFinder, OutcomeReader, Raw, Tree

__all__ = ["ChangeGate", "CheckFinder", "OutcomeReader", "Raw", "Tree"]
