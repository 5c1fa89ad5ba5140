"""The command that tells what a change touches and which tests to run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.durations import seconds_of
from journeyman.cli.folders import Repo
from journeyman.cli.house import inside
from journeyman.domain.errors import BadRequest

if TYPE_CHECKING:
    from journeyman.codebase import Impact, TestsToRun
    from journeyman.domain.coverage import Recorded
    from journeyman.wiring import House

SHOWN = 15
"""Lines of each kind that are shown to a person; --json has all."""

RECORDED = "1h"


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("impact")(impact)


def impact(
    diff: Annotated[
        str, typer.Argument(metavar="[DIFF]", help="A patch, -, a revision, A..B; the work tree by default.")
    ] = "",
    repo: Repo = Path("."),
    staged: Annotated[bool, typer.Option("--staged", help="What is to be committed.")] = False,
    tests: Annotated[
        bool, typer.Option("--tests", help="Print the tests to run only, the most telling first.")
    ] = False,
    within: Annotated[
        int, typer.Option("--within", min=1, max=100, metavar="PERCENT", help="Tests for so much of all tests' time.")
    ] = 100,
    record: Annotated[
        str, typer.Option("--record", metavar="COMMAND", help="Run this in the sandbox and keep what each test runs.")
    ] = "",
    time_limit: Annotated[str, typer.Option("--time-limit", help="For --record, such as 10m.")] = RECORDED,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Tell what a change touches, how risky it is, and which tests to run."""
    if record:
        if diff or staged or tests:
            raise BadRequest("--record", "it records all tests and looks at no change", "leave the rest out")
        return _record(repo, record, seconds_of(time_limit) or 0.0, as_json)
    from journeyman.lookup import looked_from_top

    patch, share = _patch(diff), None if within == 100 else within / 100
    found = looked_from_top(repo, lambda code, _: code.impact(diff, patch=patch, staged=staged, share=share))
    if as_json:
        print(json.dumps(msgspec.to_builtins(found.tests if tests else found)))
    elif tests:
        _print_tests(found.tests)
    else:
        print(_text(found))
    return 0


def _patch(diff: str) -> bytes | None:
    """Return the patch that is meant by a file's name or by `-`; None for a revision and the like."""
    if diff == "-":
        return sys.stdin.buffer.read()
    return Path(diff).read_bytes() if diff and Path(diff).is_file() else None


def _record(repo: Path, command: str, seconds: float, as_json: bool) -> int:
    from journeyman.lookup import looked, top_of

    root = top_of(repo)

    async def tell(line: str) -> None:
        print(f"· {line}", file=sys.stderr, flush=True)

    async def work(house: House) -> Recorded:
        return await house.record_coverage(root, command, seconds, tell)

    recorded = inside(work)
    looked(root, lambda code: code.keep_recorded(recorded))
    opaque, spent = (sum(values) for values in zip(*((t.opaque, t.seconds) for t in recorded.tests), strict=True))
    code, count = recorded.exit_code, len(recorded.tests)
    if as_json:
        print(json.dumps({"tests": count, "opaque": opaque, "seconds": round(spent, 3), "exit_code": code}))
    else:
        starting = f", {opaque} of them start programs" if opaque else ""
        ended = "" if code == 0 else f"; the command ended with exit code {code}"
        print(f"{count} tests recorded, {spent:.1f} s{starting}{ended}")
    return 0


def _print_tests(choice: TestsToRun) -> None:
    """Print what a runner takes as arguments, and on standard error what a person should know."""
    for doubt in choice.doubts:
        print(f"journeyman: not sure, so all tests: {doubt}", file=sys.stderr)
    if not choice.all and not choice.tests:
        print("journeyman: no test is touched", file=sys.stderr)
    for name in choice.files if choice.all else [test.name for test in choice.tests]:
        print(name)


def _text(found: Impact) -> str:
    if not found.files:
        return "nothing differs"
    lines = [f"risk: {found.risk.value}", *(f"  {reason}" for reason in found.reasons)]
    lines += _part("files", [f"{path}  {change.value}" for path, change in found.files.items()])
    lines += _part(
        "touched",
        [
            f"{each.place}  {each.change.value} {each.kind}, {each.callers} callers, {each.tests} tests"
            for each in found.touched
        ],
    )
    lines += _part("interfaces", [_interface(each.before, each.after, each.callers) for each in found.interfaces])
    lines += _part(
        "reached",
        [f"{each.place}  {each.steps} away, by {each.through}, {each.confidence:.2f}" for each in found.reached],
    )
    return "\n".join(lines + _tests_text(found.tests))


def _interface(before: str, after: str, callers: tuple[str, ...]) -> str:
    used = f"; used by {', '.join(callers[:5])}" if callers else ""
    return f"{before}  →  {after or 'gone'}{used}"


def _tests_text(choice: TestsToRun) -> list[str]:
    lines = _part("tests, the most telling first", [f"{each.name}  {each.because}" for each in choice.tests])
    if choice.of_seconds:
        share = 100 * choice.seconds / choice.of_seconds
        lines.append(f"  {choice.seconds:.1f} s of {choice.of_seconds:.1f} s, {share:.0f} %")
    if choice.left_out:
        lines.append(f"  {choice.left_out} more are left out by --within")
    if choice.all:
        lines += ["run all tests:", *(f"  {doubt}" for doubt in choice.doubts)]
    return lines


def _part(title: str, found: list[str]) -> list[str]:
    if not found:
        return []
    more = [f"  and {len(found) - SHOWN} more (--json has all)"] if len(found) > SHOWN else []
    return [f"{title} ({len(found)}):", *(f"  {each}" for each in found[:SHOWN]), *more]
