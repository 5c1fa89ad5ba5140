"""What a figure is, and what measuring one is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured number; less is better. None where it could not be measured, with the reason in `note`.

    `aim` is where the limit is to go later. `rival` is the same thing done by `rival_name`.
    """

    name: str
    unit: str
    measured: float | None
    limit: float | None = None
    aim: float | None = None
    rival: float | None = None
    rival_name: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours as a part of the rival's."""
        return self.measured / self.rival if self.measured is not None and self.rival else None

    @property
    def kept(self) -> bool | None:
        """Whether the limit holds; None if there is none or nothing was measured."""
        return self.measured <= self.limit if self.measured is not None and self.limit is not None else None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "kept": self.kept}


@dataclass(frozen=True)
class Order:
    """How to measure: `folder` is scratch space, `turns` the length of the coder's talk."""

    folder: Path
    quick: bool
    turns: int


Measuring = Callable[[Order], list[Figure]]
