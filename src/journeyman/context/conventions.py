"""Finds out by counting how code is written in a repository: names, style, frameworks, the habits of its tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from journeyman.codebase import Code, Kind, Located, Symbol, is_aside, is_test
from journeyman.context.contract import Part, Piece
from journeyman.context.frameworks import FRAMEWORKS, SETTINGS, TEXTS

SAMPLE = 24
"""Files that are looked at, those most like the task first."""

CLEAR = 0.75
"""Share from which on something is the habit here, and not one of several."""

COUNTED = "counted in the files nearest to the task"

FEW = 3
"""Of fewer cases nothing is told."""

_SNAKE, _CAMEL, _PASCAL = (
    re.compile(r"_*[a-z0-9]+(?:_[a-z0-9]+)+_*"),
    re.compile(r"_*[a-z]+[a-z0-9]*(?:[A-Z][a-z0-9]*)+"),
    re.compile(r"_*(?:[A-Z][a-z0-9]+)+[A-Z]*"),
)
_STYLES = {"snake_case": _SNAKE, "camelCase": _CAMEL, "PascalCase": _PASCAL}
_INDENT = re.compile(r"^(\t+| {2,8})\S", re.MULTILINE)
_FUNCTIONS = (Kind.FUNCTION, Kind.METHOD)
_CLASSES = (Kind.CLASS, Kind.INTERFACE)
_DOC_STYLES = {
    "Google": re.compile(r"^\s*(?:Args|Returns|Raises|Yields):\s*$", re.MULTILINE),
    "NumPy": re.compile(r"^\s*(?:Parameters|Returns)\n\s*-{3,}", re.MULTILINE),
    "Sphinx fields (:param x:)": re.compile(r"^\s*:(?:param|returns?|raises)\b", re.MULTILINE),
    "Javadoc tags (@param)": re.compile(r"^\s*\*\s*@(?:param|returns?|throws)\b", re.MULTILINE),
}


def conventions(code: Code, located: Sequence[Located]) -> Iterator[Piece]:
    """Yield what is usual in the repository, a line for each thing that is clear enough to be told."""
    paths = code.paths()
    language = main_language(paths, located)
    ranked = [each.place for each in located if not each.line]
    own = [path for path in (*ranked, *paths) if paths.get(path) == language]
    sources = _first(path for path in own if not is_test(path) and not is_aside(path))
    tests = _first(path for path in own if is_test(path))
    lines = (
        _languages(paths),
        *_names(code, sources, language),
        *_style(code, sources, language),
        _set_by(paths),
        _frameworks(code, sources),
        *_tests(code, tests, paths, language),
    )
    for line in filter(None, lines):
        yield Piece(Part.CONVENTION, "", COUNTED, line)


def main_language(paths: dict[str, str], located: Sequence[Located] = ()) -> str:
    """Return the programming language of most files, the ranked ones counting most; "" if there is none."""
    counts = Counter(language for language in paths.values() if language and language not in TEXTS)
    ranked = (paths.get(each.place, "") for each in located[:20] if not each.line)
    nearest = Counter(language for language in ranked if language in counts)
    for each in (nearest, counts):
        if each:
            return max(each, key=lambda language: (each[language], counts[language], language))
    return ""


def _first(paths: Iterable[str]) -> list[str]:
    return [path for path, _ in zip(dict.fromkeys(paths), range(SAMPLE), strict=False)]


def _languages(paths: dict[str, str]) -> str:
    counts = Counter(language for language in paths.values() if language and language not in TEXTS)
    if not counts:
        return ""
    total = sum(counts.values())
    told = [f"{name} {round(100 * count / total)}%" for name, count in counts.most_common(4) if count * 50 >= total]
    return f"Languages, by files: {', '.join(told)}"


def _names(code: Code, sources: list[str], language: str) -> Iterator[str]:
    symbols = [symbol for path in sources for symbol in code.symbols(path)]
    found = []
    for what, kinds in (("functions", _FUNCTIONS), ("classes", _CLASSES)):
        usual = _usual(_style_of(symbol.name) for symbol in symbols if symbol.kind in kinds)
        if usual:
            found.append(f"{what} {usual}")
    if found:
        yield f"Names: {', '.join(found)}"
    private = [symbol for symbol in symbols if symbol.kind in _FUNCTIONS]
    marked = sum(1 for symbol in private if symbol.name.startswith("_") and not symbol.name.endswith("__"))
    if language == "python" and marked >= FEW and marked * 8 >= len(private):
        yield "Names of what is internal begin with an underscore"


def _style_of(name: str) -> str:
    return next((style for style, pattern in _STYLES.items() if pattern.fullmatch(name)), "")


def _usual(styles: Iterable[str]) -> str:
    counts = Counter(filter(None, styles))
    if sum(counts.values()) < FEW:
        return ""
    style, count = counts.most_common(1)[0]
    return style if count >= CLEAR * sum(counts.values()) else ""


def _style(code: Code, sources: list[str], language: str) -> Iterator[str]:
    texts = [code.text(path) for path in sources]
    told = [_indent(texts), _quotes(texts, language), _semicolons(texts, language), _longest_line(texts)]
    if any(told):
        yield f"Style: {', '.join(filter(None, told))}"
    functions = [symbol for path in sources for symbol in code.symbols(path) if symbol.kind in _FUNCTIONS]
    if len(functions) < FEW:
        return
    documented = _share(functions, lambda symbol: bool(symbol.doc))
    words = f"Documentation: {_amount(documented)} functions are documented"
    found = Counter({name: len(pattern.findall("\n".join(texts))) for name, pattern in _DOC_STYLES.items()})
    name, count = found.most_common(1)[0]
    yield f"{words}, in the style of {name}" if count >= FEW else words
    if language == "python":
        typed = _share(functions, lambda symbol: "->" in symbol.signature)
        yield f"Type annotations: {_amount(typed)} functions are annotated"


def _share(symbols: list[Symbol], true: Callable[[Symbol], bool]) -> float:
    return sum(1 for symbol in symbols if true(symbol)) / len(symbols)


def _amount(share: float) -> str:
    names = ((0.95, "all"), (0.6, "most"), (0.3, "many"), (0.05, "some"))
    return next((name for least, name in names if share >= least), "no")


def _indent(texts: list[str]) -> str:
    counts: Counter[str] = Counter()
    for text in texts:
        found = _INDENT.findall(text)
        if found:
            shortest = min(found, key=len)
            counts["tabs" if "\t" in shortest else f"{len(shortest)} spaces"] += 1
    return f"indented by {counts.most_common(1)[0][0]}" if counts else ""


def _quotes(texts: list[str], language: str) -> str:
    if language not in ("python", "javascript", "typescript", "tsx", "ruby", "php"):
        return ""
    double = sum(text.count('"') - 3 * text.count('"""') for text in texts)
    single = sum(text.count("'") - 3 * text.count("'''") for text in texts)
    if max(double, single) < 4 * FEW or max(double, single) < CLEAR * (double + single):
        return ""
    return f"{'double' if double > single else 'single'} quotes"


