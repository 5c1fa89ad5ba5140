"""Quotes, single and triple, and what stands in the braces of f-strings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeyman.repair.fixers.syntax.compiling import Fault
from journeyman.repair.fixers.syntax.edit import Edit, insertion, replacement
from journeyman.repair.fixers.syntax.tokens import Page, Word, is_open
from journeyman.repair.spans import Splice

_TRIPLE = re.compile(r"\"{3}|'{3}")
_CODE_LINE = re.compile(
    r"^\s*(?:def |class |return\b|import |from \w|if |for |while |try:|with |raise |@\w|self\."
    r"|[\w.]+(?:: [\w\[\], |]+)? = |[\w.]+\()"
)
_BOUNDARY = re.compile(r"(?<=\w)(?!\w)|(?<!\w)(?=\w)|(?<=[^\w\s])|(?=[^\w\s])")
_OTHER = {'"': "'", "'": '"'}


def single(page: Page, fault: Fault) -> Iterator[Edit]:
    """Close, open, exchange or take out a quote on the fault's line."""
    if "triple-quoted" in fault.message:
        return
    start, text = page.offset(fault.line), page.line(fault.line)
    if not re.search(r"""["']""", text):
        return
    told = bool(re.search(r"unterminated string|EOL while scanning", fault.message))
    if not told and not re.search(r"invalid syntax|comma|never closed|f-string|expected|literal", fault.message):
        return
    more = 0.0 if told else 0.6
    marks = sorted({text[found.start()] for found in re.finditer(r"""["']""", text)})
    open_words = [word for word in page.of_lines(fault.line, fault.line) if is_open(word)]
    if open_words and told:
        marks.sort(key=lambda mark: mark not in open_words[0].text[:3])
    for mark in marks:
        yield from _put_in(text, start, mark, more, open_words)
        yield from _exchanged(text, start, mark, more)
    for found in re.finditer(r"""["']""", text):
        yield replacement(0.8 + more, start + found.start(), start + found.end(), "", f"take out `{found.group()}`")


def _put_in(text: str, start: int, mark: str, more: float, open_words: list[Word]) -> Iterator[Edit]:
    what = f"add the missing `{mark}`"
    tail = len(text.rstrip()) - len(re.search(r"[)\]}:,;\s]*$", text)[0].rstrip())  # type: ignore[index]
    opened = open_words[0].start - start if open_words else len(text)
    for at in {found.start() for found in _BOUNDARY.finditer(text)} | {len(text.rstrip())}:
        if not text[:at].strip() and text[:at] != text[: len(text) - len(text.lstrip())]:
            continue
        before, after = text[:at], text[at:]
        cost = 0.4 if at == tail and at > opened else 0.6 if _edge_of_string(before, after) else 1.3
        yield insertion(cost + more, start + at, mark, what)


def _edge_of_string(before: str, after: str) -> bool:
    """Tell whether strings often end or begin between two texts."""
    if re.match(r"\s*(?:[,)\]}:;]|$)", after) and not before.endswith((" ", ",", "(", "[", "{")):
        return True
    return bool(re.search(r"(?:[(\[{,=:]|\breturn|\bin|\bprint)\s*$", before) and re.match(r"[\w<%{/.#-]", after))


def _exchanged(text: str, start: int, mark: str, more: float) -> Iterator[Edit]:
    """Make the outer quotes of `'don't'`, or the ends of `"abc'`, agree."""
    other = _OTHER[mark]
    places = [found.start() for found in re.finditer(re.escape(mark), text)]
    for first, last in zip(places, places[2:], strict=False):
        if other not in text[first:last]:
            ends = tuple(Splice(start + at, start + at + 1, other) for at in (first, last))
            yield Edit(0.5 + more, f"quote with `{other}`", ends)
    for found in re.finditer(re.escape(other), text):
        yield replacement(0.5 + more, start + found.start(), start + found.end(), mark, f"quote with `{mark}`")


def triple(page: Page, fault: Fault) -> Iterator[Edit]:
    """Close or open a string in triple quotes: the compiler sees such a fault only where the next one begins."""
    marks = list(_TRIPLE.finditer(page.text))
    if not marks and '""' not in page.text and "''" not in page.text:
        return
    told = "triple-quoted" in fault.message or "EOF while scanning" in fault.message
    more = 0.0 if told else 0.5
    for found in marks:
        if page.line_of(found.start()) <= max(fault.line, 1) or told:
            yield from _closed_triple(page, found.start(), found.group(), more)
            yield replacement(0.9 + more, found.start(), found.end(), "", "take out the extra quotes")
    for mark in {found.group() for found in marks} or {'"""'}:
        yield from _opened_triple(page, mark, more)
        for short in re.finditer(rf"(?<!{mark[0]}){mark[0]}{{1,2}}(?!{mark[0]})", page.text):
            edge = page.text[short.end() : short.end() + 1] in ("\n", "") or not page.text[: short.start()].strip(" ")
            yield replacement(0.3 + more if edge else 0.8 + more, *short.span(), mark, "complete the triple quotes")


