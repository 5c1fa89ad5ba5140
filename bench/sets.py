"""What measuring one set of faults gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Found:
    """Tables to print and facts to write. `ok` is False if something that was asked for was not reached."""

    name: str
    tables: tuple[Table, ...]
    facts: dict[str, Any]
    ok: bool = True
