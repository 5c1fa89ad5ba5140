"""The code index on Django's source, beside universal-ctags, ripgrep and aider's repository map."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tarfile
from pathlib import Path
from statistics import median
from typing import Any

from bench.aider_map import mapped
from bench.children import Ended, NotMeasured, house, must, run
from bench.clocks import Taken, ninety_nine, taken
from bench.figures import Figure, Order
from bench.installing import CACHE
from journeyman.codebase import How
from journeyman.codebase.index import CodeIndex
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git

DJANGO = "Django==5.2.8"
COMMAND = [sys.executable, "-m", "journeyman"]
CHANGED = "django/db/models/query.py"
QUERIES = (
    "get_queryset",
    "QuerySet",
    "migration autodetector",
    "csrf token",
    "save",
    "ModelAdmin",
    "parse date time",
)
ISSUE = (
    "Prefetch objects don't work with slices\n\nPassing `Prefetch(queryset=Post.objects.all()[:3])` to "
    "prefetch_related raises AssertionError: Cannot filter a query once a slice has been taken.\n\n"
    'File "django/db/models/query.py", line 1000, in _filter_or_exclude\n'
)


def measure(order: Order) -> list[Figure]:
    """Measure the commands as processes, and one process that keeps its index open."""
    source = _django(order)
    return [*_commands(source, order), *_inside(source, order)]


def _django(order: Order) -> Path:
    """Return Django's source, fetched by pip; kept between runs."""
    place = CACHE / DJANGO.replace("==", "-").lower()
    if not place.exists():
        words = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        if run([*words, "-d", str(order.folder), DJANGO]).code:
            raise NotMeasured(f"pip cannot download {DJANGO}")
        (archive,) = order.folder.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            opened.extractall(order.folder / "unpacked", filter="data")
        (unpacked,) = (order.folder / "unpacked").iterdir()
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.move(unpacked, place)
    return Path(shutil.copytree(place, order.folder / "django"))


def _python_of(source: Path, folder: Path) -> Path:
    """Return a copy of the Python files alone."""
    for path in source.rglob("*.py"):
        copy = folder / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return folder


def _commands(source: Path, order: Order) -> list[Figure]:
    home, times = order.folder / "home", 2 if order.quick else 5
    python = _python_of(source, order.folder / "python")
    alone, own = _cold(python, home, times)
    everything, report = _cold(source, home, times)
    asked = [
        must([*COMMAND, "search", "--repo", str(source), "get_queryset"], variables=house(home)) for _ in range(9)
    ]
    again, cpu = median(each.seconds for each in asked), median(each.cpu for each in asked)
    beside = {"alone": _map(python, order), "everything": _ctags(source), "search": _ripgrep(source)}
    figures = [
        Figure("index: Django's Python files", "s", alone.seconds, 4.0, **beside["alone"], note=_note(alone, own)),
        Figure("index: Django", "s", everything.seconds, **beside["everything"], note=_note(everything, report)),
        Figure("index: memory of the largest process", "MB", everything.megabytes, 300.0),
    ]
    for name, each in (("Django's Python files", own), ("Django", report)):
        share, sizes = (
            each["index_bytes"] / each["source_bytes"],
            (each["index_bytes"] / 1e6, each["source_bytes"] / 1e6),
        )
        figures.append(
            Figure(f"index: size, {name}", "%", 100 * share, 60.0, note="{:.1f} MB of {:.1f} MB".format(*sizes))
        )
    note = f"brought up to date first; CPU {cpu:.2f} s"
    return [*figures, Figure("search: a process", "s", again, 0.4, **beside["search"], note=note)]


def _cold(source: Path, home: Path, times: int) -> tuple[Ended, dict[str, int]]:
    """Return the quickest of some runs from nothing, and what the last reported."""
    runs = []
    for _ in range(times):
        shutil.rmtree(home, ignore_errors=True)
        runs.append(must([*COMMAND, "index", str(source), "--json"], variables=house(home)))
    return min(runs, key=lambda each: each.seconds), json.loads(runs[-1].said.splitlines()[-1])


