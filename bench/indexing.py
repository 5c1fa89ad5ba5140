"""The code index on Django's source, beside universal-ctags and ripgrep; and how it grows to 100,000 files."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from bench.children import NotMeasured, house, must, run
from bench.figures import Figure, Order
from journeyman.codebase import How
from journeyman.codebase.index import CodeIndex
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git

DJANGO = "Django==5.2.8"
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
    """Measure on Django, and on made files of growing number."""
    source = _django(order)
    home = order.folder / "home"
    return [*_commands(source, home, order), *_inside(source, order), *_growth(order)]


def _django(order: Order) -> Path:
    """Return Django's source, fetched by pip; kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journeyman-bench"
    place = cache / DJANGO.replace("==", "-").lower()
    if not place.exists():
        words = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        if run([*words, "-d", str(order.folder), DJANGO]).code:
            raise NotMeasured(f"pip cannot download {DJANGO}")
        (archive,) = order.folder.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            opened.extractall(order.folder / "unpacked", filter="data")
        (unpacked,) = (order.folder / "unpacked").iterdir()
        cache.mkdir(parents=True, exist_ok=True)
        shutil.move(unpacked, place)
    return Path(shutil.copytree(place, order.folder / "django"))


def _commands(source: Path, home: Path, order: Order) -> list[Figure]:
    """Measure the commands as processes."""
    variables = house(home)
    command = [sys.executable, "-m", "journeyman"]
    times = 3 if order.quick else 7
    cold, peaks = [], []
    for _ in range(2 if order.quick else 5):
        shutil.rmtree(home, ignore_errors=True)
        ended = must([*command, "index", str(source), "--json"], variables=variables)
        cold.append(ended.seconds)
        peaks.append(ended.megabytes)
    report = json.loads(ended.said.splitlines()[-1])
    search = [*command, "search", "--repo", str(source), "get_queryset"]
    again = median(must(search, variables=variables).seconds for _ in range(times))
    return [
        Figure("index: Django from nothing", "s", min(cold), 4.0, **_ctags(source), note=_note(report)),
        Figure("index: memory of the largest process", "MB", max(peaks), 300.0),
        Figure("index: size, of what was read", "%", 100 * report["index_bytes"] / report["source_bytes"], 60.0),
        Figure("search: a process, brought up to date", "s", again, 0.4, **_ripgrep(source)),
    ]


def _note(report: dict[str, object]) -> str:
    return f"{report['files']} files, {report['parsed']} contents; best of the runs; ctags: definitions only"


def _ctags(source: Path) -> dict[str, object]:
    program = shutil.which("ctags")
    if program is None:
        return {"rival_name": "universal-ctags is not installed"}
    words = [program, "-R", "-f", os.devnull, str(source)]
    return {"rival": min(must(words).seconds for _ in range(3)), "rival_name": "universal-ctags"}


def _ripgrep(source: Path) -> dict[str, object]:
    program = shutil.which("rg")
    if program is None:
        return {"rival_name": "ripgrep is not installed"}
    return {
        "rival": min(must([program, "-n", "get_queryset", str(source)]).seconds for _ in range(3)),
        "rival_name": "rg",
    }


def _opened(source: Path, home: Path) -> CodeIndex:
    index = CodeIndex(home, WorkTrees(Git()), source, 2)
    asyncio.run(index.refresh())
    return index


def _inside(source: Path, order: Order) -> list[Figure]:
    """Measure one process that keeps its index open."""
    index = _opened(source, order.folder / "inside")
    nothing = [_seconds(lambda: asyncio.run(index.refresh())) for _ in range(5)]
    changed = []
    path = source / "django" / "db" / "models" / "query.py"
    text = path.read_text()
    for number in range(8):
        path.write_text(f"{text}\n# {number}\n")
        changed.append(_seconds(lambda: index.touch(["django/db/models/query.py"])))
    path.write_text(text)
    index.touch(["django/db/models/query.py"])
    words, names = _searched(index, 20 if order.quick else 100)
    asyncio.run(index.locate(ISSUE))
    located = [_seconds(lambda: asyncio.run(index.locate(ISSUE))) for _ in range(10)]
    return [
        Figure("index: nothing changed", "s", min(nothing), 0.2),
        Figure("index: one file changed", "ms", 1000 * median(changed), 30.0, note="a file of 100 KB"),
        Figure("search: words, median", "ms", 1000 * median(words), 1.0),
        Figure("search: words, 99 of 100", "ms", 1000 * quantiles(words, n=100)[98], 10.0),
        Figure("search: symbols, median", "ms", 1000 * median(names), 1.0),
        Figure("locate: an issue, warm", "ms", 1000 * median(located), 200.0),
    ]


def _searched(index: CodeIndex, rounds: int) -> tuple[list[float], list[float]]:
    words, names = [], []
    for _ in range(rounds):
        for query in QUERIES:
            words.append(_seconds(lambda query=query: index.search(query)))
            names.append(_seconds(lambda query=query: index.search(query, How.SYMBOL)))
    return words, names


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _growth(order: Order) -> list[Figure]:
    """Measure how time and searches grow with the number of files."""
    small, large = (1_000, 5_000) if order.quick else (1_000, 100_000)
    per_file, slowest = {}, {}
    for count in (small, large):
        source = _made(order.folder / f"made{count}", count)
        per_file[count] = (
            _seconds(lambda source=source, count=count: _opened(source, order.folder / f"h{count}")) / count
        )
        index = _opened(source, order.folder / f"h{count}")
        index.search("begin")
        slowest[count] = _slowest(index)
        index.close()
        subprocess.run(["rm", "-rf", str(source)], check=True)
    note = f"{large:,} files by {small:,}"
    return [
        Figure("index: time for a file, growth", "times", per_file[large] / per_file[small], 1.5, note=note),
        Figure(f"search: 99 of 100, {large:,} files", "ms", 1000 * slowest[large], 50.0),
    ]


def _slowest(index: CodeIndex) -> float:
    """Return the seconds that all but one of a hundred searches keep below."""
    times = [_seconds(lambda number=number: index.search(f"handle order{number % 97}")) for number in range(200)]
    return quantiles(times, n=100)[98]


def _made(folder: Path, count: int) -> Path:
    for number in range(count):
        path = folder / f"part{number // 200:04}" / f"module{number:06}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'"""Orders of kind {number}."""\n\nfrom part0000.module000000 import Order\n\n\n'
            f"class Handler{number}(Order):\n"
            f'    """Handles order{number % 97}."""\n\n'
            f"    def handle_order{number % 97}(self, payment, amount):\n"
            f"        for line in self.lines:\n            if line.amount > amount + {number}:\n"
            f"                self.refuse{number % 13}(line, payment)\n        return self.total(amount)\n"
        )
    return folder
