"""Owns the frozen types and errors that every room speaks in; refuses input, output, clocks and vendors."""
