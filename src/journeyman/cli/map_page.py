"""The graph of a repository as one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from journeyman.codebase import CodeMap

_PAGES = Path(__file__).with_name("pages")
_IN_SCRIPT = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&"}
"""What could end a script, as JSON may write it."""

_FIRST_KINDS = ("folder", "file")


def page(drawn: CodeMap) -> str:
    """Return the page. Names of a repository are in it as data alone, which only text is made of."""
    style, script = ((_PAGES / f"map.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    parts = {"policy": policy, "style": style, "script": script, "data": data_of(drawn)}
    text = (_PAGES / "map.html").read_text(encoding="utf-8")
    head, *rest = text.split("{{")
    return head + "".join(parts[each.partition("}}")[0]] + each.partition("}}")[2] for each in rest)


def data_of(drawn: CodeMap) -> str:
    """Return a map as JSON in columns, which may stand in a script element."""
    nodes = drawn.nodes
    kinds = _numbered(node.kind for node in nodes)
    languages = _numbered((node.language for node in nodes), first=("",))
    relations = _numbered((edge.relation.value for edge in drawn.edges), first=())
    columns: dict[str, Any] = {
        "kinds": list(kinds),
        "languages": list(languages),
        "relations": list(relations),
        "kind": [kinds[node.kind] for node in nodes],
        "name": [node.name for node in nodes],
        "parent": [node.parent for node in nodes],
        "line": [node.line for node in nodes],
        "lines": [node.lines for node in nodes],
        "language": [languages[node.language] for node in nodes],
        "test": [int(node.test) for node in nodes],
        "edges": [
            [edge.source, edge.target, relations[edge.relation.value], edge.confidence] for edge in drawn.edges
        ],
        "left_out": drawn.left_out,
    }
    # ASCII alone: halves of surrogate pairs, marks that turn the direction of text and the like are escaped.
    return json.dumps(columns, separators=(",", ":")).translate(_IN_SCRIPT)


def _numbered(values: Iterable[str], first: Sequence[str] = _FIRST_KINDS) -> dict[str, int]:
    return {value: number for number, value in enumerate(dict.fromkeys((*first, *values)))}


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
