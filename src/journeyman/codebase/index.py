"""The index of the repositories of one home: brought up to date, searched, followed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from journeyman.codebase.contract import Code, Filter, Hit, How, Kind, Located, Report, Trees
from journeyman.codebase.database import IndexFile
from journeyman.codebase.graph import Graph
from journeyman.codebase.history import MOST_COMMITS, NO_PAST, Past, digest_past, keep_past, kept_past
from journeyman.codebase.indexing import touch, update
from journeyman.codebase.viewing import View
from journeyman.codebase.words import Terms
from journeyman.domain.errors import BadRequest

if TYPE_CHECKING:
    from journeyman.codebase.impact.assessing import Assessing
    from journeyman.codebase.impact.coverage import Coverage
    from journeyman.codebase.mapped import CodeMap
    from journeyman.codebase.understanding import Explained, Like
    from journeyman.domain.changes import Told

Returned = TypeVar("Returned")


class CodeIndex:
    """The index of one work tree. `folder` is where the files of all indexes lie."""

    def __init__(self, folder: Path, trees: Trees, root: Path, workers: int) -> None:
        self._folder = folder
        self._trees = trees
        self.root = root
        self._workers = workers
        self._file: IndexFile | None = None
        self._view: View | None = None
        self._past_of: tuple[str, Past] | None = None

    async def refresh(self, *, thorough: bool = False) -> Report:
        """Bring the index up to date with the work tree. `thorough` looks for damage in all of the file first."""
        if not self.root.is_dir():
            raise BadRequest("PATH", f"{self.root} is no folder", "name the folder of a repository")
        if _is_bare(self.root):
            raise BadRequest("PATH", f"{self.root} is a bare repository, without files", "name a clone of it")
        file = self._file = self._file or IndexFile(self._folder / f"{await self._name()}.sqlite")
        if thorough:
            file.check()
        report = update(file, self.root, await self._trees.paths(self.root), self._workers)
        file.rebuilt = ""
        if report.parsed or report.removed or report.changed or report.rebuilt:
            self._view = None
        return report

    def touch(self, paths: Iterable[str]) -> int:
        """Look at these files only, which changed, came or went since the last refresh; returns how many did."""
        assert self._file is not None, "refresh comes first"
        done = touch(self._file, self.root, [os.fsencode(path) for path in paths])
        if done:
            self._view = None
        return done

    def knows(self, paths: Iterable[str]) -> bool:
        """Tell whether all of these files were there at the last refresh."""
        return self._looked(lambda view: all(path in view.contents for path in paths))

    async def watch(self) -> AsyncIterator[int]:
        """Keep up with the folder: yield, whenever files have changed and been taken in, how many."""
        from watchfiles import awatch

        async for changes in awatch(self.root, watch_filter=None, step=20, debounce=200, recursive=True):
            relative = {os.path.relpath(path, self.root) for _, path in changes}
            paths = {path for path in relative if not path.startswith(".git/") and path != "."}
            if not paths:
                continue
            # What is new may be ignored by git: only git can tell.
            if self.knows(paths):
                done = self.touch(paths)
            else:
                report = await self.refresh()
                done = report.changed + report.removed
            if done:
                yield done

    def search(self, query: str, how: How = How.WORDS, filter: Filter | None = None, limit: int = 20) -> list[Hit]:
        """Return what a query finds, best first; what matches a text or an expression, by path and line."""
        from journeyman.codebase.searching import checked, find_pattern, find_symbols, find_words

        chosen = checked(filter or Filter())
        if how is How.SYMBOL:
            return self._looked(lambda view: find_symbols(view, query, chosen, limit))
        if how is How.WORDS:
            return self._looked(lambda view: find_words(view, query, chosen, limit))
        return self._looked(lambda view: find_pattern(view, self.root, query, how is How.TEXT, chosen, limit))

    async def changed_since(self, revision: str) -> frozenset[str]:
        """Return the paths that differ from a revision. BadRequest if there is no such revision."""
        return await self._trees.changed_since(self.root, revision)

    async def locate(self, text: str, limit: int = 50) -> list[Located]:
        """Return the files and functions that an issue is likely about, best first.

        The past is that of the commit the work tree stands at, and no newer one.
        """
        from journeyman.codebase.locating import locate

        past = await self._past()
        return self._looked(lambda view: locate(view, text, limit, past))

    async def _past(self) -> Past:
        file = self._file
        assert file is not None, "refresh comes first"
        head = await self._trees.head(self.root)
        if not head:
            return NO_PAST
        if self._past_of is None or self._past_of[0] != head:
            past = kept_past(file.connection, head)
            if past is None:
                past = digest_past(await self._trees.history(self.root, head, MOST_COMMITS), Terms())
                kept = past
                file.write(lambda connection: keep_past(connection, head, kept))
            self._past_of = head, past
        return self._past_of[1]

    def code(self) -> Code:
        """Return the files, symbols and edges as of the last refresh; texts are read from the work tree."""
        from journeyman.codebase.reading import ViewedCode, reader_of

        return self._looked(lambda view: ViewedCode(view, reader_of(self.root)))

    def graph(self) -> Graph:
        """Return who calls, imports, inherits and tests what, as of the last refresh."""
        return self._looked(Graph)

    def map(self, *, picture: bool = False) -> CodeMap:
        """Return all of the graph at once, as of the last refresh; for a `picture` what one can show."""
        from journeyman.codebase.mapping import PICTURE, WHOLE, code_map

        extent = PICTURE if picture else WHOLE
        return self._looked(lambda view: code_map(view, Graph(view), self.root.name, extent))

    async def assessing(self, coverage: Coverage) -> Assessing:
        """Return what judges changes, as of the last refresh, by the recorded coverage."""
        from journeyman.codebase.impact.assessing import Assessing

        past = await self._past()
        return self._looked(lambda view: Assessing(view, Graph(view), past, coverage))

    async def explain(
        self, asked: str, below: str, told: Callable[[str, int, int], Awaitable[list[Told]]]
    ) -> Explained:
        """Return what is known of `PATH`, `PATH:LINE`, `PATH:NAME` or a name; paths are named from a folder `below`.

        `told` gives the last changes of lines of a path; with a last line of 0, those of the whole file.
        """
        from journeyman.codebase.explaining import explain
        from journeyman.codebase.reading import reader_of
        from journeyman.codebase.targets import target

        symbol = self._looked(lambda view: target(view, asked, below))
        whole = symbol.kind is Kind.MODULE
        changes = await told(symbol.path, symbol.line, 0 if whole else symbol.end_line)
        with closing(await self.coverage()) as coverage:
            return self._looked(
                lambda view: explain(view, Graph(view), coverage, symbol, changes, reader_of(self.root))
            )

    async def related(self, asked: str, below: str, limit: int = 20) -> list[Like]:
        """Return what is like `PATH`, `PATH:LINE`, `PATH:NAME` or a name, best first."""
        from journeyman.codebase.related import related
        from journeyman.codebase.shapes import Shapes
        from journeyman.codebase.targets import target

        with closing(Shapes(self._folder / f"{await self._name()}.shapes.sqlite")) as shapes:
            return self._looked(lambda view: related(view, self.root, shapes, target(view, asked, below), limit))

    async def coverage(self) -> Coverage:
        """Return the coverage that was recorded of this repository. To be closed."""
        from journeyman.codebase.impact.coverage import Coverage

        return Coverage(self._folder / f"{await self._name()}.coverage.sqlite")

    def _looked(self, look: Callable[[View], Returned]) -> Returned:
        file = self._file
        assert file is not None, "refresh comes first"
        if self._view is None:
            self._view = View(file.connection, os.fsencode(self.root))
        return look(self._view)

    async def _name(self) -> str:
        """Return the name of the index's file: what clones share, remembered for each place, or else the place."""
        found = self.root.stat()
        place = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:32]
        note, mark = self._folder / "places" / place, f"{found.st_dev}:{found.st_ino}"
        with suppress(OSError, ValueError):
            noted, name = note.read_text().split()
            if noted == mark:
                return name
        identity = await self._trees.identity(self.root)
        if not identity:
            return place
        note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        note.write_text(f"{mark} {identity}")
        return identity

    def close(self) -> None:
        """Close the index's file."""
        if self._file is not None:
            self._file.close()


def _is_bare(root: Path) -> bool:
    """Tell whether a folder is what git keeps for itself: to index that would be of no use."""
    return (root / "HEAD").is_file() and (root / "objects").is_dir() and (root / "refs").is_dir()
