"""pre-commit: its hooks, whatever they call."""

from __future__ import annotations

from collections.abc import Iterator

from journeyman.domain.checks import Check, CheckKind
from journeyman.gates.quality.ecosystems.project import Project

SETTINGS = ".pre-commit-config.yaml"


def pre_commit_checks(project: Project) -> Iterator[Check]:
    """Yield the check of a repository that has hooks for pre-commit; it knows them at the top only."""
    if SETTINGS in project.paths and not project.folder:
        yield project.check("pre-commit", "pre-commit run --all-files", CheckKind.LINT, "pre-commit", SETTINGS)
