"""Puts together what mends a person's checkout."""

from __future__ import annotations

import os

from journeyman.config import Config
from journeyman.domain.diagnoses import Diagnosis
from journeyman.git.checkouts import GitCheckouts
from journeyman.intake import CheckModel, Fixing, Submitting
from journeyman.sandbox import SANDBOX_GID, SANDBOX_UID
from journeyman.steps import CheckoutFixing, Desk


def fixing_of(config: Config, desk: Desk, submitting: Submitting, check_model: CheckModel) -> Fixing:
    """Return what mends checkouts."""
    checkouts = GitCheckouts(
        config.home,
        config.user_home,
        owner=(SANDBOX_UID, SANDBOX_GID) if os.getuid() == 0 else None,
        search_path=config.search_path,
    )
    return Fixing(
        opened=CheckoutFixing(desk, checkouts, _diagnose, config.home / "patches").opened,
        submitting=submitting,
        check_model=check_model,
        check_sandbox=desk.sandboxes.missing,
        refusal=desk.refusal,
        pages=config.home / "explained",
    )


def _diagnose(text: str) -> tuple[Diagnosis, ...]:
    """Return what an output tells of failures. Its patterns cost 0.1 s: they are imported where it is read."""
    from journeyman.repair.diagnosis import diagnose_text

    return diagnose_text(text)