def _note(ended: Ended, report: dict[str, int]) -> str:
    return f"{report['files']} files; CPU {ended.cpu:.2f} s; the quickest run"


def _map(source: Path, order: Order) -> dict[str, Any]:
    """Return how aider's map of the same files did, as the rival of a figure."""
    if order.quick:
        return {"rival_name": "aider's map: not with --quick"}
    ended = mapped(source, order.folder)
    if isinstance(ended, str):
        return {"rival_name": ended}
    return {"rival": ended.seconds, "rival_name": f"aider's map, CPU {ended.cpu:.1f} s"}


def _ctags(source: Path) -> dict[str, Any]:
    program = shutil.which("ctags")
    if program is None:
        return {"rival_name": "universal-ctags is not installed"}
    best = min(
        (must([program, "-R", "-f", os.devnull, str(source)]) for _ in range(3)), key=lambda each: each.seconds
    )
    return {"rival": best.seconds, "rival_name": f"universal-ctags, definitions only, CPU {best.cpu:.2f} s"}


def _ripgrep(source: Path) -> dict[str, Any]:
    program = shutil.which("rg")
    if program is None:
        return {"rival_name": "ripgrep is not installed"}
    best = min((must([program, "-n", "get_queryset", str(source)]) for _ in range(3)), key=lambda each: each.seconds)
    return {"rival": best.seconds, "rival_name": f"rg, CPU {best.cpu:.2f} s"}


def _opened(source: Path, home: Path) -> CodeIndex:
    index = CodeIndex(home, WorkTrees(Git()), source, 2)
    asyncio.run(index.refresh())
    return index


def _inside(source: Path, order: Order) -> list[Figure]:
    """Measure one process that keeps its index open."""
    index = _opened(source, order.folder / "inside")
    nothing = [taken(lambda: asyncio.run(index.refresh())) for _ in range(7)]
    changed = _changed(index, source / CHANGED)
    words, names = _searched(index, 20 if order.quick else 100)
    asyncio.run(index.locate(ISSUE))
    located = [taken(lambda: asyncio.run(index.locate(ISSUE))) for _ in range(15)]
    return [
        Figure("index: nothing changed", "s", median(each.wall for each in nothing), 0.2, note=nothing[0].note),
        Figure("index: one file changed", "ms", _milliseconds(changed), 30.0, note="a file of 100 KB"),
        Figure("search: words, median", "ms", 1000 * median(words), 1.0),
        Figure("search: words, 99 of 100", "ms", 1000 * ninety_nine(words), 10.0),
        Figure("search: symbols, median", "ms", 1000 * median(names), 1.0),
        Figure("search: symbols, 99 of 100", "ms", 1000 * ninety_nine(names), 10.0),
        Figure("locate: an issue, warm", "ms", _milliseconds(located), 200.0),
    ]


def _milliseconds(times: list[Taken]) -> float:
    return 1000 * median(each.wall for each in times)


def _changed(index: CodeIndex, path: Path) -> list[Taken]:
    """Change a file several times, and return what taking that in took each time."""
    text, times = path.read_text(), []
    for number in range(15):
        path.write_text(f"{text}\n# {number}\n")
        times.append(taken(lambda: index.touch([CHANGED])))
    path.write_text(text)
    index.touch([CHANGED])
    return times


def _searched(index: CodeIndex, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of searches for words and for symbols; the first of each is among them."""
    words, names = [], []
    for _ in range(rounds):
        for query in QUERIES:
            words.append(taken(lambda query=query: index.search(query)).wall)  # type: ignore[misc]
            names.append(taken(lambda query=query: index.search(query, How.SYMBOL)).wall)  # type: ignore[misc]
    return words, names
