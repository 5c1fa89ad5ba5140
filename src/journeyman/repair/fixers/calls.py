"""Calls that no longer fit the function they call: whichever side is behind is carried along, as the tests say."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import pairwise

import msgspec

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.overrides import with_parameter
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.names import Names, likeness
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Source, Splice, spliced
from journeyman.repair.tracebacks import Raised, raised

_MISSING = re.compile(
    r"(?P<owner>[\w.<>]+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (?P<names>.+)"
)
_TOO_MANY = re.compile(
    r"(?P<owner>[\w.<>]+)\(\) takes (?:from \d+ to )?\d+ positional arguments? but \d+ (?:was|were) given"
)
_KEYWORD = re.compile(r"(?P<owner>[\w.<>]+)\(\) got an unexpected keyword argument '(?P<name>\w+)'")
_TYPED = re.compile(
    r"^(?P<path>[^\s:]+\.py):(?P<line>\d+):(?:\d+:)? (?:error: )?(?:call-arg )?"
    r"(?:Unexpected keyword argument \"(?P<name>\w+)\" for"
    r"|Missing (?:positional|named) arguments? (?P<names>\"[\w\", ]+\") in call to)"
    r" \"(?P<owner>\w+)\"(?: of \"(?P<holder>\w+)\")?",
    re.M,
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Definition(msgspec.Struct, frozen=True):
    """A function of the repository. `bound`: its first parameter is given by the object it is called on.

    `called` is the name in its calls: that of the class for `__init__`.
    """

    path: str
    node: Function
    bound: bool
    called: str

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters that a caller gives."""
        arguments = self.node.args
        found = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        return [*found[self.bound :], *(argument.arg for argument in arguments.kwonlyargs)]

    @property
    def positional(self) -> list[str]:
        """Those of them that may be given by their place."""
        return self.parameters[: len(self.parameters) - len(self.node.args.kwonlyargs)]

    @property
    def required(self) -> list[str]:
        """The parameters without a default."""
        arguments = self.node.args
        positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][self.bound :]
        named = [a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
        return [*positional[: len(positional) - len(arguments.defaults)], *named]


class ChangedSignatures:
    """Fits callers to a function that changed, all of them at once; or the function, where tests call it."""

    name = "changed signatures"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        names = Names(case.tree)
        for owner, wrong, missing, place in _told(case):
            for definition in await _definitions(owner, names):
                if is_test_file(place[0]):
                    ways = await _as_tests_call(definition, wrong, names)
                else:
                    ways = await _as_defined(definition, wrong, missing, names)
                for chosen in await standing_out(case, sorted(ways, key=lambda rival: rival.cost)):
                    yield chosen


def _told(case: Case) -> Iterator[tuple[str, str, list[str], tuple[str, int]]]:
    """Yield (function, keyword it does not know, arguments it misses, place of the call)."""
    seen = set()
    for item in raised(case.words()):
        place = _place(case, item)
        for pattern in (_MISSING, _TOO_MANY, _KEYWORD):
            found = pattern.search(item.message)
            if not found or not place or item.kind != "TypeError":
                continue
            parts = found.groupdict()
            missing = re.findall(r"'(\w+)'", parts.get("names") or "")
            key = (found["owner"], parts.get("name") or "", tuple(missing), is_test_file(place[0]))
            if key not in seen:
                seen.add(key)
                yield found["owner"], key[1], missing, place
    for told in _TYPED.finditer(case.words()):
        path = case.tree.path_of(told["path"])
        if path and not is_test_file(path):
            owner = f"{told['holder']}.{told['owner']}" if told["holder"] else told["owner"]
            yield owner, told["name"] or "", re.findall(r"\w+", told["names"] or ""), (path, int(told["line"]))


def _place(case: Case, item: Raised) -> tuple[str, int] | None:
    inside = [(path, line) for seen, line in item.frames if (path := case.tree.path_of(seen))]
    return inside[-1] if inside else None


async def _definitions(owner: str, names: Names) -> list[Definition]:
    """Return the one definition that an exception's name of a function means; none if several could be meant."""
    parts = [part for part in owner.split(".") if part != "<locals>"]
    last, holder = parts[-1], parts[-2] if len(parts) > 1 else ""
    found = []
    for path in names.modules.values():
        if last not in (await names.text(path) or "") and last != "__init__":
            continue
        source = await names.source(path)
        for node, inside, static in _functions(source.tree) if source else ():
            if node.name == last and (not holder or inside in ("", holder)) and (inside == holder or not holder):
                called = inside if last == "__init__" else last
                found.append(Definition(path, node, bool(inside) and not static, called))
    return found if len(found) == 1 else []


def _functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[Function, str, bool]]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in child.decorator_list)
            yield child, inside, static
            yield from _functions(child)
        else:
            yield from _functions(child, child.name if isinstance(child, ast.ClassDef) else inside)


