"""What `journeyman cost` prints: the totals, a line for each role and model, and how the limits stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from journeyman.domain.costs import CostReport, Line, Standing


def counted(calls: int) -> str:
    """Return so many calls, in words."""
    return f"{calls} call" if calls == 1 else f"{calls} calls"


def spent_json(report: CostReport) -> dict[str, Any]:
    """Return the report as one flat object: the totals first, then what they are made of."""
    parts: dict[str, Any] = msgspec.to_builtins(report)
    return {**parts.pop("totals"), **parts}


def spent_text(report: CostReport) -> str:
    """Return the report as a person reads it."""
    totals = report.totals
    cached = f", {report.cache_read_tokens} of them from the cache" if report.cache_read_tokens else ""
    lines = [f"${totals.cost_usd:.6f}  {counted(totals.calls)}"]
    lines.append(f"{totals.input_tokens} tokens in{cached}, {totals.output_tokens} out")
    if totals.uncertain_calls:
        lines.append(
            f"{counted(totals.uncertain_calls)} of unknown outcome, counted at the worst case: "
            f"${report.uncertain_usd:.6f}"
        )
    if report.reserved_calls:
        lines.append(f"{counted(report.reserved_calls)} under way, for which ${report.reserved_usd:.6f} is reserved")
    if report.overruns:
        lines.append(f"{counted(report.overruns)} used more than was reserved: see journeyman logs")
    return "\n".join([*lines, *map(_line, report.lines), *map(_standing, report.limits)])


def _line(line: Line) -> str:
    calls = line.settled_calls + line.uncertain_calls
    dollars = line.settled_usd + line.uncertain_usd
    tokens = f"{line.input_tokens} tokens in, {line.output_tokens} out"
    return f"  {line.role:9} {line.model}  ${dollars:.6f}  {counted(calls)}  {tokens}"


def _standing(standing: Standing) -> str:
    limit, used, held, left = (
        _amount(each, standing.unit) for each in (standing.limit, standing.used, standing.reserved, standing.left)
    )
    whose = f"{standing.scope} {standing.name}" if standing.scope != "run" else "run"
    return f"  limit     {whose}: {limit}; {used} used, {held} reserved, {left} left; frees {standing.frees}"


def _amount(amount: float, unit: str) -> str:
    return f"${amount:.4f}" if unit == "usd" else f"{amount:.0f} tokens"
