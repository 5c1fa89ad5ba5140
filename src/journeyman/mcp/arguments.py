"""What may be asked of each tool. The schemas that clients see are made of these types."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

LONGEST = 60_000
"""Characters of a task or an issue."""

Name = Annotated[str, Meta(max_length=4096)]
Most = Annotated[int, Meta(ge=1, le=200, description="At most so many.")]
Task = Annotated[str, Meta(min_length=1, max_length=LONGEST, description="A task or an issue, in words.")]
Place = Annotated[
    str, Meta(min_length=1, max_length=4096, description="PATH, PATH:LINE, PATH:NAME, or the name of a symbol alone.")
]
Revision = Annotated[
    str, Meta(max_length=1000, description="A revision or a range of git; by default the last commit.")
]
Types = Annotated[
    tuple[Literal["function", "class", "idiom", "fix", "test_shape", "command", "lesson"], ...],
    Meta(max_length=7, description="Only patterns of these types."),
]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every tool takes."""

    repo: Annotated[
        Name, Meta(description="The folder to ask about, in what was opened; the first one by default.")
    ] = ""


Session = Annotated[
    str,
    Meta(
        min_length=1, max_length=200, description="Whose note_context counts; one name for an editor and its agents."
    ),
]


class Search(Asked, frozen=True, kw_only=True):
    """`search`."""

    query: Annotated[str, Meta(min_length=1, max_length=4000, description="What to look for.")]
    how: Annotated[
        Literal["words", "symbol", "text", "regex"],
        Meta(description="words: what functions are about; symbol: a name; text: as it stands; regex: of Python."),
    ] = "words"
    language: Annotated[Name, Meta(description="Only files in this language.")] = ""
    path: Annotated[Name, Meta(description="Only paths like this: a folder, or a pattern with *.")] = ""
    kind: Annotated[Name, Meta(description="Only in symbols of this kind, such as class or test.")] = ""
    changed_since: Annotated[Name, Meta(description="Only files changed since this revision.")] = ""
    limit: Most = 20


class Locate(Asked, frozen=True, kw_only=True):
    """`locate`."""

    query: Task
    limit: Most = 15
    session: Session = "default"


class Context(Asked, frozen=True, kw_only=True):
    """`context`."""

    task: Task
    tokens: Annotated[int, Meta(ge=200, le=12_000, description="The budget, which is never passed.")] = 6000
    session: Session = "default"


class Intent(Asked, frozen=True, kw_only=True):
    """`intent`."""

    task: Task


class At(Asked, frozen=True, kw_only=True):
    """`explain`."""

    place: Place


class Related(Asked, frozen=True, kw_only=True):
    """`related`."""

    place: Place
    limit: Most = 10


class Impact(Asked, frozen=True, kw_only=True):
    """`impact`."""

    revision: Revision = ""
    patch: Annotated[str, Meta(max_length=2_000_000, description="A unified diff to judge instead.")] = ""
    staged: Annotated[bool, Meta(description="What is to be committed.")] = False


class Suggest(Asked, frozen=True, kw_only=True):
    """`suggest`."""

    revision: Revision = ""
    session: Session = "default"


class NoteContext(Asked, frozen=True, kw_only=True):
    """`note_context`."""

    file: Annotated[Name, Meta(description="The file that is looked at; with it line and column are told anew.")] = ""
    line: Annotated[int, Meta(ge=0, le=100_000_000, description="Where the cursor is, from 1; 0 is unknown.")] = 0
    column: Annotated[int, Meta(ge=0, le=100_000_000, description="From 1; 0 is unknown.")] = 0
    open_files: Annotated[tuple[Name, ...], Meta(max_length=1000, description="In place of those noted before.")] = ()
    recent_edits: Annotated[
        tuple[Name, ...],
        Meta(max_length=1000, description="PATH or PATH:LINE, newest first; older ones are kept too."),
    ] = ()
    forget: Annotated[bool, Meta(description="Forget the session first.")] = False
    session: Session = "default"


class ReadContext(Asked, frozen=True, kw_only=True):
    """`read_context`."""

    session: Session = "default"


class Recall(Asked, frozen=True, kw_only=True):
    """`recall`."""

    query: Task
    types: Types = ()
    files: Annotated[bool, Meta(description="The files that such a task is likely to change, instead.")] = False
    limit: Most = 10


class Listed(Asked, frozen=True, kw_only=True):
    """`memory_list`."""

    types: Types = ()
    standing: Annotated[
        Literal["", "active", "held", "retired"], Meta(description="Only active, held or retired ones.")
    ] = ""
    limit: Most = 50


class Numbered(Asked, frozen=True, kw_only=True):
    """`memory_show`."""

    number: Annotated[int, Meta(ge=1, lt=1 << 62, description="A pattern's number, as recall shows it.")]


class Remember(Asked, frozen=True, kw_only=True):
    """`remember`."""

    lesson: Annotated[str, Meta(min_length=1, max_length=4000, description="What is worth knowing next time.")]
    file: Annotated[Name, Meta(description="The file that it is about.")] = ""
