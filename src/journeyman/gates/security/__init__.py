"""Owns what must not get out or be run: secrets in a change, dangerous commands; refuses to run anything."""
