"""Owns the ways to tell other systems; refuses to fail a run."""

from journeyman.notify.contract import Channel

__all__ = ["Channel"]
