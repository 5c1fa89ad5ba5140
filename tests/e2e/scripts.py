"""Scripts for the scripted model: what each role answers, turn by turn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PLAN = {
    "steps": ["mend add"],
    "files_to_create": [],
    "files_to_modify": ["src/sums.py"],
    "estimated_steps": 1,
    "validation_criteria": ["pytest passes"],
}
CONTENT = {
    "judged": [{"requirement": "add adds", "met": True, "evidence": "test_add"}],
    "issues": [],
    "suggestions": [],
}

Turn = dict[str, Any]


def call(name: str, **arguments: Any) -> Turn:
    """A turn with one tool call."""
    return {"calls": [{"name": name, "arguments": arguments}]}


def says(value: Any) -> Turn:
    """A turn of words, or of an answer with a shape."""
    return {"text": value if isinstance(value, str) else json.dumps(value)}


MEND = call("edit_file", path="src/sums.py", old="a - b", new="a + b")


def script(
    folder: Path,
    coder: Sequence[Turn] = (MEND, says("mended")),
    plan: Any = PLAN,
    tester: Any = CONTENT,
    reviewer: Any = CONTENT,
) -> str:
    """Write a script and return the model's name."""
    path = folder / "script.json"
    turns = {"planner": [says(plan)], "coder": list(coder), "tester": [says(tester)], "reviewer": [says(reviewer)]}
    path.write_text(json.dumps(turns))
    return f"scripted:{path}"
