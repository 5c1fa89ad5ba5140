"""Templates that borrow conditions, statements, guards, calls and constants from the function, class and file.

With `far` they borrow from the other modules of the package instead, which counts less and is read later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from .ingredients import HERE, IN_FILE, IN_PACKAGE, Piece, called, reads, share
from .scene import OWN, Scene
from .source import FUNCTIONS, Edit
from .statements import is_text

_TESTING = (ast.If, ast.While, ast.IfExp)
_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_MOST = 24
"""Ingredients of one kind for one place."""
_LIKE_CONSTANTS = 20
_STANDING = (ast.Return, ast.Assign, ast.AugAssign, ast.Call, ast.keyword, ast.BinOp, ast.Compare, ast.Tuple,
             ast.List, ast.Dict, ast.For, ast.comprehension, ast.ListComp, ast.GeneratorExp, ast.Subscript,
             ast.IfExp)  # fmt: skip


def usable(scene: Scene, names: Iterable[str]) -> bool:
    """Tell whether all names mean something in a function."""
    own = OWN if scene.parameters_of_self() else ()
    return all(name in scene.births or name in own or scene.ingredients.known(name) for name in names)


def stored(scene: Scene, kind: str, far: bool) -> list[tuple[Piece, float]]:
    """Return the nearest pieces of a kind, found once for a function."""
    key = f"far {kind}" if far else kind
    if key not in scene.pantry:
        scene.pantry[key] = farther(scene, kind) if far else nearest(scene, getattr(scene.ingredients, kind))
    found: list[tuple[Piece, float]] = scene.pantry[key]
    return found


def farther(scene: Scene, kind: str) -> list[tuple[Piece, float]]:
    """Return the usable pieces of the package: those of functions of the same name first."""
    found = [piece for piece in scene.ingredients.of_package(kind) if usable(scene, piece.names)]
    return sorted(((piece, _likeness(scene, piece)) for piece in found), key=lambda item: -item[1])


def _likeness(scene: Scene, piece: Piece) -> float:
    if piece.function.name == scene.unit.name:
        return IN_PACKAGE
    return IN_PACKAGE * (0.8 if any(name in scene.births for name in piece.names) else 0.5)


def nearest(scene: Scene, pieces: Iterable[Piece]) -> list[tuple[Piece, float]]:
    """Return the usable pieces with what they count, each text once, the best first."""
    best: dict[str, tuple[Piece, float]] = {}
    for piece in pieces:
        value = share(piece, scene.node, scene.holder)
        if value > best.get(piece.text, (piece, 0.0))[1]:
            best[piece.text] = (piece, value)
    found = sorted(best.values(), key=lambda item: -item[1])
    return [item for item in found if usable(scene, item[0].names)]


def clauses(scene: Scene, node: Any, far: bool = False) -> Iterator[Edit]:
    """A condition that another place asks too, or one like its own of another variable or constant."""
    parent = scene.parents.get(node)
    tested = isinstance(parent, _TESTING) and parent.test is node
    if not tested and not (isinstance(parent, ast.comprehension) and node in parent.ifs):
        return
    words, mine = scene.words(node), reads(node)
    joined = words if not isinstance(node, (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr)) else f"({words})"
    asked = [(text, 0.06) for text in _variants(scene, node)] if not far else []
    for piece, value in stored(scene, "conditions", far)[:_MOST]:
        related = 1.0 if piece.names & mine - set(OWN) else 0.5
        asked.append(
            (piece.text if not isinstance(piece.node, ast.IfExp) else f"({piece.text})", 0.1 * value * related)
        )
    for text, prior in asked:
        if text not in words:
            yield scene.replace(node, f"{joined} and {text}", prior, "borrowed condition")
            yield scene.replace(node, f"{joined} or {text}", prior, "borrowed condition")
            yield scene.replace(node, f"{joined} and not ({text})", prior * 0.3, "borrowed condition")
            yield scene.replace(node, text, prior * 0.5, "borrowed condition")


def _variants(scene: Scene, test: Any) -> Iterator[str]:
    """Yield parts of a condition with one name or constant changed."""
    parts = test.values if isinstance(test, ast.BoolOp) else [test]
    for part in parts:
        text, start = scene.words(part), scene.source.span(part)[0]
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and node.id in scene.births:
                others = [name for name in scene.variables if name != node.id and scene.alike(name, node.id) == 1.0]
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, (int, str))
                and not isinstance(node.value, bool)
            ):
                others = [words for words, _ in like_constants(scene, node)][:6]
            else:
                continue
            first, last = (each - start for each in scene.source.span(node))
            for other in others[:6]:
                yield f"{text[:first]}{other}{text[last:]}"


def like_constants(scene: Scene, node: Any, far: bool = False) -> list[tuple[str, float]]:
    """Return other constants of the same type with what they count, those of the function first."""
    from .values import likeness

    value, found = node.value, dict[str, float]()
    for piece, counts in stored(scene, "constants", far):
        if type(piece.node.value) is type(value) and piece.node.value != value:
            alike = 0.3 + likeness(value, piece.node.value) if isinstance(value, str) else 1.0
            found[piece.text] = max(found.get(piece.text, 0.0), counts * min(1.0, alike))
    return sorted(found.items(), key=lambda item: -item[1])[:_LIKE_CONSTANTS]


def constants(scene: Scene, node: Any, far: bool = False) -> Iterator[Edit]:
    """Another constant of the file."""
    parent = scene.parents.get(node)
    plain = isinstance(node.value, str) if far else not isinstance(node.value, (bool, type(None), type(Ellipsis)))
    if plain and not isinstance(parent, (ast.JoinedStr, ast.FormattedValue, ast.Expr)):
        for words, value in like_constants(scene, node, far):
            yield scene.replace(node, words, 0.15 * value, "constant")


def transplanted(scene: Scene, node: Any, far: bool = False) -> Iterator[Edit]:
    """A statement that another place has, before this one or after the last of a block."""
    block = scene.block(node)
    if not scene.starts_line(node) or is_text(node) or not block or scene.words(node).startswith("elif"):
        return
    (start, end), indent = scene.source.span(node), " " * node.col_offset
    around = [scene.words(each) for each in block]
    last = block[-1] is node and not isinstance(node, _JUMPS)
    for piece, value in stored(scene, "statements", far)[:_MOST]:
        if piece.text in around or not _fits(scene, piece):
            continue
        prior = 0.08 * value
        yield Edit(start, start, f"{piece.text}\n{indent}", prior, node.lineno, "borrowed statement")
        if last:
            yield Edit(end, end, f"\n{indent}{piece.text}", prior, node.lineno, "borrowed statement")
    for text, value in _guards(scene, node, indent, far):
        yield Edit(start, start, f"{text}\n{indent}", 0.1 * value, node.lineno, "borrowed guard")


def _fits(scene: Scene, piece: Piece) -> bool:
    """Tell whether a statement of elsewhere has something to do with a function."""
    if piece.function is scene.node:
        return True
    stored = [n for n in ast.walk(piece.node) if isinstance(getattr(n, "ctx", None), ast.Store)]
    bound = [n.id for n in stored if isinstance(n, ast.Name)]
    fields = [n.attr for n in ast.walk(piece.node) if isinstance(n, ast.Attribute) and piece.words(n.value) == "self"]
    if any(name not in scene.births for name in bound):
        return False
    known = {*scene.fields, *scene.methods}
    return all(name in known for name in fields) and bool(fields or any(n in scene.births for n in piece.names))


def _guards(scene: Scene, node: Any, indent: str, far: bool) -> Iterator[tuple[str, float]]:
    """Yield conditions of elsewhere with the jump that they lead to."""
    before = scene.words(scene.before(node)) if scene.before(node) else ""
    given = 0
    for piece, value in stored(scene, "guards", far):
        test, jump = piece.words(piece.node.test), piece.words(piece.node.body[0])
        looped = isinstance(piece.node.body[0], (ast.Continue, ast.Break))
        if (looped and not scene.in_loop(node)) or (test in before and jump in before):
            continue
        if piece.function is not scene.node and not any(name in scene.births for name in reads(piece.node.test)):
            continue
        given += 1
        if given > _MOST:
            return
        yield f"if {test}:\n{indent}    {jump}", value


def arguments(scene: Scene, node: Any, far: bool = False) -> Iterator[Edit]:
    """What other calls of the same thing pass: one argument more, or another one in its place."""
    text, end = scene.source.text, scene.source.span(node)[1] - 1
    if any(isinstance(argument, (ast.GeneratorExp, ast.Starred)) for argument in node.args) or text[end] != ")":
        return
    comma = "" if text[:end].rstrip()[-1:] in "(," else ", "
    name = called(node)
    for piece, value in _calls(scene, name, far)[:_MOST]:
        mine = {keyword.arg: keyword.value for keyword in node.keywords}
        if len(piece.node.args) > len(node.args) and not node.keywords:
            more = ", ".join(piece.words(each) for each in piece.node.args[len(node.args) :])
            yield Edit(end, end, comma + more, 0.15 * value, node.lineno, "borrowed argument")
        for theirs, own in zip(piece.node.args, node.args):
            yield scene.replace(own, piece.words(theirs), 0.1 * value, "borrowed argument")
        for keyword in piece.node.keywords:
            if keyword.arg and keyword.arg not in mine:
                more = f"{comma}{keyword.arg}={piece.words(keyword.value)}"
                yield Edit(end, end, more, 0.2 * value, node.lineno, "borrowed argument")
            elif keyword.arg:
                yield scene.replace(mine[keyword.arg], piece.words(keyword.value), 0.15 * value, "borrowed argument")
    if not far:
        yield from _keywords(scene, node, name, end, comma)


def _calls(scene: Scene, name: str, far: bool) -> list[tuple[Piece, float]]:
    """Return the other calls of a name."""
    if far:
        return [(piece, value) for piece, value in stored(scene, "calls", far) if called(piece.node) == name]
    return nearest(scene, scene.ingredients.calls_by_name.get(name, ()))


def _keywords(scene: Scene, node: Any, name: str, end: int, comma: str) -> Iterator[Edit]:
    """Yield what the signature of a function of the file offers: its switches, and other names for a keyword."""
    function = next((f for f in ast.walk(scene.source.tree) if isinstance(f, FUNCTIONS) and f.name == name), None)
    if function is None:
        return
    every = [*function.args.args, *function.args.kwonlyargs]
    values = [*([None] * (len(function.args.args) - len(function.args.defaults))), *function.args.defaults]
    given = {keyword.arg for keyword in node.keywords}
    for parameter, value in zip(every, [*values, *function.args.kw_defaults]):
        if isinstance(value, ast.Constant) and isinstance(value.value, bool) and parameter.arg not in given:
            more = f"{comma}{parameter.arg}={not value.value}"
            yield Edit(end, end, more, 0.12, node.lineno, "added argument")
    for keyword in node.keywords:
        for parameter in every if keyword.arg else ():
            if parameter.arg not in given and parameter.arg not in OWN:
                text = f"{parameter.arg}={scene.words(keyword.value)}"
                yield scene.replace(keyword, text, 0.1, "keyword")


def wrapped(scene: Scene, node: Any, far: bool = False) -> Iterator[Edit]:
    """A call around an expression as other places have it: a function of one argument, or a method."""
    parent = scene.parents.get(node)
    stands = isinstance(parent, _STANDING) and getattr(parent, "func", None) is not node
    if not stands or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    words, closed = scene.words(node), scene.closed(node)
    key = "far wrappings" if far else "wrappings"
    if key not in scene.pantry:
        scene.pantry[key] = wrappings(stored(scene, "calls", far))
    for pattern, value in scene.pantry[key]:
        if not words.startswith(pattern.partition("{}")[0] or "\0"):
            text = pattern.replace("{}", closed if pattern.startswith("{}") else words, 1)
            yield scene.replace(node, text, 0.06 * value, "borrowed call")


def wrappings(pieces: Iterable[tuple[Piece, float]]) -> list[tuple[str, float]]:
    """Return the calls that can stand around another expression, `{}` in its place, the nearest first."""
    found: dict[str, float] = {}
    for piece, value in pieces:
        call = piece.node
        fixed = [*call.args, *(keyword.value for keyword in call.keywords)]
        pattern = ""
        if isinstance(call.func, ast.Attribute) and all(isinstance(each, ast.Constant) for each in fixed):
            pattern = "{}" + piece.text[len(piece.words(call.func.value)) :]
        elif (
            len(fixed) == 1
            and call.args
            and not isinstance(call.args[0], (ast.Constant, ast.Starred, ast.GeneratorExp))
        ):
            pattern = f"{piece.words(call.func)}({{}})"
        if pattern and pattern.count("{}") == 1:
            found[pattern] = max(found.get(pattern, 0.0), value)
    return sorted(found.items(), key=lambda item: -item[1])[:_MOST]


def attributes(scene: Scene, node: Any, far: bool = False) -> Iterator[Edit]:
    """Another attribute that the file asks of something of the same name."""
    owner = scene.words(node.value)
    if not isinstance(node.ctx, ast.Load) or owner in OWN or not isinstance(node.value, (ast.Name, ast.Attribute)):
        return
    for module in scene.ingredients.beside if far else [scene.ingredients]:
        for other, functions in module.attributes.get(owner, {}).items():
            if other != node.attr:
                value = IN_PACKAGE if far else HERE if scene.node in functions else IN_FILE
                yield scene.replace(node, f"{owner}.{other}", 0.2 * value, "attribute")


def caught(scene: Scene, node: Any) -> Iterator[Edit]:
    """An exception more that is caught."""
    if node.type is None:
        return
    given = [scene.words(each) for each in (node.type.elts if isinstance(node.type, ast.Tuple) else [node.type])]
    others = ("ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "OSError")
    for other in (*scene.raised, *others):
        if other not in given:
            text = f"({', '.join([*given, other])})"
            yield scene.replace(node.type, text, 0.3 if other in scene.raised else 0.06, "exception")
    for gone in given if len(given) > 1 else ():
        rest = [name for name in given if name != gone]
        yield scene.replace(node.type, rest[0] if len(rest) == 1 else f"({', '.join(rest)})", 0.1, "exception")
