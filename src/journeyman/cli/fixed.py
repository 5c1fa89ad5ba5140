"""What came of `journeyman fix`: for people, and as one JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from journeyman.domain.diagnoses import Diagnosis
    from journeyman.domain.fixing import Fixed, FixOptions
    from journeyman.domain.mending import Choice

MOST_DIAGNOSES = 3
MOST_EVIDENCE = 4
LIKELY = 30
"""The percentage from which on a diagnosis is shown to people, besides the likeliest."""

MOST_SUSPECTS = 5
MOST_DIFF = 500
Paint = Callable[[str, str], str]
"""Returns a text in a colour, or as it is."""

RED, GREEN, CYAN, BOLD = "31", "32", "36", "1"
MARKS = (("+++", BOLD), ("---", BOLD), ("diff ", BOLD), ("@@", CYAN), ("+", GREEN), ("-", RED))


def report_of(fixed: Fixed, options: FixOptions, *, colour: bool) -> str:
    """Return what failed and why, what was changed and which check proves it, what is left and the next step."""
    paint = _painted if colour else _plain
    parts = [
        *_failed(fixed, options, paint),
        *_mends(fixed, paint),
        *_diff(fixed, paint),
        *_found(fixed, paint),
        *_left(fixed, paint),
    ]
    return "\n".join([*parts, _ending(fixed, options, paint)])


def diagnosis_lines(diagnosis: Diagnosis) -> list[str]:
    """Return a diagnosis as a person reads it, its evidence below it."""
    head = f"{diagnosis.confidence:3d}% {diagnosis.category}"
    place = f"  {diagnosis.place}" if diagnosis.place else ""
    return [
        f"{head}{place}  {diagnosis.message}",
        *(f"     {each.number}: {each.text}" for each in diagnosis.evidence),
    ]


def as_object(fixed: Fixed, options: FixOptions) -> dict[str, Any]:
    """Return it as plain data for programs."""
    mended = fixed.mended
    after = {outcome.check.name: outcome.passed for outcome in mended.report.outcomes}
    found: dict[str, Any] = msgspec.to_builtins(
        {
            "diagnoses": [
                {"check": name, **msgspec.to_builtins(each)}
                for name, all_of in fixed.diagnoses.items()
                for each in all_of
            ],
            "log": options.log,
            "mends": mended.mends,
            "left": mended.leftovers,
            "flaky": mended.flaky,
            "suspects": mended.suspects,
            "choices": mended.choices,
        }
    )
    checks = [
        {
            "name": outcome.check.name,
            "command": outcome.check.command,
            "because": outcome.check.because,
            "passed_before": outcome.passed,
            "passed": after.get(outcome.check.name, outcome.passed),
        }
        for outcome in fixed.before.outcomes
    ]
    return {
        "success": fixed.green,
        "path": fixed.root,
        "checks": checks,
        **found,
        "diff": fixed.diff,
        "dry_run": not options.apply,
        "written": list(fixed.written),
        "not_written": fixed.not_written or None,
        "patch_file": fixed.patch_file or None,
        "interrupted": fixed.interrupted,
        "run_id": fixed.run_id or None,
    }


def _plain(text: str, _: str) -> str:
    return text


def _painted(text: str, colour: str) -> str:
    return f"\033[{colour}m{text}\033[0m" if text else text


def _failed(fixed: Fixed, options: FixOptions, paint: Paint) -> Iterator[str]:
    if options.log:
        yield paint("the log tells", BOLD)
        yield from _diagnoses(options.log)
    for outcome in fixed.before.outcomes:
        if not outcome.passed:
            command = f"  {outcome.check.command}" if outcome.check.command != outcome.check.name else ""
            yield f"{paint('failed', RED)} {paint(outcome.check.name, BOLD)}{command}"
            yield from _diagnoses(fixed.diagnoses.get(outcome.check.name, ()))


def _diagnoses(diagnoses: tuple[Diagnosis, ...]) -> Iterator[str]:
    likely = [each for each in diagnoses if each.confidence >= LIKELY] or diagnoses[:1]
    for diagnosis in likely[:MOST_DIAGNOSES]:
        yield from (f"  {clean(line)}" for line in diagnosis_lines(diagnosis)[: MOST_EVIDENCE + 1])
    if len(likely) > MOST_DIAGNOSES:
        yield f"  and {len(likely) - MOST_DIAGNOSES} more"


def _mends(fixed: Fixed, paint: Paint) -> Iterator[str]:
    for mend in fixed.mended.mends:
        yield f"{paint('mended', GREEN)} {clean(mend.summary)}"
        yield f"  proved by {mend.check}  ({mend.fixer}; {', '.join(mend.paths)})"


def _diff(fixed: Fixed, paint: Paint) -> Iterator[str]:
    lines = fixed.diff.splitlines()
    for line in lines[:MOST_DIFF]:
        mark = next((colour for start, colour in MARKS if line.startswith(start)), "")
        yield paint(clean(line), mark) if mark else clean(line)
    if len(lines) > MOST_DIFF:
        yield f"… and {len(lines) - MOST_DIFF} more lines; --json has them all"


def _found(fixed: Fixed, paint: Paint) -> Iterator[str]:
    for flaky in fixed.mended.flaky:
        rate = f"failed in {flaky.failures} of {flaky.runs} runs"
        yield f"{paint('flaky', RED)}  {flaky.test}: {rate}; nothing was edited"
    proved = [each for each in fixed.mended.choices if not each.unproved]
    if proved:
        yield paint("patches that pass and yet differ" if proved[1:] else "a patch that passes, not applied", BOLD)
    yield from _choices(proved)
    unproved = [each for each in fixed.mended.choices if each.unproved]
    if unproved:
        yield paint("found when it was interrupted: not proved by the check, not applied", BOLD)
    yield from _choices(unproved)


def _choices(choices: Sequence[Choice]) -> Iterator[str]:
    for number, choice in enumerate(choices, 1):
        apart = f"  {choice.input} gives {choice.result}" if choice.input else ""
        yield f"  {number}. {clean(choice.summary)}{clean(apart)}"
        yield from (f"     {clean(line)}" for line in choice.diff.splitlines())


def _left(fixed: Fixed, paint: Paint) -> Iterator[str]:
    for leftover in fixed.mended.leftovers:
        yield f"{paint('left', RED)}   {leftover.check}: {clean(leftover.what)}"
        yield f"  next: {clean(leftover.next_step)}"
    if fixed.mended.leftovers:
        best: dict[tuple[str, str], int] = {}
        for suspect in fixed.mended.suspects:
            place = (suspect.path, suspect.function)
            best[place] = best.get(place, 0) or suspect.line
        for (path, function), line in list(best.items())[:MOST_SUSPECTS]:
            yield f"  look at {clean(path)}{f':{line}' if line else ''} in {function or 'the module'}"


def _ending(fixed: Fixed, options: FixOptions, paint: Paint) -> str:
    if fixed.not_written:
        return f"{paint('not written', RED)}: {fixed.not_written}; the patch is kept: git apply {fixed.patch_file}"
    count = len(fixed.before.outcomes)
    passing = sum(outcome.passed for outcome in fixed.mended.report.outcomes)
    state = f"{passing} of {count} checks pass" if passing < count or count == 1 else f"all {count} checks pass"
    if not fixed.diff:
        return f"{state}; nothing was changed"
    if not options.apply:
        return f"{state} with this change; nothing was written (--dry-run)"
    return f"{state}; changed: {', '.join(fixed.written)}"


def clean(text: str) -> str:
    """Return text without what a terminal would take for an order."""
    return "".join(c if c.isprintable() or c == "\t" else " " for c in text)
