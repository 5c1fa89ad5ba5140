"""Names of branches."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

LONGEST_SLUG = 48


def slug(text: str) -> str:
    """Return lower-case words joined by dashes, cut at a word; `change` if nothing is left."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    words = re.findall(r"[a-z0-9]+", first.lower())
    kept: list[str] = []
    for word in words:
        if len("-".join([*kept, word])) > LONGEST_SLUG:
            break
        kept.append(word)
    return "-".join(kept) or (words[0][:LONGEST_SLUG] if words else "change")


def free_branch_name(prefix: str, day: datetime, title: str, taken: Collection[str]) -> str:
    """Return `prefix/YYYYMMDD-slug`, with a number behind it if that is taken."""
    name = f"{prefix}/{day:%Y%m%d}-{slug(title)}"
    number = 2
    free = name
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    return free
