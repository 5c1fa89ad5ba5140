"""Owns telling what failed from a log or a check's output; refuses to raise on any bytes, and to mend."""

from journeyman.repair.diagnosis.diagnosing import diagnose_log, diagnose_text

__all__ = ["diagnose_log", "diagnose_text"]
