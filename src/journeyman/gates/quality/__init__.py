"""Owns what a repository's own checks are, what their output says, and whether a change weakened them."""
