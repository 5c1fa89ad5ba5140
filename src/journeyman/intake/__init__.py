"""Owns what people may ask: submit, carry out, steer, inquire; refuses to think or to touch code."""

from journeyman.intake.carrying_out import CarryingOut, NewLimits
from journeyman.intake.contract import CheckModel, CheckSandbox, Diff, FoundHead, Probe
from journeyman.intake.diagnosing import Diagnosis
from journeyman.intake.equipping import Equipping
from journeyman.intake.fixing import Fixing
from journeyman.intake.inquiring import Inquiring, shown
from journeyman.intake.parsing import check_limits, parse_credentials, parse_request
from journeyman.intake.submitting import Defaults, Submitting
from journeyman.intake.working import Serving, Taking, Worker

__all__ = [
    "CarryingOut",
    "CheckModel",
    "CheckSandbox",
    "Defaults",
    "Diagnosis",
    "Diff",
    "Equipping",
    "Fixing",
    "FoundHead",
    "Inquiring",
    "NewLimits",
    "Probe",
    "Serving",
    "Submitting",
    "Taking",
    "Worker",
    "check_limits",
    "parse_credentials",
    "parse_request",
    "shown",
]
