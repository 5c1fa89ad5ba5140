"""Times as people write them: 90m, 2h, 45s, 1h30m."""

from __future__ import annotations

import re

from journeyman.domain.errors import BadRequest

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def seconds_of(text: str | None) -> float | None:
    """Return the seconds of a duration; None stays None. BadRequest if it is none."""
    if text is None:
        return None
    compact = text.strip().lower()
    parts = PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise BadRequest("time-limit", f"{text!r} is not a time", "write it like 90m, 2h or 1h30m")
    return sum(float(number) * UNITS[unit] for number, unit in parts)