async def _as_defined(definition: Definition, wrong: str, missing: list[str], names: Names) -> list[Rival]:
    """Return ways to fit every caller: a keyword renamed or dropped, an argument that it has under its name; or to
    fit a method to the one that it overrides, of which the callers know."""
    if wrong and (text := await with_parameter(definition.path, definition.node, wrong, names)):
        return [
            Rival(
                Proposal(f"let {definition.node.name} take {wrong}, as its base does", {definition.path: text}), 0.2
            )
        ]
    if wrong:
        free = [p for p in definition.parameters if p != wrong]
        ways = [(_alike(wrong, p, definition), f"pass {p} for {wrong}", p) for p in free]
        ways.append((1.2, f"pass {wrong} no more", ""))
        return await _edited(definition, names, [(c, w, _Renaming(wrong, p)) for c, w, p in ways])
    if missing:
        return await _edited(definition, names, [(0.4, f"pass {', '.join(missing)}", _Passing(missing))])
    obvious = await _edited(definition, names, [(0.1, "pass no argument that is not taken", _Dropping())])
    places = reversed(range(len(definition.positional) + 1))
    dropping = [(0.4 + 0.2 * n, f"pass no argument {at + 1}", _Dropping(at)) for n, at in enumerate(places)]
    return [*obvious, *await _edited(definition, names, dropping)]


def _alike(wrong: str, right: str, definition: Definition) -> float:
    """Return the doubt that a keyword now has another name: little if they are alike or it must be passed."""
    sole = 0.3 if definition.required == [right] or len(definition.parameters) == 1 else 0.6
    return min(sole + (right not in definition.required) * 0.2, 0.3 + 2 * (1 - likeness(wrong, right)))


class _Renaming:
    """Gives a keyword of a call another name; takes it out where there is none."""

    def __init__(self, wrong: str, right: str) -> None:
        self.wrong, self.right = wrong, right

    def splices(self, source: Source, call: ast.Call, definition: Definition) -> list[Splice]:
        """Return the edits of one call; nothing if it does not need any."""
        given = {keyword.arg for keyword in call.keywords}
        if self.wrong not in given or self.right in given:
            return []
        keyword = next(keyword for keyword in call.keywords if keyword.arg == self.wrong)
        start, end = source.span(keyword)
        if self.right:
            return [Splice(start, start + len(self.wrong), self.right)]
        return [_without(source, call, start, end)]


