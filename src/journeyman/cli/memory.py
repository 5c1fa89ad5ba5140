"""Commands of the memory: recall what was learnt, and look at it, teach it, correct it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from journeyman.cli.folders import Repo
from journeyman.cli.know import Json
from journeyman.domain.errors import BadRequest
from journeyman.domain.patterns import Pattern, PatternType, Source, Standing

if TYPE_CHECKING:
    from journeyman.domain.patterns import Recalled

Project = Annotated[
    str, typer.Option("--project", metavar="NAME", help="Another project than the folder's (see memory stats).")
]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="A pattern's number, as recall and list show it.")]
Types = Annotated[list[PatternType] | None, typer.Option("--type", help="Only patterns of this type; repeatable.")]

TAUGHT = 0.8
"""How sure it is what a person says."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("recall")(recall)
    memory = typer.Typer(help="What is remembered of projects.", rich_markup_mode=None, no_args_is_help=True)
    for name, command in (
        *(("list", list_patterns), ("show", show), ("edit", edit), ("pin", pin), ("unpin", unpin)),
        *(("forget", forget), ("stats", stats), ("learn", learn)),
    ):
        memory.command(name)(command)
    app.add_typer(memory, name="memory")


def recall(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words, or the text of a task.")],
    repo: Repo = Path("."),
    project: Project = "",
    kinds: Types = None,
    files: Annotated[bool, typer.Option("--files", help="The files that such a task is likely to change.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="At most so many.")] = 10,
    as_json: Json = False,
) -> int:
    """Recall what was learnt of a project, best first."""
    from journeyman import recollection

    if not query.strip():
        raise BadRequest("QUERY", "it says nothing", "give words, or the text of a task")
    if files:
        return _files(repo, query, limit, as_json)
    name, found = recollection.recall(repo, project, query, limit, kinds or ())
    if as_json:
        print(json.dumps({"project": name, "patterns": [_recalled_json(each) for each in found]}))
    for each in () if as_json else found:
        print(f"{each.score:.3f}  {_line(each.pattern)}")
    if not found and not as_json:
        print("journeyman: nothing is recalled", file=sys.stderr)
    return 0 if found else 1


def _files(repo: Path, query: str, limit: int, as_json: bool) -> int:
    from journeyman import recollection

    found = recollection.recall_files(repo, query, limit)
    if as_json:
        print(json.dumps({"files": [{"path": path, "score": score} for path, score in found]}))
    for path, score in () if as_json else found:
        print(f"{score:.3f}  {_plain(path)}")
    if not found and not as_json:
        print("journeyman: no file is likely to change", file=sys.stderr)
    return 0 if found else 1


def list_patterns(
    repo: Repo = Path("."),
    project: Project = "",
    kinds: Types = None,
    standing: Annotated[
        Standing | None, typer.Option("--standing", help="Only active, held or retired ones.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List a project's patterns: pinned ones first, then by success and confidence."""
    from journeyman import recollection

    found = recollection.listed(repo, project, kinds or (), standing, limit)
    if as_json:
        print(json.dumps({"patterns": [_json(pattern) for pattern in found]}))
    for pattern in () if as_json else found:
        print(_line(pattern))
    if not found and not as_json:
        print(
            "journeyman: nothing of the kind is remembered: journeyman memory learn reads a folder", file=sys.stderr
        )


def show(number: Number, as_json: Json = False) -> None:
    """Show a pattern with all that is known of it."""
    from journeyman import recollection

    _tell(recollection.shown(number), as_json)


def edit(
    number: Number,
    name: Annotated[str | None, typer.Option("--name", help="What it is called.")] = None,
    snippet: Annotated[str | None, typer.Option("--snippet", help="What it says; - reads standard input.")] = None,
    file: Annotated[str | None, typer.Option("--file", help="The file that it is about.")] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", help="Its tags, in place of the old; repeatable.")
    ] = None,
    confidence: Annotated[
        float | None, typer.Option("--confidence", min=0.0, max=1.0, help="How sure it is, from 0 to 1.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Correct a pattern; what a person has written is overwritten by no learning."""
    from journeyman import recollection

    given = {
        "name": name,
        "snippet": sys.stdin.read() if snippet == "-" else snippet,
        "file": file,
        "tags": tuple(tags) if tags else None,
        "confidence": confidence,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise BadRequest("memory edit", "nothing to change was named", "see journeyman memory edit --help")
    if name is not None and not name.strip():
        raise BadRequest("--name", "is empty", "give the pattern a name")
    _tell(recollection.edited(number, changes), as_json)


def pin(number: Number, as_json: Json = False) -> None:
    """Pin a pattern: it never retires. A held one is let in by it, a retired one comes back."""
    from journeyman import recollection

    _tell(recollection.pinned(number, True), as_json)


def unpin(number: Number, as_json: Json = False) -> None:
    """Let a pinned pattern retire again."""
    from journeyman import recollection

    _tell(recollection.pinned(number, False), as_json)


def forget(number: Number, as_json: Json = False) -> None:
    """Forget a pattern, with all that was noted of it."""
    from journeyman import recollection

    gone = recollection.forgotten(number)
    print(json.dumps({"forgotten": _json(gone)}) if as_json else f"forgotten: {_line(gone)}")


def stats(
    repo: Repo = Path("."),
    project: Project = "",
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure on the folder's history what memory is worth.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Tell what a memory holds and how runs ended that were shown it; with --measure, what it is worth."""
    from journeyman import recollection

    found = recollection.stats(repo, project)
    low, high = found.runs.interval
    facts: dict[str, Any] = {**msgspec.to_builtins(found), "interval": [round(low, 3), round(high, 3)]}
    worth = recollection.worth(repo, lambda words: print(words, file=sys.stderr)) if measure else None
    if worth is not None:
        facts["worth"] = msgspec.to_builtins(worth)
    if as_json:
        print(json.dumps(facts))
        return
    print(f"{found.project}: {found.patterns} patterns, {found.pinned} pinned, recalled {found.recalled} times")
    print("  " + (", ".join(f"{count} {name}" for name, count in found.by_type.items()) or "nothing learnt yet"))
    if found.patterns:
        print("  " + ", ".join(f"{count} {name}" for name, count in found.by_standing.items()))
    print(f"  runs that were shown some: {found.runs.helped} succeeded, {found.runs.failed} did not")
    if worth is None:
        print("  what it is worth on this folder's history: journeyman memory stats --measure")
    else:
        print(
            f"  of the files to change, among the first ten: {worth.without:.1f}% by locating alone, "
            f"{worth.with_memory:.1f}% with memory"
        )
        print(
            f"  ({worth.questions} questions of the last fifth of {worth.commits} commits: "
            f"{worth.better} better, {worth.worse} worse)"
        )


def learn(
    repo: Repo = Path("."),
    project: Project = "",
    lesson: Annotated[
        str | None, typer.Option("--lesson", metavar="TEXT", help="Something to remember, in words.")
    ] = None,
    file: Annotated[str, typer.Option("--file", help="The file that the lesson is about.")] = "",
    source: Annotated[Source, typer.Option("--source", help="Where the lesson is from.")] = Source.PERSON,
    as_json: Json = False,
) -> None:
    """Learn from a folder's history and code; with --lesson, take in what you say."""
    from journeyman import recollection

    if lesson is not None:
        if not lesson.strip():
            raise BadRequest("--lesson", "it says nothing", "say in words what to remember")
        _tell(recollection.teach(repo, project, lambda name: _lesson(name, lesson, file, source)), as_json)
        return
    if project:
        raise BadRequest("--project", "learning reads a folder", "name it with --repo, or give a --lesson")
    if file or source is not Source.PERSON:
        raise BadRequest(
            "--file" if file else "--source", "it is of a lesson", "give a --lesson too, or leave it out"
        )
    learnt = recollection.learn(repo)
    if as_json:
        print(json.dumps(msgspec.to_builtins(learnt)))
    else:
        print(f"{learnt.project}: {learnt.added} new, {learnt.changed} changed, {learnt.forgotten} forgotten")


def _lesson(project: str, text: str, file: str, source: Source) -> Pattern:
    name = " ".join(text.split())[:200]
    return Pattern(PatternType.LESSON, name, project, source, snippet=text.strip(), file=file, confidence=TAUGHT)


def _tell(pattern: Pattern, as_json: bool) -> None:
    print(json.dumps(_json(pattern)) if as_json else _page(pattern))


def _json(pattern: Pattern) -> dict[str, Any]:
    low, high = pattern.served.interval
    facts: dict[str, Any] = msgspec.to_builtins(pattern)
    del facts["words"]
    return {**facts, "success_rate": round(pattern.success_rate, 4), "interval": [round(low, 4), round(high, 4)]}


def _recalled_json(each: Recalled) -> dict[str, Any]:
    return {**_json(each.pattern), "relevance": round(each.relevance, 4), "score": round(each.score, 4)}


def _line(pattern: Pattern) -> str:
    marks = [*(["pinned"] if pattern.pinned else ()), *([pattern.standing] if pattern.standing != "active" else ())]
    served = f", {pattern.served.helped} of {pattern.served.helped + pattern.served.failed} runs succeeded"
    tried = served if pattern.served.helped + pattern.served.failed else ""
    told = f"{pattern.number}  {pattern.type}: {_plain(pattern.name)}"
    about = f" ({_plain(pattern.file)})" if pattern.file and pattern.file not in pattern.name else ""
    return f"{told}{about}{tried}" + (f"  [{', '.join(marks)}]" if marks else "")


def _page(pattern: Pattern) -> str:
    low, high = pattern.served.interval
    facts = (
        ("project", pattern.project),
        ("file", pattern.file),
        ("language", pattern.language),
        ("signature", pattern.signature),
        ("tags", ", ".join(pattern.tags)),
        ("needs", ", ".join(pattern.dependencies)),
        ("complexity", str(pattern.complexity or "")),
        ("from", f"{pattern.source}, {pattern.learned_at:%Y-%m-%d %H:%M}" if pattern.learned_at else pattern.source),
        ("confidence", f"{pattern.confidence:.2f}"),
        ("success", f"{pattern.success_rate:.2f}, with 95% probability from {low:.2f} to {high:.2f}"),
        ("recalled", f"{pattern.times_recalled} times"),
    )
    lines = [_line(pattern), *(f"  {name:11}{_plain(text)}" for name, text in facts if text)]
    return "\n".join([*lines, *(f"  | {_plain(line)}" for line in pattern.snippet.splitlines())])


def _plain(text: str) -> str:
    """Return text as one line that a terminal only prints."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
