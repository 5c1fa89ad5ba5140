"""Owns the ways to tell other systems; refuses to fail a run."""

from journeyman.notify.contract import Channel, delivery_id

__all__ = ["Channel", "delivery_id"]
