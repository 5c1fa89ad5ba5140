"""Owns pull requests, checks and reviews on a forge; refuses to touch code."""

from journeyman.forge.contract import Forge, PullRequest

__all__ = ["Forge", "PullRequest"]
