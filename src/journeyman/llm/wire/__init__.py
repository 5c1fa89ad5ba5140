"""Owns the protocols of providers as pure functions; refuses input, output and retries."""
