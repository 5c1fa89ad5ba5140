"""Owns who thinks: loop, planner, coder, tester, reviewer, their prompts; refuses to run or judge anything itself."""

from journeyman.agents.analyst import refine_intent
from journeyman.agents.coder import Coder
from journeyman.agents.contract import (
    Brief,
    Choice,
    Ear,
    Judged,
    Opinion,
    Progress,
    Recorded,
    Recorder,
    WorkEnded,
)
from journeyman.agents.judges import opinion
from journeyman.agents.planner import plan

__all__ = [
    "Brief",
    "Choice",
    "Coder",
    "Ear",
    "Judged",
    "Opinion",
    "Progress",
    "Recorded",
    "Recorder",
    "WorkEnded",
    "opinion",
    "plan",
    "refine_intent",
]
