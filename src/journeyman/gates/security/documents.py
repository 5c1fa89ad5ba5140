"""Finds the here-documents of a shell command, in one pass, and tells data from what is run."""

from __future__ import annotations

import re
from bisect import bisect_right

import msgspec

from journeyman.gates.security.policy import SHELL

WORD = r"(?:'(?P<single>[^'\n]+)'|\"(?P<double>[^\"\n]+)\"|\\(?P<escaped>[\w.+-]+)|(?P<bare>[\w.+-]+))"
IN_COMMAND = re.compile(
    r"\\.|'[^']*+'?|\$'(?:[^'\\]|\\.)*+'?|(?P<quote>\")|(?P<sums>\$?\(\()|(?P<opened>\()|(?P<closed>\))"
    rf"|(?:(?<=[\s;&|(])|^)#[^\n]*+|<<<|(?P<document><<(?P<tabs>-?)[ \t]*+{WORD})|(?P<line>\n)",
    re.DOTALL,
)
IN_QUOTES = re.compile(r"\\.|(?P<quote>\")|(?P<sums>\$\(\()|(?P<opened>\$\()", re.DOTALL)
"""What counts in double quotes."""

RUNS = re.compile(rf"(?:^|[\s|/(])(?:{SHELL}|su|done)(?=[\s;&|)]|$)|^\s*+(?:sudo\s++)?make\b")
"""On the line that opens a document: a shell reads it, or a loop."""
INTERPRETS = re.compile(r"(?:^|[\s|/(])(?:python[\d.]*|perl|ruby|node|php)(?=[\s;&|)]|$)")
TARGET = re.compile(r">\s*+(\S+)")
SUBSTITUTED = re.compile(r"\$\([^()]*+(?:\([^()]*+\)[^()]*+)*+\)|`[^`]*+`")


class Document(msgspec.Struct, frozen=True):
    """A here-document: the simple command before `<<`, the rest of its line, what it holds, and where it stands."""

    opener: str
    rest: str
    body: str
    quoted: bool
    start: int
    word_end: int
    body_start: int
    end: int

    @property
    def is_run(self) -> bool:
        """Whether a shell reads it."""
        return bool(RUNS.search(self.opener) or ("|" in self.rest and RUNS.search(self.rest.partition("|")[2])))

    @property
    def is_program(self) -> bool:
        """Whether another interpreter reads it."""
        return bool(INTERPRETS.search(self.opener))

    @property
    def target(self) -> str:
        """The file that it is written to, as spelt; empty if none is named."""
        found = TARGET.search(self.opener + self.rest)
        return found[1] if found else ""

    @property
    def substituted(self) -> str:
        """The substitutions in it, which the shell runs whoever reads the document."""
        if self.quoted or not ("$(" in self.body or "`" in self.body):
            return ""
        return " ".join(SUBSTITUTED.findall(re.sub(r"(?s)\\.", "", self.body)))


def documents(command: str, most: int, longest: int) -> list[Document]:
    """Return the here-documents of a command in order; unended ones are none.

    It ends when it has found more than `most`, or read more than `longest` characters outside of them.
    """
    lines = _Lines(command) if "<<" in command else None
    inside: list[str] = []
    waiting: list[re.Match[str]] = []
    found: list[Document] = []
    place = in_documents = 0
    while lines and len(found) <= most and place - in_documents <= longest:
        token = (IN_QUOTES if inside[-1:] == ['"'] else IN_COMMAND).search(command, place)
        if not token:
            break
        place = token.end()
        if token.lastgroup == "document":
            waiting += [token] if inside[-1:] != ["(("] else []
        elif token.lastgroup == "line":
            for opener in waiting:
                if document := lines.document(opener, place):
                    found.append(document)
                    place, in_documents = document.end, in_documents + document.end - document.body_start
            waiting = []
        else:
            _enter(inside, token.lastgroup)
    return found


def without(command: str, data: list[Document]) -> str:
    """Return a command without some of its here-documents, but for the substitutions in them."""
    kept, place = [], 0
    for each in data:
        rest = command[max(place, each.word_end) : each.body_start]
        kept += [command[place : each.start], each.substituted, rest]
        place = each.end
    return "".join([*kept, command[place:]])


def _enter(inside: list[str], kind: str | None) -> None:
    """Follow a quote or a parenthesis into what it opens, or out of it."""
    if kind == "quote" and inside[-1:] == ['"']:
        inside.pop()
    elif kind == "quote":
        inside.append('"')
    elif kind == "sums":
        inside += ["((", "(("]
    elif kind == "opened":
        inside.append("((" if inside[-1:] == ["(("] else "(")
    elif kind == "closed" and inside:
        inside.pop()


class _Lines:
    """Where each line of a text stands, to find the end of a document without reading on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: dict[str, list[int]] = {}
        start = 0
        for line in text.split("\n"):
            self._starts.setdefault(line, []).append(start)
            if line.startswith("\t"):
                self._starts.setdefault("\t" + line.lstrip("\t"), []).append(start)
            start += len(line) + 1

    def document(self, found: re.Match[str], body_start: int) -> Document | None:
        """Return the document that an opener announces, its text from a place on; None if it never ends."""
        word = found["single"] or found["double"] or found["escaped"] or found["bare"]
        ends = [self._next(word, body_start)]
        if found["tabs"]:
            ends.append(self._next("\t" + word, body_start))
        end = min((each for each in ends if each is not None), default=None)
        if end is None:
            return None
        line = self._text[self._text.rfind("\n", 0, found.start()) + 1 : found.start()]
        line_end = self._text.find("\n", found.end())
        after = self._text.find("\n", end)
        return Document(
            opener=re.split(r"[|;&]", line)[-1],
            rest=self._text[found.end() : line_end],
            body=self._text[body_start:end],
            quoted=found["bare"] is None,
            start=found.start(),
            word_end=found.end(),
            body_start=body_start,
            end=after + 1 if after >= 0 else len(self._text),
        )

    def _next(self, line: str, place: int) -> int | None:
        starts = self._starts.get(line, [])
        index = bisect_right(starts, place - 1)
        return starts[index] if index < len(starts) else None
