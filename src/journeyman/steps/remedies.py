"""What is tried for an environment that broke: one rung more in each round, or at once what the reason calls for."""

from __future__ import annotations

from journeyman.sandbox import Remedy

SIGNS = {
    Remedy.PERMISSIONS: ("Permission denied", "Operation not permitted", "EACCES", "EPERM", "Directory not empty"),
    Remedy.LIGHTER: ("out of memory", "Cannot allocate memory", "MemoryError", "ENOMEM", "took too long"),
}
"""Words in what an install said that tell which remedy it needs."""

WORDS = {
    Remedy.REBUILD: "is built again",
    Remedy.PERMISSIONS: "is built again, after its files were made usable",
    Remedy.LIGHTER: "is built again, with one job at a time",
}
"""What a person is told that happens to the environment."""


def remedy_for(round_number: int, reason: str) -> Remedy:
    """Return what to do in a round of ANALYZE (from 1) that an earlier one sent back for a reason."""
    if round_number == 1:
        return Remedy.KEEP
    rung = min(round_number - 1, Remedy.LIGHTER)
    called_for = [remedy for remedy, signs in SIGNS.items() if any(sign in reason for sign in signs)]
    return Remedy(max(rung, *called_for)) if called_for else Remedy(rung)
