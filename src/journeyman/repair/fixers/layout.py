"""What a repository says about the layout of its files: .gitattributes and .editorconfig."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from fnmatch import translate

import msgspec

from journeyman.repair.tree import SourceTree

ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


class Wishes(msgspec.Struct, frozen=True):
    """What is asked of one file. `end` is a line end, "" where nothing is said; `tabs` None likewise."""

    end: str = ""
    tabs: bool | None = None
    width: int = 4


class Layout(msgspec.Struct, frozen=True):
    """The rules of a repository, later ones stronger: a pattern of paths and what it asks for."""

    rules: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...] = ()

    def of(self, path: str) -> Wishes:
        """Return what is asked of a file."""
        asked: dict[str, str] = {}
        for pattern, values in self.rules:
            if pattern.match(path):
                asked |= values
        size = asked.get("indent_size", "tab")
        width = asked.get("tab_width", "4") if size == "tab" else size
        style = asked.get("indent_style")
        tabs = None if style not in ("tab", "space") else style == "tab"
        return Wishes(ENDS.get(asked.get("end_of_line", ""), ""), tabs, int(width) if width.isdigit() else 4)


async def layout_of(tree: SourceTree) -> Layout:
    """Return the layout that a tree asks for; what .gitattributes says of line ends is stronger."""
    rules = [
        (pattern, values)
        for path in sorted(tree.paths, key=lambda path: path.count("/"))
        if path.rpartition("/")[2] == ".editorconfig"
        for pattern, values in _editorconfig(path.rpartition("/")[0], await tree.text(path) or "")
    ]
    return Layout((*rules, *_gitattributes(await tree.text(".gitattributes") or "")))


def _editorconfig(folder: str, text: str) -> list[tuple[re.Pattern[str], dict[str, str]]]:
    """Return the sections of one file as patterns of whole paths."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters=("=", ":"))
    try:
        parser.read_string(f"[/nothing]\n{text}")
    except configparser.Error:
        return []
    below = f"{folder}/" if folder else ""
    return [
        (re.compile("|".join(f"(?:{re.escape(below)}{glob})" for glob in _globs(section))), _lowered(parser[section]))
        for section in parser.sections()
    ]


def _lowered(section: Mapping[str, str | None]) -> dict[str, str]:
    return {name: (value or "").strip().lower() for name, value in section.items()}


def _globs(pattern: str) -> list[str]:
    """Return regular expressions for a pattern: one with a slash is of paths, one without of names."""
    found = _BRACES.search(pattern)
    if found:
        parts = [pattern[: found.start()] + part + pattern[found.end() :] for part in found[1].split(",")]
        return [glob for part in parts for glob in _globs(part)]
    anywhere = "" if "/" in pattern else "(?:.*/)?"
    return [anywhere + translate(pattern.removeprefix("/"))]


def _gitattributes(text: str) -> list[tuple[re.Pattern[str], dict[str, str]]]:
    rules = []
    for line in text.splitlines():
        pattern, *attributes = line.split() or [""]
        ends = [word.removeprefix("eol=") for word in attributes if word.startswith("eol=")]
        if ends and not pattern.startswith("#"):
            rules.append((re.compile("|".join(_globs(pattern))), {"end_of_line": ends[0]}))
    return rules
