"""The drawing in the documentation is the table in the code."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_drawing_is_made_from_the_table() -> None:
    drawn = runpy.run_path(str(DOCS / "draw_states.py"))
    text = (DOCS / "state-machine.md").read_text()
    assert drawn["page"](text) == text
