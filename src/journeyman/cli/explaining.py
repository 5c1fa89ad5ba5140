"""The ranking of suspicious lines as a picture in the terminal: source lines with a bar of heat, folded."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from journeyman.domain.suspicion import SuspectFunction, SuspectLine, Suspicion

if TYPE_CHECKING:
    from rich.text import Text

FUNCTIONS_SHOWN, LINES_SHOWN, AROUND = 5, 8, 1
WIDTH = 140
"""Columns where there is no terminal."""

NOTHING = "there is nothing to explain: no test of Python fails that could be traced"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BAR = 8
_HEATS = ((0.75, "bold red"), (0.5, "red"), (0.25, "yellow"), (0.0, "green"))


_HARMLESS = dict.fromkeys((*range(32), 127, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "�")
"""Control characters of a source file do nothing to the terminal."""


def show(suspicions: Sequence[Suspicion], page: str, *, colour: bool) -> None:
    """Print the pictures, and where the page is."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH
    console = Console(no_color=not colour, highlight=False, emoji=False, markup=False, width=width)
    for suspicion in suspicions:
        for text in picture(suspicion):
            console.print(text, no_wrap=True, overflow="ellipsis", crop=True)
        console.print()
    print(f"as a page, with every formula and test: {page}\n" if page else f"{NOTHING}\n")


def kept_page(folder: Path, root: Path, suspicions: Sequence[Suspicion]) -> str:
    """Write the page of a checkout in place of its last one and return its path; "" if there is nothing to show."""
    from journeyman.cli.explained_page import page

    if not suspicions:
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{root.name or 'root'}-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}.html"
    place = folder / name
    place.write_text(page(f"Suspects in {root.name}", suspicions), encoding="utf-8", errors="replace")
    return str(place)


def picture(suspicion: Suspicion) -> Iterator[Text]:
    """Yield the lines of the picture, in colours."""
    from rich.text import Text

    failing = suspicion.failing
    yield Text(f"Suspects of {suspicion.check}", style="bold")
    traced = f"{_tests(len(failing), 'failing')} and {_tests(suspicion.passing, 'passing')} traced"
    yield Text(f"{traced}, of {suspicion.collected}; ✗ and ✓ count those that run a line", style="dim")
    for test in failing[:3]:
        said = harmless(test.raised.partition("\n")[0])
        yield Text.assemble(("✗ ", "red"), harmless(test.name), (f"  {said}", "dim"))
    if len(failing) > 3:
        yield Text(f"  and {len(failing) - 3} more", style="dim")
    for number, function in enumerate(suspicion.functions[:FUNCTIONS_SHOWN], 1):
        yield Text("")
        yield Text.assemble((f"{number}. {function.name}", "bold"), f"  {function.path}:{function.first}")
        yield Text(f"   {'; '.join(function.reasons)}", style="dim")
        yield from _lines(function)
    if len(suspicion.functions) > FUNCTIONS_SHOWN:
        yield Text("")
        yield Text(f"and {len(suspicion.functions) - FUNCTIONS_SHOWN} more functions", style="dim")


def _tests(count: int, kind: str) -> str:
    return f"{count} {kind} test{'' if count == 1 else 's'}"


def _lines(function: SuspectFunction) -> Iterator[Text]:
    """Yield the hottest lines and those around them; what lies between is folded."""
    from rich.text import Text

    hot = {line.line: line for line in function.lines}
    wanted = {function.first}
    for line in function.lines[:LINES_SHOWN]:
        wanted |= set(range(line.line - AROUND, line.line + AROUND + 1))
    last = function.first - 1
    for number in sorted(wanted & set(range(function.first, function.last + 1))):
        if number > last + 1:
            yield Text(f"{'':>{_BAR + 1}}{'⋯':>6}  {number - last - 1} lines", style="dim")
        yield _line(number, function.text(number), hot.get(number))
        last = number
    if last < function.last:
        yield Text(f"{'':>{_BAR + 1}}{'⋯':>6}  {function.last - last} lines", style="dim")


def _line(number: int, words: str, line: SuspectLine | None) -> Text:
    from rich.text import Text

    words = harmless(words)
    if line is None:
        return Text.assemble(f"{'':>{_BAR + 1}}", (f"{number:>6}  {'':10}{words}", "dim"))
    style = heat(line.score)
    marks = f"✗{line.failing}" + (f" ✓{line.passing}" if line.passing else "")
    return Text.assemble((bar(line.score), style), " ", (f"{number:>6}", style), f"  {marks:10}", (words, style))


def harmless(words: str) -> str:
    """Return words of a repository as they may be printed."""
    return words.expandtabs(4).translate(_HARMLESS)


def bar(score: float) -> str:
    """Return a bar as long as a score from 0 to 1."""
    eighths = round(max(0.0, min(1.0, score)) * _BAR * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(_BAR)


def heat(score: float) -> str:
    """Return the style of a score."""
    return next(style for least, style in _HEATS if score >= least)
