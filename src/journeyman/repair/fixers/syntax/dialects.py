"""The languages of data files and of Node: their marks, and where a text stops being one of theirs."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping

import msgspec

from journeyman.repair.fixers.syntax.compiling import Fault


class Dialect(msgspec.Struct, frozen=True):
    """A language: what may be missing in it by how unlikely that is, and words that are written otherwise in it."""

    name: str
    missing: Mapping[str, float]
    words: Mapping[str, str] = {}
    spelt: frozenset[str] = frozenset()
    by_indentation: bool = False


JSON = Dialect(
    "JSON",
    {",": 0.3, '"': 0.35, "}": 0.4, "]": 0.4, ":": 0.45, "{": 0.6, "[": 0.6},
    {"True": "true", "False": "false", "None": "null", "'": '"', ";": ",", "=": ":"},
)
TOML = Dialect(
    "TOML",
    {'"': 0.3, "]": 0.35, ",": 0.35, "'": 0.4, "=": 0.4, "}": 0.4, "[": 0.6, "{": 0.6},
    {"True": "true", "False": "false", ":": "="},
)
YAML = Dialect(
    "YAML",
    {":": 0.3, '"': 0.35, "'": 0.35, "]": 0.35, "}": 0.35, " ": 0.35, ",": 0.4, "- ": 0.6},
    {"\t": "  "},
    by_indentation=True,
)
SCRIPT = Dialect(
    "JavaScript",
    {")": 0.3, "}": 0.35, "]": 0.35, ",": 0.4, "'": 0.4, '"': 0.4, "`": 0.45, "(": 0.5, "{": 0.5, "[": 0.55,
     ":": 0.55, "=": 0.7, "=>": 0.7},
    spelt=frozenset({
        "return", "function", "const", "import", "export", "class", "while", "switch", "else", "throw", "default",
        "async", "await", "typeof", "instanceof", "catch", "finally", "extends", "break", "continue", "from",
        "delete",
    }),
)  # fmt: skip


def json_fault(text: str) -> Fault | None:
    """Return where a text stops being JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return Fault(error.lineno, error.colno, error.msg)
    except RecursionError as error:
        return Fault(0, 0, str(error))
    return None


def toml_fault(text: str) -> Fault | None:
    """Return where a text stops being TOML."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        lines = text.rstrip("\n").count("\n") + 1
        return Fault(int(place[1]), int(place[2]), str(error)) if place else Fault(lines, 0, str(error))
    except (RecursionError, ValueError) as error:
        return Fault(0, 0, str(error))
    return None


def yaml_fault(text: str) -> Fault | None:
    """Return where a text stops being YAML. Tags are read as they stand: nothing is made of them."""
    import yaml  # costs 20 ms that a run without such a fault does not need

    try:
        list(yaml.compose_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Fault(mark.line + 1, mark.column + 1, str(error.problem)) if mark else Fault(0, 0, str(error))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return Fault(0, 0, str(error))
    return None


DATA: Mapping[str, tuple[Dialect, Callable[[str], Fault | None]]] = {
    ".json": (JSON, json_fault),
    ".toml": (TOML, toml_fault),
    ".yaml": (YAML, yaml_fault),
    ".yml": (YAML, yaml_fault),
}
"""How files of data are read, by their endings."""
