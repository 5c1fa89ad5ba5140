"""Owns what happens, in order, as pure async code; refuses clocks, chance, processes, networks and vendors."""

from journeyman.flows.contract import FlowContext, Retry, StepBody, StepRef
from journeyman.flows.deliver_change import CONCLUDE, DECISION, STEP_OF, decision_text, deliver_change

__all__ = [
    "CONCLUDE",
    "DECISION",
    "STEP_OF",
    "FlowContext",
    "Retry",
    "StepBody",
    "StepRef",
    "decision_text",
    "deliver_change",
]
