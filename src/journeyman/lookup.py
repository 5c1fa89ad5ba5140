"""Opens what only looks at code, without the rest of the house: that would take three times as long to import."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from journeyman.codebase import CodeMap, Explained, Filter, Gain, Hit, How, Impact, Like, Located, Report
from journeyman.codebase.attending import attended
from journeyman.codebase.index import CodeIndex
from journeyman.codebase.trees import Tree, Unreadable
from journeyman.config import EmbedderSettings, load
from journeyman.context import Pack
from journeyman.domain.attention import CodeContext
from journeyman.domain.changes import Told
from journeyman.domain.coverage import Recorded
from journeyman.domain.errors import BadSettings, Outage
from journeyman.git.differences import WorkTreeDifferences
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git

if TYPE_CHECKING:
    from journeyman.codebase.embedding import Embedder, KeptVectors
    from journeyman.context.suggesting import Suggestion
    from journeyman.domain.failing import Failing
    from journeyman.domain.intents import Asked, Intent

Returned = TypeVar("Returned")
Refine = Callable[[Path, str, "Intent", tuple[str, ...]], Awaitable["Asked"]]
"""Asks a model how it reads a task of a folder, given a program's reading and the places that are likely meant."""

WORKERS = 2

MOST_CHANGES = 20
"""Commits that are told of a place."""
LOCATED = 60
"""Files, and functions, that a pack for a task is chosen from."""
QUESTIONS = 60
"""Messages of past commits that an embedder is measured by."""
LIKELY = 10
"""Files, and functions, that a model is told of."""


