"""Owns what happens, in order, as pure async code; refuses clocks, chance, processes, networks and vendors."""

from journeyman.flows.contract import FlowContext, Retry, StepBody, StepRef

__all__ = ["FlowContext", "Retry", "StepBody", "StepRef"]
