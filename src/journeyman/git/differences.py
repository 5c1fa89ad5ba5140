"""Reads changes out of a work tree that lies where a person keeps it. Nothing of it is run or changed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from journeyman.domain.changes import Side, Told
from journeyman.domain.errors import BadRequest, GitFailed
from journeyman.git.program import Git

MOST_FILES = 2000
"""Files of a change that are read."""

LARGEST = 20_000_000
"""Bytes of a file in the work tree beyond which it is taken for empty."""

_TRUSTED = ("-c", "safe.directory=*")
_FILTER = re.compile(r"^filter\.(.+)\.(?:clean|smudge|process|required)$")
_DIFF = ("diff", "--raw", "-z", "--abbrev=64", "--no-renames", "--relative", "--no-ext-diff", "--no-textconv")
_NOTHING = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree without files."""


class WorkTreeDifferences:
    """Tells what differs in work trees, and who changed some lines of them."""

    def __init__(self, git: Git) -> None:
        self._git = git

    async def top(self, place: Path) -> Path:
        """Return the folder of the work tree that a folder is in; the folder itself if it is in none."""
        if not place.is_dir():
            raise BadRequest("PATH", f"{place} is no folder", "name the folder of a repository")
        ran = await self._git.run(*_TRUSTED, "rev-parse", "--show-toplevel", cwd=place)
        return place if ran.exit_code else Path(os.fsdecode(ran.stdout.removesuffix(b"\n")))

    async def sides(self, root: Path, asked: str = "", *, staged: bool = False) -> list[Side]:
        """Return the files below a folder that differ, each as it was and as it is.

        Nothing asked: the work tree from HEAD, untracked files included; `staged`: what is to be committed. One
        revision: the work tree from that; `A..B`, `A...B`: between two. BadRequest for no revision, and for too much.
        """
        if not asked:
            head = await self._commit(root, "HEAD") or _NOTHING
            return await self._read(root, (head,), cached=staged)
        if staged:
            raise BadRequest("DIFF", "a range and --staged cannot go together", "name one of them")
        first, dots, last = asked.partition("...") if "..." in asked else asked.partition("..")
        commits = [await self._must_be(root, each or "HEAD", asked) for each in ((first, last) if dots else (first,))]
        if dots == "...":
            ran = await self._git.run(*_TRUSTED, "merge-base", *commits, cwd=root)
            if ran.exit_code:
                raise BadRequest("DIFF", f"{asked} have nothing in common", "name a range with two dots")
            commits[0] = ran.stdout.decode().strip()
        return await self._read(root, tuple(commits), cached=False)

    async def sides_of(self, root: Path, path: str) -> list[Side]:
        """Return one file of the work tree as HEAD has it and as it is; nothing if they are the same."""
        ran = await self._git.run(*_TRUSTED, "cat-file", "blob", f"HEAD:./{path}", cwd=root)
        side = Side(path, None if ran.exit_code else ran.stdout, _lying(root, path))
        return [side] if side.old is not None and side.old != side.new else []

    async def told(self, root: Path, path: str, first: int, last: int, most: int) -> list[Told]:
        """Return the last changes of some lines of a file as HEAD has it, newest first; none if git knows none.

        With a `last` line of 0, those of the whole file."""
        form = "--format=%x01%H%x00%an%x00%as%x00%s%x00%b%x02"
        lines = ("-L", f"{first},{last}:{path}")
        ran = await self._git.run(
            *_TRUSTED, "log", f"--max-count={most}", "--no-patch", "--no-ext-diff", "--no-textconv",
            form, *(lines if last else ()), "HEAD", *(() if last else ("--", path)), cwd=root, seconds=20.0,
        )  # fmt: skip
        if ran.exit_code:
            return []
        found = []
        for entry in ran.stdout.decode(errors="replace").split("\x01")[1:]:
            commit, author, date, subject, body = entry.partition("\x02")[0].split("\0", 4)
            found.append(Told(commit, author, date, subject, body.strip()))
        return found

    async def _commit(self, root: Path, revision: str) -> str:
        try:
            ran = await self._git.run(
                *_TRUSTED, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", cwd=root
            )
        except GitFailed:
            return ""
        return "" if ran.exit_code else ran.stdout.decode().strip()

    async def _must_be(self, root: Path, revision: str, asked: str) -> str:
        commit = await self._commit(root, revision)
        if not commit:
            raise BadRequest(
                "DIFF", f"{asked} is neither a file nor a revision here", "name a patch, -, a commit or a range"
            )
        return commit

    async def _read(self, root: Path, commits: tuple[str, ...], *, cached: bool) -> list[Side]:
        """Return what differs between two commits, or from one to the work tree or to what is staged."""
        changed = await self._raw(root, (*(("--cached",) if cached else ()), *commits))
        here = len(commits) == 1 and not cached
        if here:
            others = ("ls-files", "-z", "--others", "--exclude-standard")
            names = (await self._git.must(*_TRUSTED, *others, cwd=root)).split(b"\0")
            changed |= {os.fsdecode(name): ("", "") for name in names if name and not name.endswith(b"/")}
        if len(changed) > MOST_FILES:
            raise BadRequest("DIFF", f"{len(changed)} files differ: more than are looked at", "name a smaller range")
        blobs = await self._blobs(root, [blob for pair in changed.values() for blob in pair if blob])
        found = []
        for path, (old, new) in sorted(changed.items()):
            after = _lying(root, path) if here else blobs.get(new)
            if blobs.get(old) != after:
                found.append(Side(path, blobs.get(old), after))
        return found

    async def _raw(self, root: Path, words: tuple[str, ...]) -> dict[str, tuple[str, str]]:
        """Return the blobs of both sides of each path that differs; empty where there is none or it is not known."""
        ran = await self._git.run(*_TRUSTED, *await self._no_filters(root), *_DIFF, *words, "--", cwd=root)
        if ran.exit_code:
            raise BadRequest("PATH", f"git knows no changes in {root}", "name a folder of a repository, or a patch")
        found = {}
        parts = ran.stdout.split(b"\0")
        for head, name in zip(parts[::2], parts[1::2], strict=False):
            old_mode, new_mode, old, new, _ = head.decode().removeprefix(":").split(" ")
            if "160000" not in (old_mode, new_mode):
                found[os.fsdecode(name)] = (old.strip("0") and old, new.strip("0") and new)
        return found

    async def _no_filters(self, root: Path) -> list[str]:
        """Return the settings that switch a repository's filters off: they are programs of its own."""
        ran = await self._git.run(*_TRUSTED, "config", "--name-only", "--get-regexp", r"^filter\.", cwd=root)
        names = {
            found[1] for line in ran.stdout.decode(errors="replace").splitlines() if (found := _FILTER.match(line))
        }
        off = ("clean=", "smudge=", "process=", "required=false")
        return [word for name in sorted(names) for setting in off for word in ("-c", f"filter.{name}.{setting}")]

    async def _blobs(self, root: Path, wanted: list[str]) -> dict[str, bytes]:
        """Return the contents of blobs."""
        given = "".join(f"{blob}\n" for blob in dict.fromkeys(wanted)).encode()
        said = await self._git.must(*_TRUSTED, "cat-file", "--batch", cwd=root, stdin=given) if given else b""
        found = {}
        while said:
            head, _, said = said.partition(b"\n")
            words = head.decode().split(" ")
            if len(words) == 3:
                size = int(words[2])
                found[words[0]], said = said[:size], said[size + 1 :]
        return found


def _lying(root: Path, path: str) -> bytes | None:
    """Return a file of the work tree; None for what is no ordinary file."""
    try:
        handle = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as file:
        return file.read(LARGEST) if os.path.isfile(f"/proc/self/fd/{handle}") else None
