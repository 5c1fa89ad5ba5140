"""Owns the terminal: words in, lines out; refuses to know more than intake and wiring."""
