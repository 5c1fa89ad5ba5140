"""What docs/budget.md shows and names is there."""

from __future__ import annotations

import re
from pathlib import Path

from journeyman.config import parse_settings
from journeyman.domain.spending import Allowance

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "budget.md").read_text()


def test_the_settings_are_read_as_shown() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    settings = parse_settings(shown, {})
    assert settings.limits.run == Allowance(5.0, 3_000_000)
    assert settings.limits.project == Allowance(200.0)
    assert settings.prices["anthropic:NAME"].cache_write_per_million == 3.75
