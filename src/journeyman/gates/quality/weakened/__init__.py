"""Owns the search for tests that a change made easier to pass; refuses to run anything."""

from journeyman.gates.quality.weakened.table import weakened

__all__ = ["weakened"]
