"""Owns the search for small faults; the tests are the judge, and none of them is edited."""

from journeyman.repair.search.searching import EditSearch

__all__ = ["EditSearch"]
