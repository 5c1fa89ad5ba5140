"""Owns mending without a model; refuses to ask one, and never edits a test."""

from journeyman.repair.contract import Bench, Leftover, Mend, Mended, Mender, Shell

__all__ = ["Bench", "Leftover", "Mend", "Mended", "Mender", "Shell"]