class _Passing:
    """Passes what a call misses, where the caller has it under the same name."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing

    def splices(self, source: Source, call: ast.Call, definition: Definition) -> list[Splice]:
        """Return the edits of one call; nothing if it does not need any, or has nothing to pass."""
        taken = definition.positional[: len(call.args)]
        given = {keyword.arg for keyword in call.keywords} | set(taken)
        if None in given or any(isinstance(argument, ast.Starred) for argument in call.args):
            return []
        wanted = [name for name in self.missing if name not in given]
        found = [(name, _known_as(source, call, name)) for name in wanted]
        if not wanted or not all(value for _, value in found):
            return []
        in_order = not call.keywords and definition.positional[len(taken) :][: len(wanted)] == wanted
        words = ", ".join(value if in_order else f"{name}={value}" for name, value in found)
        end = source.span(call)[1] - 1
        before = source.text[:end].rstrip()
        return [Splice(end, end, words if before.endswith(("(", ",")) else f", {words}")]


def _known_as(source: Source, call: ast.Call, name: str) -> str:
    """Return how the caller calls a value: a variable or parameter of its function, or an attribute of `self`."""
    around = [node for node, _, _ in _functions(source.tree) if _covers(node, call)]
    if not around:
        return ""
    inner = max(around, key=lambda node: node.lineno)
    bound = {part.arg for part in ast.walk(inner) if isinstance(part, ast.arg)}
    bound |= {part.id for part in ast.walk(inner) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    if name in bound:
        return name
    return f"self.{name}" if "self" in bound and f"self.{name}" in source.text else ""


def _covers(node: Function, call: ast.Call) -> bool:
    return node.lineno <= call.lineno <= (node.end_lineno or node.lineno)


class _Dropping:
    """Takes out the one argument of a call that is too many: at a place, or else the one that the call shows."""

    def __init__(self, place: int | None = None) -> None:
        self.place = place

    def splices(self, source: Source, call: ast.Call, definition: Definition) -> list[Splice]:
        """Return the edits of one call; nothing if it fits, or if it is open which argument is one too many."""
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        if len(call.args) != len(definition.positional) + 1 or call.keywords or starred:
            return []
        place = self.place if self.place is not None else _spare(source, call, definition)
        return [] if place is None else [_without(source, call, *source.span(call.args[place]))]


def _spare(source: Source, call: ast.Call, definition: Definition) -> int | None:
    """Return the place of the argument that stands there twice, or that alone has the name of no parameter."""
    words = [source.of(argument) for argument in call.args]
    twice = [at for at in range(1, len(words)) if words[at] == words[at - 1]]
    if len(twice) == 1:
        return twice[0]
    strange = [at for at, word in enumerate(words) if word not in definition.positional]
    return strange[0] if len(strange) == 1 else None


_Fitting = _Renaming | _Passing | _Dropping


def _without(source: Source, call: ast.Call, start: int, end: int) -> Splice:
    """Return the splice that takes out an argument with its comma."""
    rest = re.match(r"\s*,\s*", source.text[end : source.span(call)[1]])
    if rest:
        return Splice(start, end + rest.end(), "")
    before = re.search(r",\s*$", source.text[:start])
    return Splice(before.start() if before else start, end, "")


async def _edited(definition: Definition, names: Names, ways: Sequence[tuple[float, str, _Fitting]]) -> list[Rival]:
    """Return a change of every call in the repository for each way, if there is one to change."""
    name = definition.called
    rivals = []
    for cost, what, fitting in ways:
        texts = {}
        for path in names.modules.values():
            source = await names.source(path) if name in (await names.text(path) or "") else None
            calls = _calls(source, name) if source else []
            splices = [each for call in calls if source for each in fitting.splices(source, call, definition)]
            if source and splices and not _overlap(splices):
                texts[path] = spliced(source.text, splices)
        if texts:
            rivals.append(Rival(Proposal(f"{what} to {name} in {', '.join(texts)}", texts), cost))
    return rivals


def _overlap(splices: list[Splice]) -> bool:
    return any(one.end > other.start for one, other in pairwise(sorted(splices)))


def _calls(source: Source, name: str) -> list[ast.Call]:
    calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    return [call for call in calls if name in (getattr(call.func, "id", ""), getattr(call.func, "attr", ""))]


async def _as_tests_call(definition: Definition, wrong: str, names: Names) -> list[Rival]:
    """Return ways to give a function the parameter name that the tests use, where no caller uses the old one."""
    source = await names.source(definition.path)
    if not wrong or source is None:
        return []
    rivals = []
    for old in definition.parameters:
        uses = [part for part in ast.walk(definition.node) if isinstance(part, ast.Name) and part.id == old]
        named = [part for part in ast.walk(definition.node) if isinstance(part, ast.arg) and part.arg == old]
        spelt = [Splice(*source.span(use), wrong) for use in uses]
        spelt += [Splice(source.span(arg)[0], source.span(arg)[0] + len(old), wrong) for arg in named]
        texts = {definition.path: spliced(source.text, spelt)}
        cost = 0.3 + 2 * (1 - likeness(wrong, old))
        if len(named) == 1 and cost < 1.0:
            rivals.append(Rival(Proposal(f"call the parameter {old} of {definition.node.name} {wrong}", texts), cost))
    return rivals
