"""Owns what makes flows durable; refuses to know what a flow is about."""

from journeyman.engines.contract import Engine, Flow, Journal, Lease, Leases, Steps
from journeyman.engines.outcome import Fault, Outcome

__all__ = ["Engine", "Fault", "Flow", "Journal", "Lease", "Leases", "Outcome", "Steps"]
