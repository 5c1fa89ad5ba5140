"""How likely each rule of the search mends, learnt from fixing commits: `python -m bench.priors GIT_DIRECTORY...`.

A commit counts if its message speaks of a fix, it changes one source file by at most three lines each way, and all of
that lies in one function; tests and texts may change beside it. The search's own templates are asked for their
candidates in the function as it was; the one that gives the function as it became is a hit. The weight of a rule is
its hits by those that the priors set by hand foretell, smoothed. What it is worth is told for each project by what
all others teach: how many candidates come before the hit, in either order.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from multiprocessing import Pool
from pathlib import Path
from statistics import fmean, median

from journeyman.repair.laboratory.inside.search.ingredients import Ingredients
from journeyman.repair.laboratory.inside.search.package import MOST_CHARACTERS, MOST_MODULES
from journeyman.repair.laboratory.inside.search.queue import Place, Queue
from journeyman.repair.laboratory.inside.search.scene import Scene, scenes
from journeyman.repair.laboratory.inside.search.source import Edit, Source
from journeyman.repair.protected import is_test_file

MOST_LINES = 3
MOST_CANDIDATES = 3000
MOST_LINES_OF_FUNCTION = 100
MOST_FIXES = 200
"""Of one project, the newest, so that none outweighs the others."""

ROOM = 4
"""Characters by which the place of a change is unsure, where texts repeat themselves."""

SMOOTHING = 1.0
"""Hits that a rule is given beforehand, as if the priors set by hand had foretold that many."""

TRUST = 0.5
"""Power of what is learnt: a hit is the very text of the fix, and some rules have many edits that mean the same."""

Beside = Callable[[], list[Ingredients]]


@dataclass(frozen=True)
class Fix:
    """One fixing commit: a function as it was, and the text and the tree of what it became."""

    project: str
    scene: Scene
    text: str
    became: str

    def touched(self) -> tuple[int, int]:
        """Return where the text as it was differs from what it became, with some room."""
        unit = self.scene.unit
        old, new = self.scene.source.text[unit.start : unit.end], self.text
        shorter = min(len(old), len(new))
        before = next((i for i in range(shorter) if old[i] != new[i]), shorter)
        after = next((i for i in range(shorter) if old[-1 - i] != new[-1 - i]), shorter)
        return unit.start + before - ROOM, max(unit.start + before, unit.end - after) + ROOM


@dataclass
class Tried:
    """What the templates make of a fix: each candidate's rule and prior set by hand, and which one is the hit."""

    project: str
    candidates: list[tuple[str, float]] = field(default_factory=list)
    hit: int | None = None


def fixes(git_directory: Path) -> Iterator[Fix]:
    """Yield the fixes of a repository's history."""
    project = git_directory.parent.name.replace("+", "/")
    blobs = Blobs(git_directory)
    for commit, path in _small(git_directory):
        old, new = (_parsed(blobs.text(f"{commit}{which}:{path}")) for which in ("^", ""))
        beside = partial(_beside, blobs, git_directory, f"{commit}^", path)
        changed = _changed(path, old, new, beside) if old and new else None
        if changed and len(changed[0].body_lines) <= MOST_LINES_OF_FUNCTION:
            yield Fix(project, *changed)
    blobs.close()


def _small(git_directory: Path) -> Iterator[tuple[str, str]]:
    """Yield commit and path of the small commits that speak of a fix."""
    words = r"(^|[^a-z])(fix|fixes|fixed|bug|bugfix)([^a-z]|$)"
    command = ["git", f"--git-dir={git_directory}", "log", "--no-merges", "-i", "-E", f"--grep={words}"]
    command += ["--numstat", "--no-renames", "--format=%x00%H", "HEAD", "--", "*.py"]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode(errors="replace")
    for block in said.split("\0")[1:]:
        commit, *rows = block.split("\n")
        files = [row.split("\t") for row in rows if row]
        source = [row for row in files if not is_test_file(row[2])]
        if len(source) == 1 and all(count.isdigit() and int(count) <= MOST_LINES for count in source[0][:2]):
            yield commit, source[0][2]


