"""What the compiler of Go says of imports and names: unused, missing, misspelt. Go has no other way to say them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from shlex import quote

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.names import close_to, likeness
from journeyman.repair.protected import is_test_file

_PLACE = r"^(?:vet: |#\s)?(?P<path>[^\s:]+\.go):(?P<line>\d+):(?:\d+:?)? "
_UNUSED = re.compile(
    _PLACE + r"(?:imported and not used: )?\"(?P<package>[\w./-]+)\"(?: imported (?:and|but) not used.*)?$", re.M
)
_UNDEFINED = re.compile(_PLACE + r"(?:undefined|undeclared name): (?P<name>\w+)(?:\.(?P<inner>\w+))?", re.M)
_NOT_OF_PACKAGE = re.compile(_PLACE + r"(?P<inner>\w+) not declared by package (?P<name>\w+)", re.M)
_SECONDS = 20.0
_MEANT = 0.74
_BLOCK = re.compile(r"^import \(\n(?P<lines>(?:.*\n)*?)\)", re.M)
_SINGLE = re.compile(r'^import (?:[\w.]+ )?"[^"]+"\n', re.M)
_IDENTIFIER = re.compile(r"(?<![\w.])[A-Za-z_]\w{2,}")


class GoNames:
    """Takes out imports of Go that nothing uses, imports packages of its library, spells names as they are there."""

    name = "names of Go"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        if not any(path.endswith(".go") for path in case.tree.paths):
            return
        texts: dict[str, str] = {}
        missing = [found for found in _missing(case) if not found[3]]
        library = await _library(case) if missing else {}
        for path, _, name, _ in missing:
            if homes := library.get(name):
                texts[path] = with_import(texts.get(path, await case.tree.text(path) or ""), homes[0])
        for path, package in dict.fromkeys(_unused(case)):
            if any(likeness(package.rpartition("/")[2], found[2]) >= _MEANT for found in _missing(case)):
                continue  # it is used, by a name that is misspelt
            texts[path] = without_import(texts.get(path, await case.tree.text(path) or ""), package)
        if texts:
            yield Proposal(f"imports of {', '.join(texts)}", texts, commands=(f"gofmt -w {_quoted(texts)}",))
        for path, line, name, inner in dict.fromkeys(_missing(case)):
            if inner or name not in library:
                for chosen in await standing_out(case, await _spellings(case, path, line, name, inner)):
                    yield chosen


def _quoted(paths: dict[str, str]) -> str:
    return " ".join(map(quote, paths))


def _unused(case: Case) -> Iterator[tuple[str, str]]:
    for found in _UNUSED.finditer(case.words()):
        path = case.tree.path_of(found["path"])
        if path and "not used" in found[0] and not is_test_file(path):
            yield path, found["package"]


def _missing(case: Case) -> Iterator[tuple[str, int, str, str]]:
    """Yield (path, line, name, name inside a package) of what is not there, tests left out."""
    for pattern in (_NOT_OF_PACKAGE, _UNDEFINED):
        for found in pattern.finditer(case.words()):
            path = case.tree.path_of(found["path"])
            if path and not is_test_file(path):
                yield path, int(found["line"]), found["name"], found["inner"] or ""


async def _library(case: Case) -> dict[str, list[str]]:
    """Return the packages of Go's library by the names that code calls them, the least deep first."""
    code, output = await case.tree.shell.run("go list std 2>/dev/null", _SECONDS)
    found: dict[str, list[str]] = {}
    for package in output.split() if code == 0 else ():
        if not package.startswith("vendor/") and "internal" not in package:
            found.setdefault(package.rpartition("/")[2], []).append(package)
    return {name: sorted(homes, key=lambda home: home.count("/")) for name, homes in found.items()}


def without_import(text: str, package: str) -> str:
    """Return a text of Go that does not import a package."""
    line = rf'[ \t]*(?:[\w.]+[ \t]+)?"{re.escape(package)}"[ \t]*(?://.*)?\n'
    shorter = re.sub(rf"^import {line.lstrip()}", "", text, count=1, flags=re.M)
    if shorter != text:
        return re.sub(r"\n{3,}", "\n\n", shorter)
    block = _BLOCK.search(text)
    if block is None:
        return text
    left = re.sub(rf"^{line}", "", block["lines"], count=1, flags=re.M)
    whole = f"import (\n{left})" if left.strip() else ""
    return re.sub(r"\n{3,}", "\n\n", text[: block.start()] + whole + text[block.end() :])


def with_import(text: str, package: str) -> str:
    """Return a text of Go that imports a package; formatting puts it in its place."""
    if f'"{package}"' in text:
        return text
    if block := _BLOCK.search(text):
        at = block.start("lines")
        return f'{text[:at]}\t"{package}"\n{text[at:]}'
    if single := _SINGLE.search(text):
        only = single[0].removeprefix("import ").strip()
        return f'{text[: single.start()]}import (\n\t{only}\n\t"{package}"\n)\n{text[single.end() :]}'
    return re.sub(r"^(package \w+.*\n)", rf'\1\nimport "{package}"\n', text, count=1, flags=re.M)


async def _spellings(case: Case, path: str, line: int, name: str, inner: str) -> list[Rival]:
    """Return ways to spell a name on a line: as its package offers it, or as the files beside it have it."""
    text = await case.tree.text(path) or ""
    wrong = inner or name
    offered = await _offered(case, text, name) if inner else await _beside(case, path)
    lines, rivals = text.split("\n"), []
    for right in close_to(wrong, offered) if line <= len(lines) else ():
        changed = re.sub(rf"(?<!\w){wrong}(?!\w)", right, lines[line - 1])
        after = "\n".join([*lines[: line - 1], changed, *lines[line:]])
        proposal = Proposal(f"spell {wrong} as {right} in {path}:{line}", {path: after})
        rivals.append(Rival(proposal, 0.3 + 2 * (1 - likeness(wrong, right))))
    return sorted(rivals, key=lambda rival: rival.cost)


async def _offered(case: Case, text: str, name: str) -> set[str]:
    """Return what a package that a file imports offers."""
    found = re.search(rf'^(?:import )?\s*(?:{name} )?"([\w./-]*\b{name})"', text, re.M)
    _, said = await case.tree.shell.run(f"go doc -short {quote(found[1] if found else name)} 2>/dev/null", _SECONDS)
    return set(re.findall(r"\b[A-Z]\w+", said))


async def _beside(case: Case, path: str) -> set[str]:
    """Return the names in the files of a package, tests left out."""
    folder = path.rpartition("/")[0]
    files = [
        p for p in case.tree.paths if p.endswith(".go") and p.rpartition("/")[0] == folder and not is_test_file(p)
    ]
    return {word for file in files for word in _IDENTIFIER.findall(await case.tree.text(file) or "")}
