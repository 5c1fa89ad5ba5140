"""Commands that know the code: index, search, locate."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from journeyman.cli.attend import Session, session_of
from journeyman.cli.folders import Repo
from journeyman.domain.errors import BadRequest

if TYPE_CHECKING:
    from journeyman.codebase import Gain, Report

Folder = Annotated[Path, typer.Argument(metavar="[PATH]", help="A folder; this one by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

PROBLEMS_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (index, search, locate):
        app.command(command.__name__)(command)


def index(
    path: Folder = Path("."),
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and keep up with the folder.")] = False,
    measure_embedder: Annotated[
        bool,
        typer.Option("--measure-embedder", help="Measure what the settings' embedder is worth here, by the past."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Index a folder's code, or bring its index up to date."""
    from journeyman.lookup import looked

    if measure_embedder:
        _tell_gain(looked(path, lambda code: code.measure_embedder(_say)), as_json)
    elif watch:
        looked(path, lambda code: code.watch(lambda told: _tell(told, as_json)))
    else:
        _tell(looked(path, lambda code: code.index(thorough=True)), as_json)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _tell_gain(gain: Gain, as_json: bool) -> None:
    if as_json:
        print(json.dumps(msgspec.to_builtins(gain)))
        return
    print(
        f"of the files to change, among the first ten: {gain.without:.1f}% without the embedder, "
        f"{gain.with_embedder:.1f}% with it ({gain.questions} questions: {gain.better} better, {gain.worse} worse)"
    )
    print(f"it is {'used from now on' if gain.on else 'not used'} here")


def _tell(told: Report | int, as_json: bool) -> None:
    if isinstance(told, int):
        print(json.dumps({"changed": told}) if as_json else f"{told} files changed", flush=True)
    else:
        print(json.dumps(msgspec.to_builtins(told)) if as_json else _report_text(told), flush=True)


def _report_text(report: Report) -> str:
    lines = [
        f"{report.files} files, {report.changed} changed, {report.parsed} parsed, {report.removed} gone, "
        f"{report.symbols} symbols; {report.index_bytes / 1e6:.1f} MB for {report.source_bytes / 1e6:.1f} MB "
        f"in {report.seconds:.2f} s"
    ]
    if report.rebuilt:
        lines.append(f"built anew: {report.rebuilt}")
    lines += [f"  {_shown(problem.path)}: {problem.reason}" for problem in report.problems[:PROBLEMS_SHOWN]]
    if len(report.problems) > PROBLEMS_SHOWN:
        lines.append(
            f"  and {len(report.problems) - PROBLEMS_SHOWN} more that were not read in full (--json has all)"
        )
    return "\n".join(lines)


def _shown(path: str) -> str:
    """Return a path as it can be printed on one line; one that cannot is quoted."""
    return path if path.isprintable() else json.dumps(path)


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words; or see --symbol, --text, --regex.")],
    repo: Repo = Path("."),
    symbol: Annotated[
        bool, typer.Option("--symbol", help="QUERY is the name of a symbol, or its beginning.")
    ] = False,
    text: Annotated[bool, typer.Option("--text", help="QUERY is a text as it stands.")] = False,
    regex: Annotated[bool, typer.Option("--regex", help="QUERY is a regular expression.")] = False,
    language: Annotated[str, typer.Option("--language", help="Only files in this language.")] = "",
    path: Annotated[str, typer.Option("--path", help="Only paths like this: a folder, or a pattern with *.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Only in symbols of this kind, such as class or test.")] = "",
    changed_since: Annotated[str, typer.Option("--changed-since", help="Only files changed since a revision.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 20,
    as_json: Json = False,
) -> int:
    """Search a folder's code: words, symbols, texts, patterns."""
    from journeyman.codebase import Filter, How
    from journeyman.lookup import looked

    if not query:
        raise BadRequest("QUERY", "it says nothing", "say what to look for")
    how = [each for each, asked in ((How.SYMBOL, symbol), (How.TEXT, text), (How.REGEX, regex)) if asked]
    if len(how) > 1:
        raise BadRequest("QUERY", "cannot be several things at once", f"one of --{' --'.join(how)}")
    chosen = Filter(language, path, kind)
    wanted = how[0] if how else How.WORDS
    hits = looked(repo, lambda code: code.search(query, wanted, chosen, limit, changed_since))
    if as_json:
        print(json.dumps({"hits": msgspec.to_builtins(hits)}))
    for hit in () if as_json else hits:
        print(f"{_shown(hit.path)}:{hit.line}: {hit.text.strip()}" + (f"  [{hit.symbol}]" if hit.symbol else ""))
    if not hits and not as_json:
        print("journeyman: nothing found", file=sys.stderr)
    return 0 if hits else 1


class _Question(msgspec.Struct, frozen=True):
    repo_dir: str
    query: str


def locate(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many of each.")] = 50,
    session: Session = "",
    as_json: Json = False,
) -> None:
    """Rank the files and functions that an issue is about: {"repo_dir", "query"} as JSON on standard input."""
    from journeyman.lookup import looked

    try:
        question = msgspec.json.decode(sys.stdin.buffer.read(), type=_Question)
    except msgspec.DecodeError as error:
        raise BadRequest("standard input", str(error), 'give {"repo_dir": "PATH", "query": "TEXT"}') from None

    root = Path(question.repo_dir)
    at = session_of(root, session)
    found = looked(root, lambda code: code.locate(question.query, limit, at))
    if as_json:
        print(json.dumps({"located": msgspec.to_builtins(found)}))
    for each in () if as_json else found:
        print(_shown(each.place))
