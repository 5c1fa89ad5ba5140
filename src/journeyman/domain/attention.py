"""What somebody is working on in an editor: it makes some code likelier to be meant than other."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

KEPT = timedelta(days=1)
"""How long it counts after it was last noted; then it is forgotten."""

MOST_OPEN, MOST_EDITS = 50, 50
FILE, EDITED, OPEN, AT_CURSOR = 0.2, 0.15, 0.08, 0.2
"""What is added to the worth of code that is looked at, was edited last, is open, is where the cursor is."""


class Spot(msgspec.Struct, frozen=True):
    """A line of a file, counted from 1; 0 where no line is known."""

    path: str
    line: int = 0


class CodeContext(msgspec.Struct, frozen=True):
    """A session in a work tree: the file and the cursor, the open files, the last edits, newest first.

    `root` is the top of the tree, which paths are named from. Lines and columns count from 1; 0 is unknown.
    """

    root: str
    session: str
    file: str = ""
    line: int = 0
    column: int = 0
    open_files: tuple[str, ...] = ()
    recent_edits: tuple[Spot, ...] = ()
    noted_at: datetime | None = None

    def worth(self, path: str, first: int = 0, last: int = 0) -> float:
        """Return what code is worth beside other code: 1 where the session tells nothing of it.

        `first` and `last` are its lines; 0 for a whole file.
        """
        worth = 1.0 + FILE * (path == self.file) + OPEN * (path in self.open_files)
        if path == self.file and first <= self.line <= last:
            worth += AT_CURSOR
        for age, edit in enumerate(self.recent_edits):
            if edit.path == path and (not first or not edit.line or first <= edit.line <= last):
                return worth + EDITED / (1 + 0.25 * age)
        return worth

    def seen_from(self, folder: str) -> CodeContext:
        """Return the same with paths named from a folder of the tree; "" is its top."""
        if not folder:
            return self

        def named(path: str) -> str:
            return path.removeprefix(f"{folder}/")

        return msgspec.structs.replace(
            self,
            file=named(self.file),
            open_files=tuple(map(named, self.open_files)),
            recent_edits=tuple(Spot(named(each.path), each.line) for each in self.recent_edits),
        )


def noted(before: CodeContext | None, new: CodeContext) -> CodeContext:
    """Return what is kept of a session: what is new, and of what was there what is not told anew."""
    old = before or CodeContext(new.root, new.session)
    moved = bool(new.file)
    return CodeContext(
        root=new.root,
        session=new.session,
        file=new.file or old.file,
        line=new.line if moved else old.line,
        column=new.column if moved else old.column,
        open_files=tuple(dict.fromkeys(new.open_files or old.open_files))[:MOST_OPEN],
        recent_edits=tuple(dict.fromkeys((*new.recent_edits, *old.recent_edits)))[:MOST_EDITS],
        noted_at=new.noted_at,
    )
