"""Learns from the code as it stands: what much of the program rests on, and how tests are shaped here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from journeyman.codebase.contract import Code, Kind, Symbol
from journeyman.codebase.paths import is_aside, is_test
from journeyman.codebase.words import WORD
from journeyman.domain.patterns import Pattern, PatternType, Source

MOST_SYMBOLS = 200
MOST_SHAPES = 12
LONGEST = 30
"""Lines of a symbol that are kept."""

LEAST_FILES = 3
"""What fewer other files mention is nothing to build on."""

LEAST_TESTS = 3
_TYPES = {
    Kind.FUNCTION: PatternType.FUNCTION,
    Kind.METHOD: PatternType.FUNCTION,
    Kind.CLASS: PatternType.CLASS,
    Kind.INTERFACE: PatternType.CLASS,
    Kind.TYPE: PatternType.CLASS,
}

_FUNCTIONS = (Kind.FUNCTION, Kind.METHOD, Kind.TEST)


def learn_code(project: str, code: Code) -> list[Pattern]:
    """Return what is worth reusing of a work tree, and one test for each way in which tests are written."""
    paths = code.paths()
    program = [path for path, language in paths.items() if language and not is_test(path) and not is_aside(path)]
    texts = {path: code.text(path) for path in program}
    found = sorted(_used(code, program, texts), key=lambda each: (-each[0], each[1].place))[:MOST_SYMBOLS]
    patterns = [_symbol(project, code, symbol, files) for files, symbol in found]
    return [*patterns, *_shapes(project, code, [path for path in paths if is_test(path)])]


def _used(code: Code, program: list[str], texts: dict[str, str]) -> Iterator[tuple[int, Symbol]]:
    """Yield the public functions and classes whose name is theirs alone and that other files mention."""
    mentions: Counter[str] = Counter(word for text in texts.values() for word in set(WORD.findall(text)))
    defined: dict[str, list[Symbol]] = defaultdict(list)
    for path in program:
        symbols = code.symbols(path)
        functions = {each.qualified for each in symbols if each.kind in _FUNCTIONS}
        for symbol in symbols:
            local = symbol.qualified.rpartition(".")[0] in functions
            if symbol.kind in _TYPES and len(symbol.name) > 3 and not symbol.name.startswith("_") and not local:
                defined[symbol.name].append(symbol)
    for name, symbols in defined.items():
        others = mentions[name] - 1
        if len(symbols) == 1 and others >= LEAST_FILES:
            yield others, symbols[0]


def _symbol(project: str, code: Code, symbol: Symbol, files: int) -> Pattern:
    return Pattern(
        type=_TYPES[symbol.kind],
        name=symbol.qualified,
        project=project,
        source=Source.CODE,
        snippet=_lines(code, symbol),
        language=symbol.language,
        signature=symbol.signature[:300],
        file=symbol.path,
        tags=(symbol.kind.value, f"mentioned in {files} files"),
        dependencies=tuple(dict.fromkeys(edge.target.place for edge in code.callees(symbol)))[:8],
        words=symbol.doc[:500],
        complexity=symbol.complexity,
        confidence=round(files / (files + 2), 3),
    )


def _lines(code: Code, symbol: Symbol) -> str:
    lines = code.text(symbol.path).splitlines()[symbol.line - 1 : symbol.end_line]
    cut = [line[:200] for line in lines[:LONGEST]]
    return "\n".join([*cut, f"… {len(lines) - LONGEST} more lines"] if len(lines) > LONGEST else cut)


def _shapes(project: str, code: Code, tests: Iterable[str]) -> Iterator[Pattern]:
    """Yield a usual test of each folder: the one whose length is in the middle."""
    groups: dict[tuple[str, str], list[Symbol]] = defaultdict(list)
    for path in tests:
        for symbol in code.symbols(path):
            if symbol.kind is Kind.TEST:
                groups[path.rpartition("/")[0], symbol.language].append(symbol)
    largest = sorted(groups.items(), key=lambda each: (-len(each[1]), each[0]))[:MOST_SHAPES]
    for (folder, language), symbols in largest:
        if len(symbols) < LEAST_TESTS:
            continue
        by_length = sorted(symbols, key=lambda symbol: (symbol.end_line - symbol.line, symbol.place))
        usual = by_length[len(by_length) // 2]
        yield Pattern(
            type=PatternType.TEST_SHAPE,
            name=f"a test in {folder or 'the top folder'}",
            project=project,
            source=Source.CODE,
            snippet=_lines(code, usual),
            language=language,
            signature=usual.signature[:300],
            file=folder,
            tags=("test", f"{len(symbols)} tests", f"from {usual.place}"),
            complexity=usual.complexity,
            confidence=round(len(symbols) / (len(symbols) + 2), 3),
        )
