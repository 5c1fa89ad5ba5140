"""The settings and names that docs/sandbox.md shows are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from journeyman.config import parse_settings
from journeyman.gates import STANDARD, refusal
from journeyman.sandbox import SandboxLimits
from journeyman.sandbox.docker import LIMITS
from tests.sandbox.escapes import CALLS, PYTHON, SHELL

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def test_the_settings_are_read_as_shown() -> None:
    sandbox, commands = (parse_settings(text, {}) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    assert (sandbox.sandbox.backend, sandbox.sandbox.runtime, sandbox.sandbox.cpus) == ("docker", "runsc", 1)
    policy = STANDARD.changed(commands.commands.allow, commands.commands.refuse)
    assert refusal("kubectl apply -f x", policy) == "no-deploys"


def test_the_figures_are_those_of_the_code() -> None:
    assert f"holds {len(SHELL) + len(PYTHON) + len(CALLS)} attempts" in PAGE
    assert (LIMITS.memory, LIMITS.cpus, LIMITS.processes) == (1024**3, 0.5, 512)
    assert (SandboxLimits().memory, SandboxLimits().cpus) == (2 * 1024**3, 0)
    assert (SandboxLimits().growth, SandboxLimits().entries) == (8 * 1024**3, 500_000)
