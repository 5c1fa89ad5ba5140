"""How the code index grows: 1,000, 10,000 and 100,000 files made by rule."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path
from statistics import median

from bench.clocks import Taken, ninety_nine, taken
from bench.figures import Figure, Order
from journeyman.codebase import How
from journeyman.codebase.index import CodeIndex
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git

SYLLABLES = "ba ce di fo gu ha ke li mo nu pa re si to va we xi yo zu".split()  # noqa: SIM905
SEARCHES = 300


def measure(order: Order) -> list[Figure]:
    """Index trees of growing size, each from nothing, and search them."""
    counts = (500, 1_000, 5_000) if order.quick else (1_000, 10_000, 100_000)
    grown = {count: _grown(order.folder, count) for count in counts}
    figures = []
    for count, (time, searches, symbols) in grown.items():
        name = f"growth: {count:,} files"
        figures += [
            Figure(f"{name}, from nothing", "s", time.wall, note=time.note),
            Figure(f"{name}, words, 99 of 100", "ms", 1000 * ninety_nine(searches), 50.0, note=_median(searches)),
            Figure(f"{name}, symbols, 99 of 100", "ms", 1000 * ninety_nine(symbols), 50.0, note=_median(symbols)),
        ]
    small, large = counts[1], counts[2]
    ratio = (grown[large][0].cpu / large) / (grown[small][0].cpu / small)
    note = f"of processors; {large:,} files by {small:,}"
    return [*figures, Figure("growth: time for a file", "times", ratio, 1.5, note=note)]


def _median(times: list[float]) -> str:
    return f"median {1000 * median(times):.2f} ms"


def _grown(folder: Path, count: int) -> tuple[Taken, list[float], list[float]]:
    source, home = make(folder / f"made{count}", count), folder / f"home{count}"
    index = CodeIndex(home, WorkTrees(Git()), source, 2)
    time = taken(lambda: asyncio.run(index.refresh()))
    chance = random.Random(count)
    index.search("begin")
    words = [_asked(index, f"{_word(chance, 400)} {_word(chance, 400)} order", How.WORDS) for _ in range(SEARCHES)]
    symbols = [_asked(index, f"handle_{_word(chance, 400)}", How.SYMBOL) for _ in range(SEARCHES)]
    index.close()
    shutil.rmtree(source)
    shutil.rmtree(home)
    return time, words, symbols


def _asked(index: CodeIndex, query: str, how: How) -> float:
    return taken(lambda: index.search(query, how)).wall


def make(folder: Path, count: int) -> Path:
    """Make so many files; names and words are as unevenly frequent as in programs."""
    chance = random.Random(7)
    for number in range(count):
        path = folder / f"part{number // 200:04}" / f"module{number:06}.py"
        if number % 200 == 0:
            path.parent.mkdir(parents=True)
        words = [_word(chance, 20_000) for _ in range(12)]
        path.write_text(
            f'"""The {words[0]} of order {number}, by {words[1]}."""\n\nfrom part0000.module000000 import Order\n\n\n'
            f"class {words[2].title()}{number}(Order):\n"
            f'    """Keeps {words[3]} and {words[4]}."""\n\n'
            f"    def handle_{words[5]}(self, {words[6]}, amount):\n"
            f"        for line in self.{words[7]}:\n            if line.amount > amount + {number}:\n"
            f"                self.{words[8]}(line, {words[6]})\n        return self.{words[9]}(amount)\n\n\n"
            f"def {words[10]}_of(order, {words[11]}):\n    return order.{words[3]} or {words[11]}\n"
        )
    return folder


def _word(chance: random.Random, most: int) -> str:
    number, letters = int(most ** chance.random()), ""
    while number:
        number, rest = divmod(number, len(SYLLABLES))
        letters += SYLLABLES[rest]
    return letters
