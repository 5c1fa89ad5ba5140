"""Which files an import leads to: by the path where it names a file, by its words where it names a module."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from journeyman.codebase.languages import family_of, language_of
from journeyman.codebase.parsing import SEPARATORS, Import
from journeyman.codebase.viewing import ENTRANCES, View

NAMED = 0.95
"""How sure a name is that is imported from the file that defines it."""

_BY_FILE = frozenset({"c", "ecmascript", "ruby", "php", "bash", "css", "html"})
"""Families whose imports name files."""
_OF_ANY_LANGUAGE = frozenset({"ecmascript", "css", "html"})
"""Families whose imports name files in other languages too."""
_BY_END = frozenset({"php", "jvm"})
"""Families whose modules may begin with words that no folder has."""
_HEADERS = (".h", ".hh", ".hpp", ".hxx")


class Imports:
    """The imports of a view's files. An import leads to files of the importing one's family of languages only."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._module = lru_cache(20_000)(self._found_module)

    def targets(self, content: int, each: Import) -> Iterator[tuple[int, float]]:
        """Yield the contents that an import leads to, and how sure that is."""
        folder = self._view.paths[content][0].rpartition("/")[0]
        family = family_of(self._view.languages.get(content, ""))
        if each.imported and each.imported != "*":
            joint = "" if each.module.endswith((".", "/")) else "."
            whole = f"{each.module}{joint}{each.imported}"
            yield from ((target, NAMED) for target in self._module(folder, whole, True, family))
        yield from ((target, NAMED) for target in self._module(folder, each.module, False, family))

    @cached_property
    def _by_stem(self) -> dict[str, list[tuple[list[str], int]]]:
        """The contents by the last word that an import may name them with, with the words of their path."""
        found: dict[str, list[tuple[list[str], int]]] = {}
        for path, content in self._view.contents.items():
            if self._view.languages.get(content):
                words = _words_of(path)
                found.setdefault(words[-1], []).append((words, content))
                if path.endswith(".go") and len(words) > 1:
                    found.setdefault(words[-2], []).append((words[:-1], content))
        return found

    def _found_module(self, folder: str, module: str, whole: bool, family: str) -> tuple[int, ...]:
        """Return the contents that a module's name means in a folder. `whole`: all its words must be in the path."""
        if family in _BY_FILE and not whole and language_of(module):
            found = self._file(folder, module, family)
            if found or family != "ecmascript":
                return found
            module = module.rpartition(".")[0]
        words = [word for word in SEPARATORS.split(module) if word]
        parts = folder.split("/") if folder else []
        if family == "rust" and words and words[0] in ("crate", "super", "self"):
            return self._in_crate(parts, words, whole)
        if module.startswith(("./", "../")):
            return self._at([*parts[: len(parts) - module.count("../")], *words], family)
        if ups := len(module) - len(module.lstrip(".")):
            return self._at([*parts[: len(parts) - ups + 1], *words], family)
        ends = [words] if whole or family in _BY_FILE else [words, words[:-1]]
        ends += [words[start:] for start in range(1, len(words) - 1)] if family in _BY_END else []
        return next(filter(None, (self._ending_in(wanted, family) for wanted in ends if wanted)), ())

    def _ending_in(self, wanted: list[str], family: str) -> tuple[int, ...]:
        """Return the contents whose paths end in words, those of the shortest paths."""
        end, last = len(wanted), wanted[-1]
        plain = str.lower if family in _BY_END else str
        wanted = [plain(word) for word in wanted]
        matching = [
            (words, content)
            for given, content in self._of(last, family)
            if (words := [plain(word) for word in given])[-end:] == wanted
            or (len(words) < end and wanted[-len(words) :] == words)
        ]
        shortest = min((len(words) for words, _ in matching), default=0)
        return tuple(content for words, content in matching if len(words) == shortest)

    def _at(self, wanted: list[str], family: str) -> tuple[int, ...]:
        """Return the contents whose paths are words."""
        for each in (wanted, _standing_for(wanted)) if wanted else ():
            found = tuple(content for words, content in self._of(each[-1], family) if words == each)
            if found:
                return found
        return ()

    def _of(self, stem: str, family: str) -> Iterable[tuple[list[str], int]]:
        for words, content in self._by_stem.get(stem, ()):
            if family in ("html", family_of(self._view.languages[content])):
                yield words, content

    def _in_crate(self, parts: list[str], words: list[str], whole: bool) -> tuple[int, ...]:
        """Return the contents that a path of Rust means: from the root of the crate, or from the folder."""
        ups = words.count("super")
        below = [word for word in words if word not in ("crate", "super", "self")]
        if words[0] == "crate":
            home = parts[: parts.index("src") + 1] if "src" in parts else parts
        else:
            home = parts[: len(parts) - max(0, ups - 1)]
        ends = [below] if whole else [below, below[:-1]]
        return next(filter(None, (self._at([*home, *end], "rust") for end in ends)), ())

    def _file(self, folder: str, name: str, family: str) -> tuple[int, ...]:
        """Return the file that a path means, seen from a folder; else the nearest of those whose paths end so.

        What a header declares is mostly defined beside it, in the file of its name.
        """
        path = posixpath.normpath(posixpath.join(folder, name))
        paths = [path] if path in self._view.contents else self._ending_so(folder, name, family)
        paths = [each for each in paths if family in _OF_ANY_LANGUAGE or family_of(language_of(each)) == family]
        found = dict.fromkeys(self._view.contents[each] for each in paths)
        for each in paths:
            if each.endswith(_HEADERS):
                found |= dict.fromkeys(self._at(_words_of(each), family))
        return tuple(found)

    def _ending_so(self, folder: str, name: str, family: str) -> list[str]:
        parts = [part for part in name.split("/") if part not in ("", ".", "..") and not part.startswith("$")]
        if family == "ecmascript" or not parts:
            return []
        end = "/" + "/".join(parts)
        ending = [path for path, _ in self._view.by_file_name.get(parts[-1], ()) if f"/{path}".endswith(end)]
        shared = {path: len(posixpath.commonprefix([folder.split("/"), path.split("/")[:-1]])) for path in ending}
        return [path for path in ending if shared[path] == max(shared.values())]


def _words_of(path: str) -> list[str]:
    """Return the words that an import may name a file with: its folders and its name, or what it stands for."""
    return _standing_for((path.rpartition(".")[0] if "." in path.rpartition("/")[2] else path).split("/"))


def _standing_for(words: list[str]) -> list[str]:
    return words[:-1] if len(words) > 1 and words[-1] in ENTRANCES else words
