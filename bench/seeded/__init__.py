"""Owns failures of CI, seeded by rule into small real projects, and what `journeyman fix` makes of them.

The rules (`rules/`) were written from how CI fails in the world, and committed before the first measurement.
"""
