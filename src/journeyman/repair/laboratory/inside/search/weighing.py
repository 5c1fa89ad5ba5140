"""What makes a patch less likely, whatever its template: more text, and variables that nothing reads any more."""

from __future__ import annotations

import re
from collections import Counter

from .scene import Scene
from .source import Edit

_IDENTIFIER = re.compile(r"(?<![\w.])[^\W\d]\w*")
"""A name that stands alone: the last part of `self.name` reads no variable."""

FULL_LENGTH = 60
"""An edit that adds so many characters counts half."""
DROPPED = 0.3
_CONSTANT_RESULT = re.compile(r"return (?:True|False|None|-?\d|\[\]|\{\}|'')")


def weighed(scene: Scene, edit: Edit) -> float:
    """Return the prior of an edit, less for what makes it unlikely."""
    old = scene.source.text[edit.start : edit.end]
    longer = max(0, len(edit.text) - len(old))
    prior = edit.prior / (1 + longer / FULL_LENGTH)
    return prior * DROPPED if _drops_a_variable(scene, old, edit.text) else prior


def does_less(edit: Edit) -> bool:
    """Tell whether an edit only takes something out: a statement, a question or what is computed."""
    return edit.template in ("deletion", "constant condition") or (
        edit.template == "returned value" and bool(_CONSTANT_RESULT.fullmatch(edit.text))
    )


def _drops_a_variable(scene: Scene, old: str, new: str) -> bool:
    """Tell whether the last use of a variable goes away, and nothing takes its place."""
    gone = Counter(_IDENTIFIER.findall(old)) - Counter(_IDENTIFIER.findall(new))
    if any(scene.unread(name) for name in _IDENTIFIER.findall(new)):
        return False
    return any(scene.reads[name] <= times for name, times in gone.items() if name in scene.reads)
