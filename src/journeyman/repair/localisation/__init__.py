"""Owns where a fault is likely to be, by what failing and passing tests run; refuses to change anything."""

from journeyman.repair.localisation.tracing import Located, locate

__all__ = ["Located", "locate"]
