"""Owns the index of a repository's code: symbols, words, search, what an issue is about; refuses to call a model."""

from journeyman.codebase.contract import Filter, Hit, How, Kind, Located, Problem, Report, Symbol, Trees

__all__ = ["Filter", "Hit", "How", "Kind", "Located", "Problem", "Report", "Symbol", "Trees"]
