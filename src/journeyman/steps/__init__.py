"""Owns what a flow may do: every side effect, each idempotent; refuses to decide what comes next."""

from journeyman.steps.desk import Desk, Shown
from journeyman.steps.fixing import CheckoutFixing
from journeyman.steps.recording import CoverageRecording
from journeyman.steps.shared_trees import SharedTrees
from journeyman.steps.site import Sites
from journeyman.steps.table import steps_of

__all__ = ["CheckoutFixing", "CoverageRecording", "Desk", "SharedTrees", "Shown", "Sites", "steps_of"]
