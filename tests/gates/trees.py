"""Trees and changes from plain dictionaries, for the tests of the gates."""

from __future__ import annotations

from journeyman.domain.changes import Change, ChangedFile, ChangeKind
from journeyman.gates import Tree

Files = dict[str, str]


def tree(files: Files) -> Tree:
    """Return a tree of these files."""

    async def read(path: str) -> str | None:
        return files.get(path)

    return Tree(paths=tuple(files), read=read)


def change(before: Files, after: Files, diff: str = "") -> Change:
    """Return the change between two sets of files, by path alone."""
    files = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        kind = ChangeKind.MODIFIED if path in before else ChangeKind.ADDED
        kind = kind if path in after else ChangeKind.DELETED
        files.append(ChangedFile(path=path, kind=kind, size=len(after.get(path, "").encode())))
    return Change(files=tuple(files), diff=diff)