def _beside(blobs: Blobs, git_directory: Path, commit: str, path: str) -> list[Ingredients]:
    """Return the other modules of a file's folder in a commit, the smallest first, as the search reads them."""
    folder, room = path.rpartition("/")[0], MOST_CHARACTERS
    command = ["git", f"--git-dir={git_directory}", "ls-tree", "-l", "-z", commit, f"{folder}/" if folder else "."]
    rows = subprocess.run(command, capture_output=True, check=True).stdout.decode(errors="replace").split("\0")
    sizes = {
        name: int(size)
        for *_, size, name in (re.split(r"[ \t]+", row, maxsplit=4) for row in rows if " blob " in row)
    }
    found: list[Ingredients] = []
    for name in sorted(sizes, key=sizes.__getitem__):
        source = name.endswith(".py") and name != path and not is_test_file(name) and sizes[name] <= room
        module = _parsed(blobs.text(f"{commit}:{name}")) if source else None
        if module and len(found) < MOST_MODULES:
            found.append(Ingredients(module))
            room -= sizes[name]
    return found


def _parsed(text: str | None) -> Source | None:
    try:
        return Source(text) if text is not None and "\r" not in text else None
    except (SyntaxError, ValueError):
        return None


class Blobs:
    """Texts out of a repository, by one process of git's."""

    def __init__(self, git_directory: Path) -> None:
        command = ["git", f"--git-dir={git_directory}", "cat-file", "--batch"]
        self._git = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def text(self, name: str) -> str | None:
        """Return the text of an object; None if there is none or it is no UTF-8 text."""
        assert self._git.stdin is not None
        assert self._git.stdout is not None
        self._git.stdin.write(f"{name}\n".encode())
        self._git.stdin.flush()
        head = self._git.stdout.readline().split()
        if head[-1:] == [b"missing"] or not head[-1].isdigit():
            return None
        content = self._git.stdout.read(int(head[-1]))
        self._git.stdout.read(1)
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None

    def close(self) -> None:
        """End the process."""
        self._git.communicate()


def _changed(path: str, old: Source, new: Source, beside: Beside) -> tuple[Scene, str, str] | None:
    """Return the one function that differs, and text and tree of what it became; None if more than that differs."""
    both = Ingredients(old, beside), Ingredients(new)
    before, after = ([scene for scene in scenes(path, each.source, each) if scene.unit.function] for each in both)
    if [_name(scene) for scene in before] != [_name(scene) for scene in after]:
        return None
    pairs = zip(before, after, strict=True)
    differing = [(was, now) for was, now in pairs if ast.dump(was.node) != ast.dump(now.node)]
    if len(differing) != 1 or _frame(old, before) != _frame(new, after):
        return None
    ((was, now),) = differing
    became = _meaning(now.node)
    text = new.text[now.unit.start : now.unit.end]
    return (was, text, became) if _meaning(was.node) != became else None


def _name(scene: Scene) -> tuple[str, ...]:
    return (*scene.unit.classes, scene.unit.name)


def _meaning(node: ast.AST) -> str:
    """Return a tree without its docstrings."""
    return ast.dump(_Undocumented().visit(ast.parse(ast.unparse(node))))


