"""Puts together what mends a person's checkout."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from journeyman.config import Config
from journeyman.domain.coverage import Recorded
from journeyman.domain.diagnoses import Diagnosis
from journeyman.git.checkouts import GitCheckouts
from journeyman.intake import CheckModel, Fixing, Submitting
from journeyman.sandbox import SANDBOX_GID, SANDBOX_UID
from journeyman.steps import CheckoutFixing, CoverageRecording, Desk

RecordCoverage = Callable[[Path, str, float, Callable[[str], Awaitable[None]]], Awaitable[Recorded]]
"""Runs a command of a checkout, for so many seconds at most, and returns what its tests ran; tells what it does."""


def fixing_of(config: Config, desk: Desk, submitting: Submitting, check_model: CheckModel) -> Fixing:
    """Return what mends checkouts."""
    return Fixing(
        opened=CheckoutFixing(desk, _checkouts(config), _diagnose, config.home / "patches").opened,
        submitting=submitting,
        check_model=check_model,
        check_sandbox=desk.sandboxes.missing,
        refusal=desk.refusal,
        pages=config.home / "explained",
    )


def recording_of(config: Config, desk: Desk) -> RecordCoverage:
    """Return what records the coverage of checkouts."""
    return CoverageRecording(desk, _checkouts(config)).record


def _checkouts(config: Config) -> GitCheckouts:
    return GitCheckouts(
        config.home,
        config.user_home,
        owner=(SANDBOX_UID, SANDBOX_GID) if os.getuid() == 0 else None,
        search_path=config.search_path,
    )


def _diagnose(text: str) -> tuple[Diagnosis, ...]:
    """Return what an output tells of failures. Its patterns cost 0.1 s: they are imported where it is read."""
    from journeyman.repair.diagnosis import diagnose_text

    return diagnose_text(text)
