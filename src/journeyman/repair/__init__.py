"""Owns mending without a model; refuses to ask one, and never edits a test."""

from journeyman.repair.contract import (
    Bench,
    Choice,
    Discovery,
    Flaky,
    Heard,
    Leftover,
    Localiser,
    Mend,
    Mended,
    Mender,
    Searching,
    Shell,
    Suspect,
    unkept,
    unwatched,
)

__all__ = [
    "Bench",
    "Choice",
    "Discovery",
    "Flaky",
    "Heard",
    "Leftover",
    "Localiser",
    "Mend",
    "Mended",
    "Mender",
    "Searching",
    "Shell",
    "Suspect",
    "unkept",
    "unwatched",
]