class _Undocumented(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.Pass() if isinstance(node.value, ast.Constant) else node


def _frame(source: Source, functions: Iterable[Scene]) -> str:
    """Return a module's tree with all functions emptied."""
    bodies = [(scene.node, scene.node.body) for scene in functions]
    for node, _ in bodies:
        node.body = []
    text = ast.dump(source.tree)
    for node, body in bodies:
        node.body = body
    return text


def tried(fix: Fix) -> Tried:
    """Ask the templates for their candidates and find the one that is the fix."""
    found, (start, end) = Tried(fix.project), fix.touched()
    lines = dict.fromkeys(range(fix.scene.unit.first_line, fix.scene.unit.last_line + 1), 1.0)
    for candidate in islice(Queue([Place(0, fix.scene, lines, 1.0)], {}), MOST_CANDIDATES):
        ((_, edit),) = candidate.edits
        if found.hit is None and edit.start <= end and edit.end >= start and _gives(fix, edit):
            found.hit = len(found.candidates)
        found.candidates.append((candidate.rule, candidate.score))
    return found


def _gives(fix: Fix, edit: Edit) -> bool:
    unit, text = fix.scene.unit, fix.scene.source.text
    column = unit.start - (text.rfind("\n", 0, unit.start) + 1)
    whole = " " * column + text[unit.start : edit.start] + edit.text + text[edit.end : unit.end]
    try:
        tree = ast.parse(f"if 1:\n{whole}" if column else whole)
    except (SyntaxError, ValueError):
        return False
    node = tree.body[0].body[0] if column else tree.body[0]  # type: ignore[attr-defined]
    return _meaning(node) == fix.became


def learnt(sample: Iterable[Tried]) -> dict[str, float]:
    """Return the weight of each rule: how much likelier it is than the priors set by hand say, 1 on the whole."""
    sample = list(sample)
    offered: Counter[str] = Counter()
    believed: defaultdict[str, float] = defaultdict(float)
    hits: Counter[str] = Counter()
    for each in sample:
        for rule, prior in each.candidates:
            offered[rule] += 1
            believed[rule] += prior
        if each.hit is not None:
            hits[each.candidates[each.hit][0]] += 1
    scale = sum(hits.values()) / (sum(believed.values()) or 1.0)
    ratios = {rule: (hits[rule] + SMOOTHING) / (believed[rule] * scale + SMOOTHING) for rule in sorted(offered)}
    return {rule: ratio**TRUST for rule, ratio in ratios.items()}


def places(sample: Iterable[Tried], weights: Mapping[str, float]) -> list[float]:
    """Return how many candidates are tried until the hit, that one counted, ties broken evenly."""
    found = []
    for each in sample:
        if each.hit is not None:
            scores = [prior * weights.get(rule, 1.0) for rule, prior in each.candidates]
            own = scores[each.hit]
            found.append(sum(other > own for other in scores) + (scores.count(own) + 1) / 2)
    return found


def _told(name: str, found: list[float]) -> str:
    if not found:
        return f"{name}: no hits"
    mean = math.exp(fmean(math.log(place) for place in found))
    return (
        f"{name}: median {median(found):.0f}, geometric mean {mean:.1f}, mean {fmean(found):.0f} ({len(found)} hits)"
    )


def main() -> None:
    """Learn, tell what it is worth for projects that it was not learnt from, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.priors", description=__doc__)
    parser.add_argument("histories", nargs="+", type=Path, metavar="GIT_DIRECTORY")
    parser.add_argument("--output", type=Path, help="where the weights and where they come from are written")
    asked = parser.parse_args()
    sample: list[Tried] = []
    with Pool() as pool:
        for found in pool.imap(_of_history, asked.histories):
            sample += found
    by_hand, by_learnt = judged(sample)
    print(_told("set by hand", by_hand))
    print(_told("learnt from the other projects", by_learnt))
    if asked.output:
        asked.output.write_text(json.dumps(_facts(sample), indent=1) + "\n")


def _of_history(history: Path) -> list[Tried]:
    found = [tried(fix) for fix in islice(fixes(history), MOST_FIXES)]
    hits = sum(each.hit is not None for each in found)
    print(f"{history.parent.name}: {len(found)} fixes, {hits} in reach", file=sys.stderr, flush=True)
    return found


def judged(sample: Sequence[Tried]) -> tuple[list[float], list[float]]:
    """Return the places of the hits by the priors set by hand, and by what the other projects teach."""
    by_hand: list[float] = []
    by_learnt: list[float] = []
    for project in sorted({each.project for each in sample}):
        own = [each for each in sample if each.project == project]
        weights = learnt(each for each in sample if each.project != project)
        by_hand += places(own, {})
        by_learnt += places(own, weights)
    return by_hand, by_learnt


def _facts(sample: list[Tried]) -> dict[str, object]:
    by_project: dict[str, list[Tried]] = defaultdict(list)
    for each in sample:
        by_project[each.project].append(each)
    hits = Counter(each.candidates[each.hit][0] for each in sample if each.hit is not None)
    offered = Counter(rule for each in sample for rule, _ in each.candidates)
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d}",
        "fixes": {name: len(found) for name, found in sorted(by_project.items())},
        "hits": dict(sorted(hits.items())),
        "candidates": dict(sorted(offered.items())),
        "weights": {rule: round(weight, 3) for rule, weight in learnt(sample).items()},
    }


if __name__ == "__main__":
    main()
