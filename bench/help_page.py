"""How long `journeyman --help` takes."""

from __future__ import annotations

import sys

from bench.children import journeyman, wall
from bench.figures import Figure, Order


def measure(order: Order) -> list[Figure]:
    """Measure the help page beside a bare interpreter."""
    times = 5 if order.quick else 15
    bare = wall([sys.executable, "-c", "pass"], times)
    return [
        Figure(
            "journeyman --help", "s", wall(journeyman("--help"), times), 0.2, rival=bare, rival_name="python -c pass"
        )
    ]