def _closed_triple(page: Page, at: int, mark: str, more: float) -> Iterator[Edit]:
    first = page.line_of(at)
    what = "close the string"
    rest = page.line(first)[at - page.offset(first) + 3 :].strip()
    if rest:
        yield insertion(0.4 + more, page.offset(first) + len(page.line(first).rstrip()), mark, what)
    indent = page.indent(first)
    for line in range(first + 1, min(first + 200, len(page.lines)) + 1):
        ends = page.line(line).strip() and (line == len(page.lines) or not page.line(line + 1).strip())
        if ends:
            yield insertion(0.7 + more, page.offset(line) + len(page.line(line).rstrip()), mark, what)
        if _CODE_LINE.match(page.line(line)):
            above = next((n for n in range(line - 1, first, -1) if page.line(n).strip()), first)
            if above > first:
                yield insertion(0.5 + more, page.offset(above) + len(page.line(above)), f"\n{indent}{mark}", what)
                yield insertion(0.7 + more, page.offset(above) + len(page.line(above).rstrip()), mark, what)
            return


def _opened_triple(page: Page, mark: str, more: float) -> Iterator[Edit]:
    """Open a string at the first line of a body, or of the text, where prose stands."""
    for number, line in enumerate(page.lines, 1):
        above = page.code_before(number)
        body = above and page.line(above).rstrip().endswith(":")
        if line.strip() and (not above or body) and not line.lstrip().startswith(mark[0]):
            at = page.offset(number) + len(page.indent(number))
            if re.match(r"[A-Z`<:*-]?[\w`]", line.lstrip()) and not _CODE_LINE.match(line):
                yield insertion(0.6 + more, at, mark, "open the string with its quotes")


def formatted(page: Page, fault: Fault) -> Iterator[Edit]:
    """Mend braces and quotes inside f-strings of the fault's line, or of any line where the compiler names none."""
    if "f-string" not in fault.message and not re.search(r"""\b[fF][rR]?["']""", page.line(fault.line)):
        return
    for word in page.words:
        if word.kind == "string" and re.match(r"[rR]?[fF]", word.text):
            away = 0.0 if page.line_of(word.start) == fault.line else 0.2
            yield from _braces(word, away)
            yield from _inner_quotes(page, word, away)


def _braces(word: Word, away: float) -> Iterator[Edit]:
    for found in re.finditer(r"[{}]", word.text):
        at = word.start + found.start()
        yield insertion(0.8 + away, at, found.group(), f"double the `{found.group()}`")
        yield replacement(0.7 + away, at, at + 1, "", f"take out the `{found.group()}`")
    for found in _BOUNDARY.finditer(word.text, 2, len(word.text)):
        at = word.start + found.start()
        before, after = word.text[: found.start()], word.text[found.start() :]
        unclosed = before.count("{") > before.count("}")
        if unclosed:
            plain = re.search(r"\{[\w.]+$", before) and not re.match(r"[\w.(\[]", after)
            yield insertion((0.4 if plain else 0.7) + away, at, "}", "close the `{` in the f-string")
            for close in ")]":
                yield insertion(0.7 + away, at, close, f"add the missing `{close}`")
            yield insertion(0.9 + away, at, "'" if word.text.endswith('"') else '"', "add the missing quote")
        elif re.match(r"[\w.]+\}", after) and before.count("{") == before.count("}"):
            whole = not re.search(r"[\w.]$", before)
            yield insertion((0.4 if whole else 1.2) + away, at, "{", "open with `{` in the f-string")


def _inner_quotes(page: Page, word: Word, away: float) -> Iterator[Edit]:
    """Exchange the quotes inside the braces of an f-string that has the same ones around it."""
    mark = re.search(r"""["']""", word.text)
    if mark is None:
        return
    text, depth, splices = page.line(page.line_of(word.start)), 0, []
    offset = page.offset(page.line_of(word.start))
    for at in range(word.start - offset + mark.end(), len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if text[at] == mark.group() and depth > 0:
            splices.append(Splice(offset + at, offset + at + 1, _OTHER[mark.group()]))
        elif text[at] == mark.group():
            break
    if splices:
        yield Edit(0.4 + away, "exchange the quotes inside the f-string", tuple(splices))