class Lookup:
    """The index of a folder's code, open. Each question brings it up to date first; not for two threads at once."""

    def __init__(self, root: Path) -> None:
        config = load()
        self.root = root.resolve()
        git = Git(search_path=config.search_path)
        self._differences = WorkTreeDifferences(git)
        self._folder, self._trees = config.home / "index", WorkTrees(git)
        self._embedder = config.settings.embedder
        self._index = CodeIndex(self._folder, self._trees, self.root, WORKERS)

    def close(self) -> None:
        """Close the index's file."""
        self._index.close()

    async def index(self, *, thorough: bool = False) -> Report:
        """Bring the index up to date; `thorough` looks for damage first."""
        return await self._index.refresh(thorough=thorough)

    async def watch(self, tell: Callable[[Report | int], None]) -> None:
        """Keep up with the folder; `tell` hears the first report, then how many files have changed."""
        tell(await self.index(thorough=True))
        async for done in self._index.watch():
            tell(done)

    async def search(self, query: str, how: How, filter: Filter, limit: int, changed_since: str = "") -> list[Hit]:
        """Return what a query finds. `changed_since`: only in files changed since a revision."""
        await self._index.refresh()
        if changed_since:
            filter = replace(filter, changed=await self._index.changed_since(changed_since))
        return self._index.search(query, how, filter, limit)

    async def locate(self, text: str, limit: int, session: CodeContext | None = None) -> list[Located]:
        """Return the files and functions that an issue is likely about, best first."""
        await self._index.refresh()
        vectors = await self._vectors()
        if session is None and vectors is None:
            return await self._index.locate(text, limit)
        found = await self._index.locate(text, max(limit, LOCATED))
        if vectors is not None:
            found = await self._reordered(vectors, text, found)
        return attended(found, session)[: 2 * limit] if session else _most(found, limit)

    async def _vectors(self) -> KeptVectors | None:
        if self._embedder is None:
            return None
        return worthy_vectors(self._embedder, self._folder, await self._identity())

    async def _reordered(self, vectors: KeptVectors, text: str, found: list[Located]) -> list[Located]:
        from journeyman.codebase.embedding import reordered
        from journeyman.codebase.embedding_worth import texts_of

        try:
            return await reordered(vectors, text, found, texts_of(self._index.code()))
        except Outage as error:
            print(f"journeyman: located without the embedder: {error.line()}", file=sys.stderr)
            return found

    async def _identity(self) -> str:
        return await self._trees.identity(self.root) or str(self.root)

    async def measure_embedder(self, tell: Callable[[str], None]) -> Gain:
        """Measure on the past what the embedder of the settings is worth here, and use it from now on if it is."""
        from journeyman.codebase.embedding_worth import keep_gain, measure_embedder

        if self._embedder is None:
            raise BadSettings("no embedder is set", "name one in the settings: embedder: {url: …, model: …}")
        embedder, vectors = embedder_of(self._embedder, self._folder)
        gain = await measure_embedder(vectors, embedder.name, self._trees, self._trees, self.root, QUESTIONS, tell)
        keep_gain(self._folder, await self._identity(), gain)
        return gain

    async def pack(self, task: str, tokens: int, session: CodeContext | None = None) -> Pack:
        """Return what a model should see for a task, in at most so many tokens."""
        from journeyman.context.fitting import pack_code
        from journeyman.context.gathering import team_settings

        located, code = await self.locate(task, LOCATED, session), self._index.code()
        return pack_code(code, task, located, tokens, team_settings(code))

    async def map(self, *, picture: bool) -> CodeMap:
        """Return the whole graph, or what a picture of it can show."""
        await self._index.refresh()
        return self._index.map(picture=picture)

    async def intent(self, task: str, refine: Refine | None = None) -> Intent:
        """Return what a task asks for, what it names looked up. `refine` has a model read it after the program."""
        read, likely = await self.read(task)
        if refine is None:
            return read
        return await self.refined(task, read, await refine(self.root, task, read, likely))

    async def read(self, task: str) -> tuple[Intent, tuple[str, ...]]:
        """Return how a program reads a task, and the places that are likely meant."""
        from journeyman.context.intent import understand_intent

        await self._index.refresh()
        likely = tuple(each.place for each in await self._index.locate(task, LIKELY))
        return understand_intent(task, self._index.code()), likely

    async def refined(self, task: str, read: Intent, asked: Asked) -> Intent:
        """Return a program's reading with what a model makes of it."""
        from journeyman.context.intent import refined

        return refined(read, asked, task, self._index.code())

    async def suggest(
        self, revision: str, session: CodeContext | None = None, failing: Sequence[Failing] = ()
    ) -> list[Suggestion]:
        """Return what the work tree's change since a revision leaves unfinished; "" is the last commit. `failing` is
        what is known to fail, besides what pytest has noted in the tree."""
        from journeyman.codebase.impact.lines import Lines
        from journeyman.context.failing import NOTED, known_failing
        from journeyman.context.suggesting import Touched, suggest_next_steps

        await self._index.refresh()
        sides = await self._differences.sides(self.root, revision)
        change = [Lines(side) for side in sides if side.new is not None]
        touched = [Touched(each.path, frozenset(each.after), each.old or "") for each in change]
        code = self._index.code()
        known = known_failing(self.root, failing, _content(self.root, NOTED), [side.path for side in sides])
        found = suggest_next_steps(code, touched, known)
        if session is None:
            return found
        return sorted(found, key=lambda each: -each.confidence * session.worth(each.path, each.line, each.line))

    async def impact(
        self, revision: str = "", *, patch: bytes | None = None, staged: bool = False, share: float | None = None
    ) -> Impact:
        """Return what a change touches: a patch, else that from a revision or of a range, else the work tree's."""
        from journeyman.codebase.impact.patches import sides_of

        await self._index.refresh()
        if patch is None:
            sides = await self._differences.sides(self.root, revision, staged=staged)
        else:
            sides = sides_of(patch, lambda path: _content(self.root, path))
        with closing(await self._index.coverage()) as coverage:
            return (await self._index.assessing(coverage)).impact(sides, share)

    async def keep_recorded(self, recorded: Recorded) -> None:
        """Keep what the tests were seen to run."""
        await self._index.refresh()
        with closing(await self._index.coverage()) as coverage:
            coverage.keep(recorded)

    async def explain(self, asked: str, below: str = "") -> Explained:
        """Return what is known of `PATH`, `PATH:LINE`, `PATH:NAME` or a name; paths are named from `below`."""
        await self._index.refresh()
        return await self._index.explain(self._within(asked), below, self._told)

    def _within(self, asked: str) -> str:
        """Return a place as it is named from the root; a path from elsewhere stays as it is."""
        return asked.removeprefix(f"{self.root}/")

    async def _told(self, path: str, first: int, last: int) -> list[Told]:
        from journeyman.codebase.impact.lines import Lines

        dirty = [Lines(side) for side in await self._differences.sides_of(self.root, path)]
        if dirty and last:
            first, last = dirty[0].old_line(first), dirty[0].old_line(last)
        return await self._differences.told(self.root, path, first, last, MOST_CHANGES)

    async def related(self, asked: str, limit: int, below: str = "") -> list[Like]:
        """Return what is like `PATH`, `PATH:LINE`, `PATH:NAME` or a name, best first; paths as in `explain`."""
        await self._index.refresh()
        return await self._index.related(self._within(asked), below, limit)


