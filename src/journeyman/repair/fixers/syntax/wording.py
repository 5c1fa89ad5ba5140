"""Keywords that are missing or misspelt, operators of other languages, characters that are no code."""

from __future__ import annotations

import difflib
import itertools
import keyword
import re
import unicodedata
from collections.abc import Iterator

from journeyman.repair.fixers.syntax.compiling import Fault
from journeyman.repair.fixers.syntax.edit import Edit, insertion, replacement
from journeyman.repair.fixers.syntax.tokens import Page, Word
from journeyman.repair.spans import Splice

_KEYWORDS = (*keyword.kwlist, "match", "case")
_MEANT = {
    "function": "def", "func": "def", "fn": "def", "fun": "def", "sub": "def", "elseif": "elif", "elsif": "elif",
    "elsf": "elif", "foreach": "for", "catch": "except", "throw": "raise", "include": "import", "unless": "if not",
    "until": "while not", "switch": "match", "none": "None", "true": "True", "false": "False", "null": "None",
}  # fmt: skip
_OPERATORS = {
    "&&": ("and",), "||": ("or",), "===": ("==",), "!==": ("!=",), "=>": (">=", ":"), "=<": ("<=",), "<>": ("!=",),
    "=": ("==",), "==": ("=",), ":=": ("=", "=="), ";": (":", ","), "!": ("not ",), "->": (".",), "--": ("-",),
    "//": ("#",), ":": ("=", ","), "|": ("|",), ".": (",",), ",": (".", ":"), "?": ("",), "$": ("",), "`": ("",),
}  # fmt: skip
_SIGNS = {
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "´": "'", "−": "-", "–": "-",
    "—": "-", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "…": "...", "→": "->", "¬": "not ", "·": "*",
}  # fmt: skip


def keywords(page: Page, fault: Fault) -> Iterator[Edit]:
    """Spell a word as the keyword that it resembles; two glued words, two parts of one."""
    first = page.code_before(fault.line) or fault.line
    found = page.of_lines(max(first, fault.line - 3), fault.line)
    for word, after in itertools.zip_longest(found, found[1:]):
        if word.kind != "name" or (word.text in keyword.kwlist and word.text != "else"):
            continue
        for right, cost in _keywords_like(word):
            yield replacement(cost, word.start, word.end, right, f"write `{right}` for `{word.text}`")
        if after and after.kind == "name" and page.line_of(after.start) == page.line_of(word.start):
            yield from _joined(word, after)


def _keywords_like(word: Word) -> Iterator[tuple[str, float]]:
    if word.text == "else":
        return
    meant = _MEANT.get(word.text.lower())
    if meant:
        yield meant, 0.5
    for right in difflib.get_close_matches(word.text.lower(), _KEYWORDS, 3, 0.65):
        yield right, 0.4 if right == word.text.lower() or sorted(right) == sorted(word.text.lower()) else 0.6
    for right in ("return", "import", "from", "raise", "yield", "del", "assert", "def", "class", "if", "for", "in"):
        if word.text.startswith(right) and len(word.text) > len(right):
            yield f"{right} {word.text[len(right) :]}", 0.7


def _joined(word: Word, after: Word) -> Iterator[Edit]:
    if (word.text, after.text) == ("else", "if"):
        yield replacement(0.3, word.start, after.end, "elif", "write `elif`")
    if word.text + after.text in _KEYWORDS:
        yield replacement(0.4, word.start, after.end, word.text + after.text, f"join `{word.text + after.text}`")


def missing_keywords(page: Page, fault: Fault) -> Iterator[Edit]:
    """Put in the keyword that a line's form asks for."""
    for line in dict.fromkeys((fault.line, page.code_before(fault.line))):
        text = page.line(line)
        at = page.offset(line) + len(page.indent(line))
        if re.match(r"\s*\w+\s*\(.*\)\s*(?:->.*)?:\s*(?:#.*)?$", text) or re.match(r"\s*[A-Z]\w*\s*:\s*$", text):
            camel = text.strip()[:1].isupper()
            yield insertion(0.4 if not camel else 0.8, at, "def ", "add the missing `def`")
            yield insertion(0.4 if camel else 0.8, at, "class ", "add the missing `class`")
        if re.match(r"\s*[\w.]+\s+import\b", text):
            yield insertion(0.4, at, "from ", "add the missing `from`")
        if re.match(r"\s*(?:\w+|\(.*\))(?:\s*,\s*\w+)*\s+in\s+.*:\s*$", text):
            yield insertion(0.5, at, "for ", "add the missing `for`")
        if re.match(r"\s*async\s+\w+\(", text):
            yield insertion(0.4, at + len("async "), "def ", "add the missing `def`")
        if re.match(r"\s*.+:\s*(?:#.*)?$", text):
            for word in ("if", "while", "elif", "for", "with", "except"):
                yield insertion(1.1, at, f"{word} ", f"add the missing `{word}`")
    yield from _between(page, fault)


def _between(page: Page, fault: Fault) -> Iterator[Edit]:
    for line in dict.fromkeys((fault.line, page.code_before(fault.line))):
        found = page.of_lines(line, line)
        head = found[0].text if found else ""
        likely = {"for": "in", "import": "as", "from": "import", "with": "as", "except": "as", "async": "in"}
        for word, after in itertools.pairwise(found):
            if page.text[word.end : after.start].isspace():
                for new in ("in", "as", "import", "if", "else", "and", "or", "is", "not", "for"):
                    cost = 0.4 if likely.get(head) == new else 0.8 if new in ("in", "as", "import") else 1.2
                    yield insertion(cost, word.end, f" {new}", f"add the missing `{new}`")


