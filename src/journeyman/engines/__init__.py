"""Owns what makes flows durable; refuses to know what a flow is about."""

from journeyman.engines.contract import Engine, Flow, Journal, Lease, Leases, Steps

__all__ = ["Engine", "Flow", "Journal", "Lease", "Leases", "Steps"]