def embedder_of(settings: EmbedderSettings, folder: Path) -> tuple[Embedder, KeptVectors]:
    """Return the embedder that the settings name, and the vectors that it has made. BadSettings."""
    from journeyman.codebase.embedders import HttpEmbedder, PackagedEmbedder
    from journeyman.codebase.embedding import KeptVectors

    embedder: Embedder
    if settings.package:
        embedder = PackagedEmbedder(settings.package)
    else:
        embedder = HttpEmbedder(settings.url, settings.model, settings.key)
    return embedder, KeptVectors(embedder, folder / "vectors.sqlite")


def worthy_vectors(settings: EmbedderSettings, folder: Path, repository: str) -> KeptVectors | None:
    """Return the embedder of the settings where it was measured to be worth something here. BadSettings."""
    from journeyman.codebase.embedding_worth import kept_gain

    embedder, vectors = embedder_of(settings, folder)
    gain = kept_gain(folder, repository, embedder.name)
    return vectors if gain is not None and gain.on else None


def _most(located: Sequence[Located], limit: int) -> list[Located]:
    """Return the first files and the first functions, as many of each."""
    left = {False: limit, True: limit}
    kept = []
    for each in located:
        left[bool(each.line)] -= 1
        if left[bool(each.line)] >= 0:
            kept.append(each)
    return kept


def looked(root: Path, work: Callable[[Lookup], Coroutine[Any, Any, Returned]]) -> Returned:
    """Do work with the index of a folder as it lies there. An interrupt ends it at once."""
    with interrupted_at_once(), closing(Lookup(root)) as lookup:
        return asyncio.run(work(lookup))


@contextmanager
def interrupted_at_once() -> Iterator[None]:
    """Have Ctrl-C heard where it comes: asyncio tells of it where the work waits next, which indexing never does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not heeded or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except BaseExceptionGroup as group:  # it came while several things were waited for, as in watching
        if group.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def looked_from_top(place: Path, work: Callable[[Lookup, str], Coroutine[Any, Any, Returned]]) -> Returned:
    """Do work with the index of the repository that a folder is in; the text is where the folder lies in it."""
    root = top_of(place)
    relative = os.path.relpath(place.resolve(), root)
    return looked(root, lambda code: work(code, "" if relative == "." else relative))


def top_of(place: Path) -> Path:
    """Return the folder of the repository that a place is in; the place itself if it is in none."""
    return asyncio.run(WorkTreeDifferences(Git(search_path=load().search_path)).top(place.resolve()))


def failing_in(text: bytes, name: str) -> list[Failing]:
    """Return what the object of `journeyman fix --json` says still fails. BadRequest if it is none."""
    from journeyman.context.failing import failing_in

    return failing_in(text, name)


def _content(root: Path, path: str) -> bytes | None:
    try:
        with Tree(root) as tree:
            return tree.read(os.fsencode(path))
    except (Unreadable, OSError):
        return None
