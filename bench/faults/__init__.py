"""Faults injected by rule into real packages, and how many of them are mended."""