def _semicolons(texts: list[str], language: str) -> str:
    if language not in ("javascript", "typescript", "tsx"):
        return ""
    lines = [line.rstrip() for text in texts for line in text.split("\n") if line.strip()]
    ended = sum(1 for line in lines if line.endswith(";"))
    return "semicolons" if ended * 4 > len(lines) else "no semicolons"


def _longest_line(texts: list[str]) -> str:
    lengths = sorted(len(line) for text in texts for line in text.split("\n"))
    return f"lines of at most {lengths[int(len(lengths) * 0.995)]} characters" if len(lengths) > 100 else ""


def _set_by(paths: dict[str, str]) -> str:
    """Tell which programs the repository has settings of."""
    at_top = {path for path in paths if "/" not in path}
    found = [f"{tool} ({name})" for name, tool in SETTINGS.items() if name in at_top]
    return f"Set up at the top: {', '.join(found)}" if found else ""


def _frameworks(code: Code, sources: list[str]) -> str:
    counts: Counter[str] = Counter()
    for path in sources:
        counts.update({FRAMEWORKS[name] for name in _roots(code.modules(path)) if name in FRAMEWORKS})
    told = [name for name, _ in counts.most_common(6)]
    return f"Frameworks that are imported near the task: {', '.join(told)}" if told else ""


def _roots(modules: Iterable[str]) -> set[str]:
    """Return what may name a framework in the names of modules: the whole, its first word, its first two."""
    found: set[str] = set()
    for module in modules:
        parts = re.split(r"[./:]+", module)
        found |= {module, parts[0], "/".join(parts[:2]), ".".join(parts[:2]), "/".join(module.split("/")[:3])}
    return found


def _tests(code: Code, tests: list[str], paths: dict[str, str], language: str) -> Iterator[str]:
    if not tests:
        return
    every = [path for path in paths if is_test(path) and paths[path] == language]
    folders = Counter(path.split("/")[0] if "/" in path else "the top" for path in every)
    shapes = Counter(_shape(path) for path in every)
    place, shape = folders.most_common(1)[0], shapes.most_common(1)[0]
    yield f"Tests: {len(every)} file{'s' * (len(every) > 1)}, {place[1]} of them in {place[0]}, named like {shape[0]}"
    texts = "\n".join(code.text(path) for path in tests)
    used = {FRAMEWORKS[name] for path in tests for name in _roots(code.modules(path)) if name in FRAMEWORKS}
    habits = [name for name, pattern in _HABITS.items() if len(pattern.findall(texts)) >= FEW]
    if used or habits:
        yield f"Tests use {', '.join([*sorted(used), *habits])}"


def _shape(path: str) -> str:
    """Return how a test's file is named, such as `test_*.py`."""
    name = path.rpartition("/")[2]
    for ending in ("_test", "_spec", ".test", ".spec", "Tests", "Test", "Spec"):
        stem, dot, rest = name.rpartition(".")
        if stem.endswith(ending):
            return f"*{ending}{dot}{rest}"
    return f"test_*.{name.rpartition('.')[2]}" if name.startswith("test_") else "*." + name.rpartition(".")[2]


_HABITS = {
    "plain test functions": re.compile(r"^(?:async )?def test_", re.MULTILINE),
    "test methods in classes": re.compile(r"^[ \t]+(?:async )?def test_", re.MULTILINE),
    "bare asserts": re.compile(r"^\s+assert ", re.MULTILINE),
    "self.assert… methods": re.compile(r"self\.assert[A-Z]"),
    "parametrised cases": re.compile(r"parametrize|@ParameterizedTest|\.each\(|\[Theory\]"),
    "fixtures": re.compile(r"@pytest\.fixture|@fixture"),
    "table-driven cases": re.compile(r"for _, \w+ := range"),
    "mocks": re.compile(r"\bmock\.patch|\bMagicMock\(|\bjest\.mock\(|Mockito|\bmonkeypatch\b|\bvi\.mock\("),
    "describe/it blocks": re.compile(r"^\s*(?:describe|it)\(", re.MULTILINE),
}
