"""Owns the program that looks into a test run inside the sandbox; refuses to know what it is used for."""

from journeyman.repair.laboratory.commands import Runner, runner_of
from journeyman.repair.laboratory.laboratory import Answered, Laboratory, Pace

__all__ = ["Answered", "Laboratory", "Pace", "Runner", "runner_of"]
