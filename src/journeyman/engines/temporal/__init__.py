"""Owns Temporal as an engine, the only place that knows it; refuses to be imported where it is not wired."""
