"""Make: targets for what no ecosystem's own files gave."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from journeyman.domain.checks import Check, CheckKind
from journeyman.gates.quality.ecosystems.project import Project

TARGETS = (
    ("lint", CheckKind.LINT),
    ("typecheck", CheckKind.TYPES),
    ("check", CheckKind.TEST),
    ("test", CheckKind.TEST),
    ("tests", CheckKind.TEST),
)


def make_checks(project: Project, found: Container[CheckKind]) -> Iterator[Check]:
    """Yield a check for each kind that is not found yet; of two targets for one kind, the more telling one."""
    path = project.has("Makefile", "makefile", "GNUmakefile")
    targets = set(re.findall(r"(?m)^([A-Za-z][\w-]*)\s*:(?!=)", project.text(path))) if path else set()
    best = {kind: target for target, kind in TARGETS if target in targets and kind not in found}
    for kind, target in best.items():
        yield project.check(f"make {target}", f"make {target}", kind, "plain", f"{path}: {target}")
