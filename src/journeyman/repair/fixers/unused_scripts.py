"""What a linter of JavaScript calls unused and cannot take out itself: imports, and variables of plain values."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.lint_codes import UNDEFINED
from journeyman.repair.protected import is_test_file

_UNUSED = re.compile(
    r"^(?P<path>\S+):(?P<line>\d+): (?:\S*no-unused-(?:vars|imports) |TS6133:? )['\"](?P<name>[\w$]+)['\"] is "
    r"(?:defined|assigned a value|declared) but ",
    re.M,
)
_REQUIRE = r"""require\(\s*["'][^"'\n]+["']\s*\)(?:\.[\w$]+)*"""
_PLAIN = (
    rf"""(?:-?[\d.]+|'[^'\\\n]*'|"[^"\\\n]*"|true|false|null|undefined|\[\]|\{{\}}|[\w$]+(?:\.[\w$]+)*|{_REQUIRE})"""
)
_FROM = r"""["'][^"'\n]+["']"""
_WHOLE = (
    r"[ \t]*(?:var|let|const)\s+NAME(?:\s*=\s*" + _PLAIN + r")?\s*;?[ \t]*",
    r"[ \t]*import\s+(?:type\s+)?(?:\*\s*as\s+)?NAME\s+from\s+" + _FROM + r"\s*;?[ \t]*",
    r"[ \t]*import\s+(?:type\s+)?\{\s*(?:[\w$]+\s+as\s+)?NAME\s*,?\s*\}\s+from\s+" + _FROM + r"\s*;?[ \t]*",
    r"[ \t]*(?:var|let|const)\s+\{\s*(?:[\w$]+\s*:\s*)?NAME\s*,?\s*\}\s*=\s*" + _REQUIRE + r"\s*;?[ \t]*",
)
"""Statements that are of one name alone, and do nothing besides."""

_LIST = re.compile(
    rf"\bimport\s+(?:[\w$]+\s*,\s*)?\{{[^{{}}]*\}}\s*from\s*{_FROM}|\b(?:var|let|const)\s+\{{[^{{}}]*\}}\s*=\s*{_REQUIRE}"
)


_WORDS_ONLY = re.compile(r"""'[^'\n]*'|"[^"\n]*"|//[^\n]*""")


class UnusedScripts:
    """Takes out what nothing reads, where taking it out changes nothing else."""

    name = "unused names of JavaScript"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        words = case.words()
        found: dict[str, list[tuple[int, str]]] = {}
        for match in _UNUSED.finditer(words) if not UNDEFINED.search(words) else ():
            path = case.tree.path_of(match["path"])
            if path and not is_test_file(path):
                found.setdefault(path, []).append((int(match["line"]), match["name"]))
        texts = {}
        for path, unused in found.items():
            before = await case.tree.text(path) or ""
            after = without_names(before, unused)
            if after != before:
                texts[path] = after
        if texts:
            yield Proposal(f"take out what is unused in {', '.join(texts)}", texts)


def without_names(text: str, unused: list[tuple[int, str]]) -> str:
    """Return a text without declarations of names on some lines, of those that nothing else in it speaks of."""
    for line, name in sorted(unused, reverse=True):
        if len(re.findall(rf"(?<![\w$]){re.escape(name)}(?![\w$])", _WORDS_ONLY.sub("", text))) == 1:
            text = _without(text, line, re.escape(name))
    return text


def _without(text: str, line: int, name: str) -> str:
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return text
    if any(re.fullmatch(pattern.replace("NAME", name), lines[line - 1].rstrip("\r")) for pattern in _WHOLE):
        del lines[line - 1]
        between_blanks = 1 < line <= len(lines) and not lines[line - 2].strip() and not lines[line - 1].strip()
        if between_blanks or (line == 1 and lines and not lines[0].strip()):
            del lines[line - 1]
        return "\n".join(lines)
    for listed in _LIST.finditer(text):
        entry = re.search(rf"(?:[\w$]+\s*(?::|as\b)\s*)?(?<![\w$]){name}(?![\w$])", listed[0])
        if (
            entry
            and text.count("\n", 0, listed.start() + entry.start()) <= line <= text.count("\n", 0, listed.end()) + 1
        ):
            return text[: listed.start()] + _shortened(listed[0], entry) + text[listed.end() :]
    return text


def _shortened(words: str, entry: re.Match[str]) -> str:
    """Return a list of names without one of them, and without the comma and the line that went with it."""
    before, after = words[: entry.start()], words[entry.end() :]
    if followed := re.match(r"[ \t]*,[ \t]*(\n[ \t]*)?", after):
        return before + after[followed.end() :]
    return re.sub(r",\s*$", "", before) + (after if re.match(r"\s", after) else f" {after}")
