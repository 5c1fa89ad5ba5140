"""Names of Python 2 that Python 3 calls otherwise: where one was left, the file's others are put right with it."""

from __future__ import annotations

import ast

from journeyman.repair.names import bound_names
from journeyman.repair.spans import Source, Splice, spliced

NAMES = {
    "xrange": "range", "unicode": "str", "basestring": "str", "raw_input": "input", "long": "int", "unichr": "chr",
    "izip": "zip", "imap": "map", "ifilter": "filter",
}  # fmt: skip
METHODS = {
    "iteritems": "items", "itervalues": "values", "iterkeys": "keys", "viewitems": "items", "viewvalues": "values",
    "viewkeys": "keys",
}  # fmt: skip
OTHERS = {
    "maxint": "maxsize", "getcwdu": "getcwd", "letters": "ascii_letters", "lowercase": "ascii_lowercase",
    "uppercase": "ascii_uppercase",
}  # fmt: skip
LEFTOVERS = frozenset({*NAMES, *METHODS, "has_key"})


def with_names_of_python3(source: Source) -> str:
    """Return a text with the names and methods that Python 3 has no more written as it has them."""
    bound = bound_names(source.tree)
    defined = {node.name for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)}
    splices = []
    for node in ast.walk(source.tree):
        match node:
            case ast.Name(id=name) if name in NAMES and name not in bound:
                splices.append(Splice(*source.span(node), NAMES[name]))
            case ast.Call(func=ast.Attribute(attr=name) as called, args=[], keywords=[]) if name in METHODS:
                end = source.span(called)[1]
                if name not in defined:
                    splices.append(Splice(end - len(name), end, METHODS[name]))
            case ast.Call(func=ast.Attribute(attr="has_key", value=value), args=[key], keywords=[]):
                splices += _contained(source, node, value, key)
    return spliced(source.text, splices)


def _contained(source: Source, call: ast.Call, value: ast.expr, key: ast.expr) -> list[Splice]:
    """Return the splices that make `(key in value)` of a call; none where the parts hold leftovers themselves."""
    start, end = source.span(call)
    inner = [node for part in (value, key) for node in ast.walk(part)]
    if any(isinstance(n, ast.Call) or (isinstance(n, ast.Name) and n.id in NAMES) for n in inner):
        return []
    return [Splice(start, end, f"({source.of(key)} in {source.of(value)})")]