def operators(page: Page, fault: Fault) -> Iterator[Edit]:
    """Exchange an operator: `=` for `==`, those of other languages, a sign beside it on the keyboard."""
    told = "Maybe you meant '=='" in fault.message
    lines = (fault.line, page.code_before(fault.line))
    for line in dict.fromkeys(lines):
        found = page.of_lines(line, line)
        condition = bool(found) and found[0].text in ("if", "elif", "while", "assert")
        for word in found:
            for new in _OPERATORS.get(word.text, ()):
                close = ((told or condition) and word.text == "=") or len(word.text) > 1 or word.text in "!?$`"
                cost = 0.5 if close else 0.9
                yield replacement(cost, word.start, word.end, new, f"write `{new.strip()}` for `{word.text}`")
            if word.text in ("++", "--"):
                yield replacement(0.6, word.start, word.end, f" {word.text[0]}= 1", f"write `{word.text[0]}= 1`")
        if found and found[0].text == "//":
            yield replacement(0.4, found[0].start, found[0].end, "#", "write the comment with `#`")


def characters(page: Page, fault: Fault) -> Iterator[Edit]:
    """Exchange characters that look like code and are none: non-breaking blanks, smart quotes, full-width signs."""
    splices = []
    for word in page.words:
        if word.kind in ("op", "space") and not word.text.isascii():
            splices.append(Splice(word.start, word.end, _plain(word.text)))
        elif word.kind == "op" and not word.text.isprintable():
            splices.append(Splice(word.start, word.end, ""))
    at = page.offset(fault.line, fault.column)
    if splices:
        yield Edit(0.3, "exchange characters that are no code", tuple(splices))
        on_line = tuple(splice for splice in splices if page.line_of(splice.start) == fault.line)
        yield Edit(0.4, "exchange characters that are no code", on_line)
    if fault.message.startswith("unexpected character after line continuation"):
        line = page.line(fault.line)
        slash = page.offset(fault.line) + line.rfind("\\")
        end = page.offset(fault.line) + len(line)
        if not page.text[slash + 1 : end].strip():
            yield replacement(0.3, slash + 1, end, "", "take out blanks behind the `\\`")
        yield replacement(0.6, slash, slash + 1, "", "take out the `\\`")
    elif page.text[at : at + 1] and not page.text[at].isalnum():
        yield replacement(0.9, at, at + 1, "", f"take out `{page.text[at]}`")
    if re.match(r"^\s*(?:/\*|\*/|<\?|\{%)", page.line(fault.line)):
        yield insertion(0.9, page.offset(fault.line), "# ", "make a comment of it")


def _plain(text: str) -> str:
    return "".join(_SIGNS.get(sign) or _ascii(sign) for sign in text)


def _ascii(sign: str) -> str:
    if sign.isascii():
        return sign
    if unicodedata.category(sign) in ("Zs", "Zl", "Zp"):
        return " "
    folded = unicodedata.normalize("NFKC", sign)
    return folded if folded.isascii() else ""


def numbers(page: Page, fault: Fault) -> Iterator[Edit]:
    """Write old octal numbers with `0o`, and numbers without the letters of other languages."""
    for word in page.of_lines(fault.line, fault.line):
        if word.kind != "number":
            continue
        if re.fullmatch(r"0[0-7_]+[lL]?", word.text):
            digits = word.text[1:].rstrip("lL")
            yield replacement(0.4, word.start, word.end, f"0o{digits}", "write the octal number with `0o`")
        elif re.fullmatch(r"0\d+", word.text):
            yield replacement(0.6, word.start, word.end, word.text.lstrip("0"), "take out leading zeros")
        elif re.fullmatch(r"(?:0[xX][0-9a-fA-F]+|\d+)[lL]", word.text):
            yield replacement(0.3, word.start, word.end, word.text[:-1], "take out the `L`")
        elif re.fullmatch(r"[\d.]+[fFdD]", word.text):
            yield replacement(0.5, word.start, word.end, word.text[:-1], f"take out the `{word.text[-1]}`")
        elif re.search(r"_$|__|[oO](?!\d)", word.text):
            yield replacement(0.6, word.start, word.end, re.sub(r"_+$|_(?=_)", "", word.text), "write it as a number")


def anything(page: Page, fault: Fault) -> Iterator[Edit]:
    """Put in, take out or turn round any word near the fault: the last resort."""
    lines = sorted({max(page.code_before(fault.line), fault.line - 4, 1), fault.line})
    found = page.of_lines(lines[0], lines[-1])
    at = page.offset(fault.line, fault.column)
    near = sorted(found, key=lambda word: min(abs(word.start - at), abs(word.end - at)))[:24]
    for word in near:
        far = min(abs(word.start - at), abs(word.end - at)) * 0.005
        if word.kind == "op" or word.text in keyword.kwlist:
            yield replacement(1.4 + far, word.start, word.end, "", f"take out `{word.text}`")
        else:
            yield replacement(2.4 + far, word.start, word.end, "", f"take out `{word.text[:40]}`")
        for new in (":", ",", ")", "]", "}", "(", "[", "{", " =", " ==", ".", " +"):
            yield insertion(1.5 + far, word.end, new, f"add the missing `{new.strip()}`")
        for new in ("(", "[", "{"):
            yield insertion(1.6 + far, word.start, new, f"add the missing `{new}`")
    for word, after in itertools.pairwise(found):
        gap = page.text[word.end : after.start]
        if page.line_of(word.start) == page.line_of(after.start):
            turned = f"{after.text}{gap}{word.text}"
            yield replacement(1.8, word.start, after.end, turned, f"turn `{word.text}` and `{after.text}` round")
