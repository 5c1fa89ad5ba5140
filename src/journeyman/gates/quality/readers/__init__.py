"""Owns the reading of what checks print: one function per format, one table of them; refuses to raise."""

from journeyman.gates.quality.readers.table import OutputReaders

__all__ = ["OutputReaders"]
