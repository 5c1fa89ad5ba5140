"""Owns the search for one-edit faults; a failing test is the judge, and no test is edited."""

from journeyman.repair.search.searching import OneEditSearch

__all__ = ["OneEditSearch"]
