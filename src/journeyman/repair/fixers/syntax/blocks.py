"""Indentation: blocks that stand too far left or right, that are missing, or that mix tabs and blanks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from journeyman.repair.fixers.syntax.brackets import HEADER
from journeyman.repair.fixers.syntax.compiling import Fault
from journeyman.repair.fixers.syntax.edit import Edit, insertion
from journeyman.repair.fixers.syntax.tokens import CLOSING, Page
from journeyman.repair.spans import Splice

_LONGEST = 60


def indentation(page: Page, fault: Fault) -> Iterator[Edit]:
    """Move lines to where the compiler, or the lines around, say that they belong."""
    expected = re.match(r"expected an indented block(?: after .* on line (\d+))?", fault.message)
    if expected:
        header = int(expected[1]) if expected[1] else page.code_before(fault.line)
        yield from _indented(page, header, fault.line)
    elif fault.message.startswith("unexpected indent"):
        yield from _moved_left(page, fault.line)
    elif fault.message.startswith("unindent does not match"):
        yield from _to_levels(page, fault.line, 0.3)
    elif re.search(r"outside (?:function|loop|async)|not properly in loop|outside of", fault.message):
        yield from _to_levels(page, fault.line, 0.5)
        yield from _awaiting(page, fault)
    elif re.search(r"expected '(?:except|finally)|invalid syntax", fault.message):
        yield from _to_levels(page, fault.line, 0.7)
        above = page.code_before(fault.line)
        if above:
            yield from _to_levels(page, above, 0.8)
    if "tab" in fault.message or re.search(r"(?m)^ *\t", page.text):
        yield from _without_tabs(page)


def unit_of(page: Page) -> str:
    """Return what one level of indentation is in a text."""
    steps: Counter[str] = Counter()
    above = ""
    for line in page.lines:
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if line.strip() and len(indent) > len(above) and indent.startswith(above):
            steps[indent[len(above) :]] += 1
        above = indent if line.strip() else above
    likely = [step for step, _ in steps.most_common(3) if step in ("    ", "  ", "\t", "   ", "        ")]
    return likely[0] if likely else "    "


def _shifted(page: Page, first: int, last: int, indent: str, cost: float, what: str) -> Edit:
    """Return the edit that gives the first line an indentation and moves the others along."""
    old = page.indent(first)
    splices = []
    for line in range(first, last + 1):
        own = page.indent(line)
        if page.line(line).strip() and own.startswith(old):
            at = page.offset(line)
            splices.append(Splice(at, at + len(old), indent))
        elif page.line(line).strip():
            change = len(indent) - len(old)
            new = " " * max(len(own.expandtabs()) + change, 0)
            splices.append(Splice(page.offset(line), page.offset(line) + len(own), new))
    return Edit(cost, what, tuple(splices))


def _run(page: Page, first: int) -> list[int]:
    """Return lines with which a block that begins here may end: those before each line at its own depth."""
    depth, ends, above = len(page.indent(first)), [], first
    for line in range(first + 1, min(first + _LONGEST, len(page.lines)) + 1):
        if not page.line(line).strip():
            continue
        own = len(page.indent(line))
        if own < depth:
            break
        if own == depth and page.line(line).strip()[0] not in CLOSING:
            ends.append(above)
        above = line
    return [*ends, above]


def _indented(page: Page, header: int, line: int) -> Iterator[Edit]:
    base, unit = page.indent(header), unit_of(page)
    inner = base + unit
    if len(page.indent(line).expandtabs()) >= len(base.expandtabs()):
        ends = _run(page, line)
        following = page.code_before(ends[0] + 1) and _next_code(page, ends[0])
        first_alone = bool(following) and len(page.indent(following)) > len(page.indent(line))
        for number, end in enumerate(ends[:8]):
            alone = number == 0 and first_alone
            last = number == len(ends) - 1
            broken = not page.line(end + 1).strip()
            cost = 0.3 if alone else 0.5 if last or broken else 0.7
            yield _shifted(page, line, end, inner, cost, "indent the block")
        if first_alone and following:
            yield _shifted(page, line, line, page.indent(following), 0.3, "indent the block")
    ends_line = page.offset(header) + len(page.line(header))
    comment = any(page.line(n).strip().startswith("#") for n in range(header + 1, line))
    at = page.offset(line) - 1 if comment and line > header + 1 else ends_line
    yield insertion(0.8 if comment else 1.0, at, f"\n{inner}pass", "give the empty block a `pass`")


def _next_code(page: Page, line: int) -> int:
    return next((n for n in range(line + 1, len(page.lines) + 1) if page.line(n).strip()), 0)


def _moved_left(page: Page, line: int) -> Iterator[Edit]:
    above = page.code_before(line)
    levels = [page.indent(above) if above else ""]
    levels += [level for level in _levels(page, line) if level not in levels]
    ends = _run(page, line)
    for number, level in enumerate(levels):
        for end in dict.fromkeys([ends[-1], *ends[:3]]):
            cost = 0.3 + 0.5 * (number > 0) + 0.2 * (end != ends[-1])
            yield _shifted(page, line, end, level, cost, "indent as the lines around")
    after = _next_code(page, line)
    if above and after and HEADER.match(page.line(above)) is None:
        yield from _raised(page, above, line)


def _raised(page: Page, above: int, line: int) -> Iterator[Edit]:
    """Move the lines above to the right: it may be those that stand too far left."""
    if len(page.indent(above)) < len(page.indent(line)):
        yield _shifted(page, above, above, page.indent(line), 0.6, "indent as the line below")


def _to_levels(page: Page, line: int, cost: float) -> Iterator[Edit]:
    """Move a line, and what belongs to it, to each depth at which it may stand."""
    own = len(page.indent(line).expandtabs())
    ends = _run(page, line)
    for level in _levels(page, line):
        away = abs(len(level.expandtabs()) - own)
        for end in dict.fromkeys([ends[0], ends[-1]]):
            far = min(away, 8) * 0.05 + 0.1 * (end != ends[0])
            yield _shifted(page, line, end, level, cost + far, "indent as the lines around")


def _levels(page: Page, line: int) -> list[str]:
    """Return the indentations of the blocks that are open above a line, and one deeper below a header."""
    found: list[str] = []
    lowest = 10_000
    for above in range(line - 1, 0, -1):
        if not page.line(above).strip() or page.line(above).lstrip().startswith("#"):
            continue
        indent = page.indent(above)
        if HEADER.match(page.line(above)) and len(indent) < lowest:
            found.append(indent + unit_of(page))
        if len(indent) < lowest:
            found.append(indent)
            lowest = len(indent)
        if not indent:
            break
    return list(dict.fromkeys(found))


def _without_tabs(page: Page) -> Iterator[Edit]:
    """Write indentation with blanks alone: a tab as wide as the lines around ask for, as a level, or as eight."""
    tabbed = [number for number in range(1, len(page.lines) + 1) if "\t" in page.indent(number)]
    for cost, width in ((0.4, len(unit_of(page).expandtabs(4))), (0.5, 8), (0.7, 4)):
        splices, strange = [], 0
        for number in tabbed:
            indent, at = page.indent(number), page.offset(number)
            splices.append(Splice(at, at + len(indent), indent.expandtabs(width)))
            above = page.indent(page.code_before(number)).expandtabs(width)
            strange += len(indent.expandtabs(width)) != len(above)
        if splices:
            yield Edit(cost + 0.2 * strange / len(splices), "indent with blanks alone", tuple(splices))


def _awaiting(page: Page, fault: Fault) -> Iterator[Edit]:
    """Make the function around an `await` asynchronous."""
    if "async" not in fault.message and "await" not in fault.message:
        return
    depth = len(page.indent(fault.line))
    for line in range(fault.line - 1, 0, -1):
        found = re.match(r"(\s*)def ", page.line(line))
        if found and len(found[1]) < depth:
            yield insertion(0.5, page.offset(line) + len(found[1]), "async ", "make the function `async`")
            return
