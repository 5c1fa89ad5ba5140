"""Learns from git history by program: what fixes changed, which files change together, how a team works.

Commits are what a team has merged. Of their messages only the subject is kept, and it is shown as a quotation.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from itertools import combinations

import msgspec

from journeyman.codebase.languages import language_of
from journeyman.codebase.paths import is_aside, is_test
from journeyman.domain.changes import TOGETHER_FILES, Commit
from journeyman.domain.patterns import Pattern, PatternType, Served, Source

ALONE = "{} seldom changes alone"

MOST_COMMITS = 3_000
MOST_FIXES = 400
MOST_LESSONS = 600

FIX_FILES = 10
"""A fixing commit that changed more is about more than a fix."""

TOGETHER_TIMES = 3
TOGETHER_SHARE = 0.25
COMPANIONS = 6
GONE = 0.4
"""What a fix counts whose file is not there any more."""

HABIT_SHARE = 0.3
SNIPPET_LINES = 40
SNIPPET_WIDTH = 200

_FIX = re.compile(
    r"(?i)\b(?:fix(?:e[sd]|ing)?|bug(?:s|fix)?|regress(?:ion|ed)|crash(?:es|ed)?|broken|hotfix|"
    r"(?:close[sd]?|resolve[sd]?) #\d+)\b"
)
_CONVENTIONAL = re.compile(r"^(?:feat|fix|docs|style|refactor|perf|test|build|ci|chore|revert)(?:\([^)]*\))?!?: ")
_REFERENCE = re.compile(r"(?:#\d+|\b[A-Z][A-Z0-9]+-\d+\b)")
_CHANGE_LOG = re.compile(r"(?i)(?:^|/)(?:changes|changelog|history|news|releases?)(?:\.\w+)?$|(?:^|/)changelog\.d/")
_HUNK = re.compile(r"^@@ -\S+ \+\S+ @@ ?(.*)$")
_NOT_DONE = re.compile(r"(?i)^(?:merge|revert|bump|release|version)\b")


class Together(msgspec.Struct, frozen=True):
    """Of the changes of `path`, `times` also changed `other`; `of` is how often `path` changed at all."""

    path: str
    other: str
    times: int
    of: int

    @property
    def surety(self) -> float:
        """The share of changes that it holds for, at least, with 90% probability."""
        return Served(self.times, self.of - self.times).bound(0.1)


def is_fix(commit: Commit) -> bool:
    """Tell whether a commit says that it mends something, and is small enough to tell what."""
    said = bool(_FIX.search(commit.subject)) and not _NOT_DONE.match(commit.subject)
    return said and 0 < len(commit.paths) <= FIX_FILES and main_file(commit.paths) != ""


def main_file(paths: Sequence[str]) -> str:
    """Return the file of a change that it is about: the first one of the program itself, "" if there is none."""
    return next((path for path in paths if _is_program(path)), "")


def _is_program(path: str) -> bool:
    return not is_test(path) and not is_aside(path) and language_of(path) not in _TEXTS


_TEXTS = frozenset({"", "markdown", "yaml", "toml", "json"})


def fixes(project: str, commits: Sequence[Commit], diffs: Mapping[str, str], there: Set[str]) -> list[Pattern]:
    """Return what fixing commits changed, the newest of each subject. What is not `there` any more tells less."""
    found: dict[str, Pattern] = {}
    for commit in commits:
        if commit.id in diffs:
            pattern = fix_of(project, Source.HISTORY, commit.subject, commit.paths, diffs[commit.id])
            if pattern.file not in there:
                pattern = msgspec.structs.replace(pattern, confidence=GONE * pattern.confidence)
            found.setdefault(pattern.key, pattern)
    return list(found.values())


def fix_of(project: str, source: Source, name: str, paths: Sequence[str], diff: str) -> Pattern:
    """Return a fix as a pattern: the diff of its main file, the functions it touched, the files beside it."""
    main = main_file(paths) or (paths[0] if paths else "")
    changed = hunks(diff)
    return Pattern(
        type=PatternType.FIX,
        name=" ".join(name.split())[:SNIPPET_WIDTH],
        project=project,
        source=source,
        snippet=_shortened(changed.get(main, "")),
        language=language_of(main),
        signature=", ".join(_functions(changed.get(main, "")))[:SNIPPET_WIDTH],
        file=main,
        tags=("fix", *(("tested",) if any(map(is_test, paths)) else ())),
        dependencies=tuple(path for path in paths if path != main)[:FIX_FILES],
        words=_changed_words(changed),
        confidence=0.9 if source is Source.HISTORY and any(map(is_test, paths)) else 0.75,
    )


def hunks(diff: str) -> dict[str, str]:
    """Return the hunks of a unified diff, by the path of the file."""
    found: dict[str, list[str]] = defaultdict(list)
    path = old = ""
    left = 0
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            left = 0
        elif not left and line.startswith("--- "):
            old = _path(line[4:])
        elif not left and line.startswith("+++ "):
            path = _path(line[4:]) or old
        elif match := _HUNK.match(line):
            left = 1
            found[path].append(f"@@ {match[1]}".rstrip())
        elif left and line[:1] in " +-\\":
            found[path].append(line)
    return {path: "\n".join(lines) for path, lines in found.items()}


def _path(name: str) -> str:
    bare = name.rstrip("\t").strip('"')
    return "" if bare == "/dev/null" else bare[2:] if bare[:2] in ("a/", "b/") else bare


def _functions(hunk_text: str) -> list[str]:
    """Return what git says that the hunks lie in."""
    heads = (line[3:].strip() for line in hunk_text.splitlines() if line.startswith("@@ "))
    return list(dict.fromkeys(head for head in heads if head))[:5]


def _shortened(text: str) -> str:
    lines = [line[:SNIPPET_WIDTH] for line in text.splitlines()]
    cut = [*lines[:SNIPPET_LINES], f"… {len(lines) - SNIPPET_LINES} more lines"]
    return "\n".join(cut if len(lines) > SNIPPET_LINES else lines)


def _changed_words(changed: Mapping[str, str]) -> str:
    """Return the changed lines of the program, for a recall to find."""
    lines = (line[1:] for path, text in changed.items() if _is_program(path) for line in text.splitlines())
    return " ".join(" ".join(line for line in lines if line.strip()).split())[:2_000]


def together(commits: Iterable[Commit]) -> list[Together]:
    """Return which files change together, of each file the surest companions first."""
    changes: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for commit in commits:
        if len(commit.paths) <= TOGETHER_FILES:
            changes.update(commit.paths)
            pairs.update(combinations(sorted(commit.paths), 2))
    found = [
        Together(path, other, times, changes[path])
        for (first, second), times in pairs.items()
        for path, other in ((first, second), (second, first))
        if times >= TOGETHER_TIMES and times >= TOGETHER_SHARE * changes[path]
    ]
    return sorted(found, key=lambda each: (each.path, -each.surety, each.other))


def lessons(project: str, pairs: Sequence[Together], there: Set[str]) -> list[Pattern]:
    """Return a lesson for each file that seldom changes alone, of those that are still there."""
    companions: dict[str, list[Together]] = defaultdict(list)
    for pair in pairs:
        if pair.path in there and pair.other in there:
            companions[pair.path].append(pair)
    made = [_lesson(project, path, own[:COMPANIONS]) for path, own in companions.items()]
    return sorted(made, key=lambda pattern: (-pattern.confidence, pattern.file))[:MOST_LESSONS]


def lesson_key(project: str, path: str) -> str:
    """Return the key of the lesson about a file."""
    return Pattern(PatternType.LESSON, ALONE.format(path), project, Source.HISTORY, file=path).key


def _lesson(project: str, path: str, own: Sequence[Together]) -> Pattern:
    return Pattern(
        type=PatternType.LESSON,
        name=ALONE.format(path),
        project=project,
        source=Source.HISTORY,
        snippet="\n".join(f"{pair.other}: in {pair.times} of its {pair.of} changes" for pair in own),
        language=language_of(path),
        file=path,
        tags=("together",),
        dependencies=tuple(pair.other for pair in own),
        confidence=round(max(pair.surety for pair in own), 3),
    )


def conventions(project: str, commits: Sequence[Commit]) -> list[Pattern]:
    """Return how the team words its commits, and what goes along with a change of the program."""
    told = [commit for commit in commits[:500] if commit.subject and not _NOT_DONE.match(commit.subject)]
    if len(told) < 20:
        return []
    return [_wording(project, told), *_habits(project, commits)]


_TRAITS: dict[str, Callable[[Commit], bool]] = {
    "begins with a type such as `fix:`": lambda commit: bool(_CONVENTIONAL.match(commit.subject)),
    "begins with a capital letter": lambda commit: commit.subject[:1].isupper(),
    "ends with a full stop": lambda commit: commit.subject.endswith("."),
    "names an issue": lambda commit: bool(_REFERENCE.search(commit.message)),
    "has a body": lambda commit: "\n" in commit.message,
}


def _wording(project: str, told: Sequence[Commit]) -> Pattern:
    lengths = sorted(len(commit.subject) for commit in told)
    shares = {name: sum(map(trait, told)) / len(told) for name, trait in _TRAITS.items()}
    lines = [f"{name}: {share:.0%} of commits" for name, share in shares.items()]
    lines += [f"nine of ten have at most {lengths[int(0.9 * len(lengths))]} characters in the first line"]
    return Pattern(
        type=PatternType.IDIOM,
        name="how commits are worded here",
        project=project,
        source=Source.HISTORY,
        snippet="\n".join(lines),
        tags=("convention", "commit", "message"),
        confidence=0.9,
    )


def _habits(project: str, commits: Sequence[Commit]) -> list[Pattern]:
    """Return what most changes of the program bring along: a test, a line in the change log."""
    program = [commit for commit in commits if len(commit.paths) <= TOGETHER_FILES and main_file(commit.paths)][:500]
    made = []
    if len(program) < 20:
        return []
    logs = Counter(path for commit in program for path in commit.paths if _CHANGE_LOG.search(path))
    log = max(logs, key=lambda path: (logs[path], path), default="")
    for name, path, times in (
        (
            "a change of the program brings a change of its tests",
            "",
            sum(any(map(is_test, c.paths)) for c in program),
        ),
        (f"a change is noted in {log}", log, logs[log]),
    ):
        if times >= HABIT_SHARE * len(program):
            made.append(
                Pattern(
                    type=PatternType.IDIOM,
                    name=name,
                    project=project,
                    source=Source.HISTORY,
                    snippet=f"in {times} of the last {len(program)} changes",
                    file=path,
                    tags=("convention", "habit"),
                    confidence=round(Served(times, len(program) - times).rate, 3),
                )
            )
    return made
