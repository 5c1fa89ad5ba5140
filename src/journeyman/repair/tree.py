"""The work tree as fixers see it: texts read once, writes, commands, and which files a command changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from journeyman.repair.contract import Shell

_LARGEST_HEREDOC = 60_000
"""Bytes of a list of paths in one command; an argument may have 128 KiB."""

_DIGEST_AND_MODE = """'sha1sum "$@"; stat -c "%A  %n" "$@"'"""


class SourceTree:
    """Reads through the shell and remembers texts until `forget` is called."""

    def __init__(self, shell: Shell, paths: Sequence[str]) -> None:
        self.shell = shell
        self.paths = tuple(paths)
        self._texts: dict[str, str | None] = {}

    def through(self, shell: Shell) -> SourceTree:
        """Return the same tree, reached through another shell; what one of them has read the other knows."""
        other = SourceTree(shell, self.paths)
        other._texts = self._texts
        return other

    async def text(self, path: str) -> str | None:
        """Return a file's text; None if absent or not text."""
        if path not in self._texts:
            self._texts[path] = await self.shell.read_text(path)
        return self._texts[path]

    async def write(self, path: str, text: str) -> None:
        """Write a whole file."""
        await self.shell.write_text(path, text)
        self._texts[path] = text

    def forget(self) -> None:
        """Forget all texts, because something else may have changed the files."""
        self._texts.clear()

    def path_of(self, seen: str) -> str | None:
        """Return the tree's path for one seen in output, which may be absolute or start with `./`."""
        cleaned = seen.removeprefix("./")
        if cleaned in self.paths:
            return cleaned
        fitting = [path for path in self.paths if cleaned.endswith("/" + path)]
        return max(fitting, key=len, default=None)

    async def drop_compiled(self, paths: Iterable[str]) -> None:
        """Remove compiled modules: two texts of one size written within one second share theirs."""
        places = [path.rpartition("/") for path in paths if path.endswith(".py")]
        stems = [f"{folder or '.'}/__pycache__/{name.removesuffix('.py')}" for folder, _, name in places]
        if stems:
            await self.shell.run("rm -f -- " + " ".join(f"{shlex.quote(stem)}.*" for stem in stems))

    async def digests(self, more: Sequence[str] = ()) -> dict[str, str]:
        """Return a digest of each file and its mode, to tell what a command changed; of `more` too if they exist."""
        found: dict[str, str] = {}
        for batch in _batches((*self.paths, *more)):
            listing = "\n".join(batch)
            _, output = await self.shell.run(
                f"xargs -d '\\n' sh -c {_DIGEST_AND_MODE} sh 2>/dev/null <<'END_OF_PATHS'\n{listing}\nEND_OF_PATHS"
            )
            for line in output.splitlines():
                digest, _, path = line.partition("  ")
                found[path] = found.get(path, "") + digest
        return found


def _batches(paths: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for path in paths:
        size += len(path.encode()) + 1
        if size > _LARGEST_HEREDOC:
            yield batch
            batch, size = [], len(path)
        batch.append(path)
    if batch:
        yield batch
