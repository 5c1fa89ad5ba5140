"""What type checkers complain of and what has a mechanical answer: no line of code changes what it does."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.imports import with_import
from journeyman.repair.names import bound_names
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, parsed, spliced

_PLACE = r"^\s*(?P<path>[^\s:]+\.pyi?):(?P<line>\d+):(?:\d+:)? (?:- )?(?:error|warning)?:? ?.*?"
_UNUSED = re.compile(_PLACE + r"(?:[Uu]nused \"type: ignore|Unnecessary \"# (?:type|pyright): ignore)", re.M)
_UNANNOTATED = re.compile(
    _PLACE + r"(?:missing a return type annotation|missing a type annotation\b|ANN20\d|[Mm]issing return type)", re.M
)
_NONE_DEFAULT = re.compile(
    _PLACE + r"(?:Incompatible default for (?:argument|parameter) \"(?P<name>\w+)\" \(default has type \"None\""
    r"|Expression of type \"None\" cannot be assigned to parameter of type)",
    re.M,
)
_IGNORE = re.compile(r"[ \t]*#[ \t]*(?:type|pyright):[ \t]*ignore(?:\[[^\]\n]*\])?(?P<rest>[ \t]*#[^\n]*)?[ \t]*$")
_LITERALS = {bool: "bool", int: "int", float: "float", str: "str", bytes: "bytes"}


class TypeComplaints:
    """Takes out ignores that nothing needs, annotates what returns nothing or literals, says `| None` of defaults."""

    name = "types"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        words, told = case.words(), dict[str, list[tuple[str, int]]]()
        for kind, pattern in (("unused", _UNUSED), ("return", _UNANNOTATED), ("none", _NONE_DEFAULT)):
            for found in pattern.finditer(words):
                path = case.tree.path_of(found["path"])
                if path and (kind == "unused" or not is_test_file(path)):
                    told.setdefault(path, []).append((kind, int(found["line"])))
        texts = {}
        for path, places in told.items():
            before = await case.tree.text(path) or ""
            bare = without_ignores(before, _lines(places, "unused"))
            after = answered(bare, _lines(places, "none"), _lines(places, "return"))
            if after != before and not is_test_file(path):
                texts[path] = after
        if texts:
            yield Proposal("answer the type checker", texts)


def _lines(places: list[tuple[str, int]], wanted: str) -> set[int]:
    return {line for kind, line in places if kind == wanted}


def without_ignores(text: str, lines: set[int]) -> str:
    """Return a text without the comments on some lines that tell type checkers to look away."""
    kept = text.split("\n")
    for line in lines:
        if 1 <= line <= len(kept):
            kept[line - 1] = _IGNORE.sub(lambda found: f"  {(found['rest'] or '').strip()}".rstrip(), kept[line - 1])
    return "\n".join(kept)


def answered(text: str, defaults: set[int], returns: set[int]) -> str:
    """Return a text in which functions on some lines say that a default is None, and what they return."""
    source = parsed(text)
    if source is None:
        return text
    splices: list[Splice] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            head = {*range(node.lineno, node.body[0].lineno + 1), *(d.lineno for d in node.decorator_list)}
            if head & defaults:
                splices += _optional(source, node)
            if head & returns:
                splices += _by_default(source, node)
            if head & returns and node.returns is None and (kind := _returned(node)):
                splices.append(_annotated(source, node, kind))
    after = spliced(text, list(dict.fromkeys(splices)))
    needs = any("Optional[" in splice.text for splice in splices) and "Optional" not in bound_names(source.tree)
    return with_import(after, "from typing import Optional") if needs else after


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _optional(source: Source, node: Function) -> list[Splice]:
    """Return splices that make the annotations of parameters with the default None say so."""
    old_style = (
        bool(re.search(r"\bOptional\[", source.text)) or "from __future__ import annotations" not in source.text
    )
    plain, named = node.args, list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
    positional = [*plain.posonlyargs, *plain.args]
    pairs = [*zip(positional[len(positional) - len(plain.defaults) :], plain.defaults, strict=True), *named]
    found = []
    for argument, default in pairs:
        if argument.annotation is None or not isinstance(default, ast.Constant) or default.value is not None:
            continue
        words = source.of(argument.annotation)
        if "None" in words or "Optional" in words or words == "Any":
            continue
        quoted = isinstance(argument.annotation, ast.Constant)
        new = (
            f"{words[:-1]} | None{words[-1]}" if quoted else f"Optional[{words}]" if old_style else f"{words} | None"
        )
        found.append(Splice(*source.span(argument.annotation), new))
    return found


def _by_default(source: Source, node: Function) -> list[Splice]:
    """Return splices that give parameters without a type that of their default, where it is a plain literal."""
    plain = [*node.args.posonlyargs, *node.args.args]
    defaulted = [*zip(plain[len(plain) - len(node.args.defaults) :], node.args.defaults, strict=True)]
    named = [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    found = []
    for argument, default in (*defaulted, *named):
        kind = _LITERALS.get(type(default.value)) if isinstance(default, ast.Constant) else None
        if kind and argument.annotation is None:
            found.append(Splice(source.span(argument)[1], source.span(default)[0], f": {kind} = "))
    return found


def _returned(node: Function) -> str:
    """Return the type that a function's own statements show: None, or that of literals; "" if they do not."""
    own = list(_own(node))
    if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in own):
        return ""
    values = [part.value for part in own if isinstance(part, ast.Return)]
    if all(value is None or (isinstance(value, ast.Constant) and value.value is None) for value in values):
        raises = len(node.body) == 1 and isinstance(node.body[0], ast.Raise)
        abstract = any("abstract" in ast.dump(decorator) for decorator in node.decorator_list)
        return "" if raises or abstract else "None"
    kinds = {_LITERALS.get(type(v.value), "") if isinstance(v, ast.Constant) else _shown(v) for v in values if v}
    ends = isinstance(node.body[-1], ast.Return | ast.Raise)
    return kinds.pop() if len(kinds) == 1 and all(values) and ends else ""


def _shown(value: ast.expr) -> str:
    match value:
        case ast.JoinedStr():
            return "str"
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "bool" if not isinstance(value, ast.Compare) or _plainly_compared(value) else ""
    return ""


def _plainly_compared(value: ast.Compare) -> bool:
    """Tell whether a comparison gives a bool whatever is compared: others may be overloaded, as arrays do."""
    return all(isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn) for operator in value.ops)


def _own(node: ast.AST) -> list[ast.AST]:
    """Return the nodes of a function's body without those of functions inside it."""
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        found.append(child)
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            found += _own(child)
    return found


def _annotated(source: Source, node: Function, kind: str) -> Splice:
    """Return the splice that puts an annotation between the parameters and the colon of a header."""
    start = source.offset(node.lineno, node.col_offset)
    end = source.offset(node.body[0].lineno, node.body[0].col_offset)
    arguments = [source.span(each)[1] for each in ast.walk(node.args) if isinstance(each, ast.expr | ast.arg)]
    close = source.text.index(")", max([start, *(at for at in arguments if at < end)]))
    return Splice(close + 1, close + 1, f" -> {kind}")
