"""Which files a task will change: what the words point at, with what the past adds to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from journeyman.codebase.index import CodeIndex
from journeyman.codebase.memory.remembering import Memory
from journeyman.domain.patterns import Pattern, PatternType, Recalled

LEADING = 5
"""So many of the located files bring their companions along."""

COMPANION = 0.5
FIX = 0.05
LOCATED, RECALLED = 100, 20


async def located_files(index: CodeIndex, text: str, there: Collection[str]) -> list[tuple[str, float]]:
    """Return the files that an index alone finds a text to be about, best first."""
    return [(each.place, each.score) for each in await index.locate(text, LOCATED) if each.place in there]


async def suggested(
    memory: Memory, project: str, text: str, located: Sequence[tuple[str, float]], there: Collection[str]
) -> list[tuple[str, float]]:
    """Return the files that a task is likely to change, best first: what is located, with what is remembered."""
    recalled = await memory.recall(project, text, RECALLED, (PatternType.FIX,))
    companions = await memory.companions(project, [path for path, _ in located[:LEADING]])
    return files_to_change(located, recalled, companions, there)


def files_to_change(
    located: Sequence[tuple[str, float]],
    recalled: Sequence[Recalled],
    companions: Mapping[str, Pattern],
    there: Collection[str],
) -> list[tuple[str, float]]:
    """Return the files that a task is likely to change, best first.

    `located` is what the words point at, `recalled` what the memory brings up, `companions` the lessons about located
    files. `there` are the files that exist.
    """
    scores: dict[str, float] = defaultdict(float)
    best = max((score for _, score in located), default=0.0) or 1.0
    for path, score in located:
        scores[path] += score / best
    for at, (path, score) in enumerate(located[:LEADING]):
        lesson = companions.get(path)
        for other, share in shares_of(lesson) if lesson else ():
            scores[other] += COMPANION * share * score / best / (1 + 0.3 * at)
    strongest = max((each.score for each in recalled), default=0.0) or 1.0
    for each in recalled:
        if each.pattern.type is PatternType.FIX:
            files = [each.pattern.file, *each.pattern.dependencies]
            for path in files:
                scores[path] += FIX * each.score / strongest / len(files) ** 0.5
    ranked = sorted(scores.items(), key=lambda each: (-each[1], each[0]))
    return [(path, round(score, 4)) for path, score in ranked if path in there]


def shares_of(lesson: Pattern) -> list[tuple[str, float]]:
    """Return the companions of a lesson's file, each with the share of the changes that it was part of."""
    found = []
    for line in lesson.snippet.splitlines():
        other, _, told = line.rpartition(": in ")
        times, _, rest = told.partition(" of its ")
        of = rest.partition(" ")[0]
        if times.isdigit() and of.isdigit() and int(of):
            found.append((other, int(times) / int(of)))
    return found
