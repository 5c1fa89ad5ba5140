"""The code index of a run's work tree. All of it is imported when a run with a model first asks."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from journeyman.domain.errors import JourneymanError
from journeyman.git import Workspace
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git
from journeyman.steps import Shown

if TYPE_CHECKING:
    from journeyman.codebase import Code, Hit, Located
    from journeyman.codebase.index import CodeIndex
    from journeyman.config import EmbedderSettings

Known = TypeVar("Known")

LOCATED = 60
HITS = 12
WORKERS = 2


class IndexedCode:
    """Fits `Knowing` with the index files of a home: one for each repository that runs are made for."""

    def __init__(self, folder: Path, search_path: str, embedder: EmbedderSettings | None) -> None:
        self._folder = folder
        self._search_path = search_path
        self._embedder = embedder

    async def shown(
        self, workspace: Workspace, repository: str, task: str, tokens: int, without_secrets: Callable[[str], str]
    ) -> Shown:
        """Return what a model should see of the code for a task, in at most so many tokens."""
        from journeyman.context.fitting import pack_code

        first = await self._first_commit(workspace)

        async def work(index: CodeIndex) -> Shown:
            located, doubt = await index.locate(task, LOCATED), ""
            try:
                located = await self._reordered(first, task, located, index.code(), without_secrets)
            except JourneymanError as error:
                doubt = f"located without the embedder: {error.line()}"
            return Shown(_printable(pack_code(index.code(), task, located, tokens).text), doubt)

        return await self._with_index(workspace, repository, work, Shown())

    async def _first_commit(self, workspace: Workspace) -> str:
        """Return what an embedder's worth is kept by, where there is one."""
        try:
            return await workspace.origin() if self._embedder else ""
        except JourneymanError:
            return ""

    async def _reordered(
        self, first: str, task: str, located: list[Located], code: Code, without_secrets: Callable[[str], str]
    ) -> list[Located]:
        """Return what is located, put in order by the embedder where it was measured to be worth it."""
        if self._embedder is None:
            return located
        from journeyman.codebase.embedding import reordered
        from journeyman.codebase.embedding_worth import texts_of
        from journeyman.lookup import worthy_vectors

        vectors = worthy_vectors(self._embedder, self._folder, first)
        if vectors is None:
            return located
        text_of = texts_of(code)
        return await reordered(vectors, without_secrets(task), located, lambda each: without_secrets(text_of(each)))

    async def search(self, workspace: Workspace, repository: str, query: str) -> str:
        """Return the definitions of a name, or the functions that words tell most of, one a line."""
        from journeyman.codebase import How

        async def work(index: CodeIndex) -> str:
            if query.strip().replace(".", "").isidentifier():
                return _lines(hit for hit in index.search(query, How.SYMBOL, None, HITS) if hit.score >= 3)
            return _lines(index.search(query, How.WORDS, None, HITS))

        return await self._with_index(workspace, repository, work, "")

    async def _with_index(
        self, workspace: Workspace, repository: str, work: Callable[[CodeIndex], Awaitable[Known]], nothing: Known
    ) -> Known:
        """Do work with an index that is up to date, beside the other runs of this process."""
        try:
            paths = await workspace.files(await workspace.snapshot())
            trees = _RunTree([os.fsencode(path) for path in paths], workspace, repository, self._search_path)
            return await asyncio.to_thread(self._worked, trees, workspace.tree, work)
        except (JourneymanError, OSError, sqlite3.Error):
            return nothing

    def _worked(self, trees: _RunTree, root: Path, work: Callable[[CodeIndex], Awaitable[Known]]) -> Known:
        from journeyman.codebase.index import CodeIndex

        async def run() -> Known:
            with closing(CodeIndex(self._folder, trees, root.resolve(), WORKERS)) as index:
                await index.refresh()
                return await work(index)

        return asyncio.run(run())


class _RunTree:
    """Fits `Trees` with a run's workspace, whose git directory lies beside its tree."""

    def __init__(self, paths: list[bytes], workspace: Workspace, repository: str, search_path: str) -> None:
        self._paths = paths
        self._workspace = workspace
        self._repository = repository
        self._search_path = search_path

    async def paths(self, root: Path) -> list[bytes] | None:
        """Return the files of the snapshot."""
        return self._paths

    async def identity(self, root: Path) -> str:
        """Return the same for all runs on a repository."""
        return hashlib.sha256(self._repository.encode(errors="replace")).hexdigest()[:40]

    async def head(self, root: Path) -> str:
        """Return the commit that the run began at."""
        return self._workspace.base.commit

    async def history(self, root: Path, commit: str, most: int) -> list[tuple[str, tuple[str, ...]]]:
        """Return the messages of a commit and those before it, newest first, and the paths of each."""
        git_dir = self._workspace.tree.parent / "git"
        return await WorkTrees(Git(search_path=self._search_path)).history(git_dir, commit, most)

    async def changed_since(self, root: Path, revision: str) -> frozenset[str]:
        """Return nothing: nobody asks a run's tree."""
        return frozenset()


def _lines(hits: Iterable[Hit]) -> str:
    return _printable(
        "\n".join(f"{hit.path}:{hit.line}: {hit.text.strip()}  [{hit.kind} {hit.symbol}]" for hit in hits)
    )


def _printable(text: str) -> str:
    """Return a text without what no database and no request takes: names of files may be any bytes."""
    return text.encode(errors="replace").decode()
