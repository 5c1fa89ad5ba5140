"""Ranks the files and functions that an issue is likely about, without a model.

Each file is judged by several signs, each scaled by the best file's; what they count was learnt on issues whose
fixes are known, by repositories held out in turn (docs/codebase.md). No sign knows a repository by name.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from heapq import nlargest
from math import log, sqrt

import msgspec

from journeyman.codebase.contract import Kind, Located
from journeyman.codebase.digesting import NAME, SYMBOL_BITS
from journeyman.codebase.functions import SURE_PLACES, ChunkScores, rank_functions
from journeyman.codebase.history import Past
from journeyman.codebase.issues import IN_TITLE, Frame, Issue, read_issue
from journeyman.codebase.parsing import FUNCTIONS
from journeyman.codebase.paths import is_aside, is_test
from journeyman.codebase.postings import Posting
from journeyman.codebase.viewing import Row, View, kinds_of
from journeyman.codebase.weighing import Fields, Weights
from journeyman.codebase.words import Terms

_TERMS = Terms()
_FUNCTIONS = kinds_of(FUNCTIONS)
_MODULE = kinds_of({Kind.MODULE})

COMMON = 0.35
"""A term in more than this share of the chunks is left out."""

SURE_FILES = 8
HEARD_ALONE = ("defines", "alike")
"""Signs of which the best file further down comes behind the first ones: a sum hides what one sign alone knows."""

BEST_CHUNKS = (1.0, 0.6, 0.4, 0.3, 0.25)
MOST_DEFINERS = 30


class Signs(msgspec.Struct):
    """What speaks for a file."""

    words: float = 0.0
    title: float = 0.0
    best_title: float = 0.0
    best_prose: float = 0.0
    best_code: float = 0.0
    path: float = 0.0
    defines: float = 0.0
    named: float = 0.0
    frame: float = 0.0
    alike: float = 0.0


class Judgement(msgspec.Struct, frozen=True):
    """What each sign counts, and what a file is worth that is a test or stands aside."""

    words: float = 0.9
    title: float = 0.4
    best_title: float = 0.6
    best_prose: float = 0.2
    best_code: float = 0.15
    path: float = 0.55
    defines: float = 0.25
    named: float = 0.7
    frame: float = 0.2
    alike: float = 0.3
    test: float = 0.35
    aside: float = 0.75
    text: float = 0.4


def locate(view: View, text: str, limit: int, past: Past, judgement: Judgement | None = None) -> list[Located]:
    """Return the files and functions that an issue is likely about, best first, as many of each as asked for."""
    issue = read_issue(text, _TERMS)
    judgement = judgement or Judgement()
    ranking = Ranking(view, issue, past)
    files = ranking.files(judgement)[:limit]
    functions = ranking.functions(files, judgement)[:limit]
    return _interleaved(view, files, functions)


def _by_content(scores: Mapping[int, float]) -> dict[int, list[float]]:
    """Return the scores of chunks by the content that they are of."""
    found: dict[int, list[float]] = defaultdict(list)
    for id, score in scores.items():
        found[id >> SYMBOL_BITS].append(score)
    return found


def _interleaved(view: View, files: list[tuple[int, float]], functions: list[Located]) -> list[Located]:
    """Return files and functions in one list, both in their own order, a function never before its file.

    Who reads only the paths, of files and functions alike, so finds the files in their order.
    """
    mixed: list[Located] = []
    told: set[str] = set()
    waiting = deque(functions)
    for content, score in files:
        path = view.paths[content][0]
        mixed.append(Located(path, round(score, 4)))
        told.add(path)
        while waiting and waiting[0].place.partition(":")[0] in told:
            mixed.append(waiting.popleft())
    return [*mixed, *waiting]


class Ranking:
    """Judges the files of a view by an issue."""

    def __init__(self, view: View, issue: Issue, past: Past) -> None:
        self.view = view
        self.issue = issue
        self.past = past
        self.pointed_at: list[int] = []
        self.ended_in = 0
        self.chunks = ChunkScores()
        self.signs = self._signs()

    def files(self, judgement: Judgement) -> list[tuple[int, float]]:
        """Return the contents with their scores, best first."""
        names = Signs.__struct_fields__
        code = [
            signs for content, signs in self.signs.items() if self._standing(content, judgement) >= judgement.aside
        ]
        best = {name: max((getattr(signs, name) for signs in code), default=0) or 1 for name in names}
        scored = []
        for content, signs in self.signs.items():
            score = sum(getattr(judgement, name) * getattr(signs, name) / best[name] for name in names)
            scored.append((content, score * self._standing(content, judgement)))
        ranked = sorted(scored, key=lambda each: (-each[1], self.view.paths[each[0]][0]))
        return self._heard(self._lifted(ranked))

    def _heard(self, ranked: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Return a ranking with the best file by single signs behind the first ones, if it is no test and no text."""
        first, rest = ranked[:SURE_FILES], ranked[SURE_FILES:]
        for name in HEARD_ALONE:
            due = [
                (getattr(self.signs[content], name), score, content)
                for content, score in rest
                if not is_test(self.view.paths[content][0]) and self.view.languages.get(content) not in _TEXTS
            ]
            strength, _, best = max(due, default=(0.0, 0.0, 0))
            if strength:
                first.append((best, rest[0][1]))
                rest = [each for each in rest if each[0] != best]
        return [*first, *rest]

    def _lifted(self, ranked: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Return a ranking with what the title names by its path, and where a traceback ends, among the first."""
        for content in self.pointed_at:
            place = next((place for place, each in enumerate(ranked) if each[0] == content), 0)
            if place >= SURE_PLACES and not is_test(self.view.paths[content][0]):
                ranked.insert(SURE_PLACES - 1, (content, ranked[SURE_PLACES - 1][1]))
                del ranked[place + 1]
        return ranked

    def _standing(self, content: int, judgement: Judgement) -> float:
        path = self.view.paths[content][0]
        standing = judgement.test if is_test(path) else judgement.aside if is_aside(path) else 1.0
        return standing if self.view.languages.get(content) not in _TEXTS else standing * judgement.text

    def functions(self, files: list[tuple[int, float]], judgement: Judgement) -> list[Located]:
        """Return functions in the best files, best first."""
        standing = [(content, score, self._standing(content, judgement)) for content, score in files]
        return rank_functions(self.view, self.chunks, standing, self.ended_in)

    def _signs(self) -> dict[int, Signs]:
        signs: dict[int, Signs] = defaultdict(Signs)
        self._weigh_words(signs)
        self._weigh_files_by_chunks(signs)
        self._weigh_paths(signs)
        self._weigh_names(signs)
        self._weigh_places(signs)
        for path, score in self.past.likeness(self.issue.terms).items():
            if path in self.view.contents and self.view.contents[path] in signs:
                signs[self.view.contents[path]].alike = score
        return signs

    def _weigh_words(self, signs: dict[int, Signs]) -> None:
        """Add up the terms, for each chunk and for each file."""
        files: dict[int, float] = defaultdict(float)
        lengths = self.view.lengths
        usual = sum(lengths.values()) / max(len(lengths), 1) or 1
        for term, weight in self.issue.terms.items():
            found = self.view.postings(term)
            if found is None or len(found[0]) > COMMON * self.view.chunks > 100:
                continue
            times = self._weigh_chunks(term, weight, found)
            rarity = weight * log(1 + len(lengths) / len(times))
            for content, count in times.items():
                long = 0.5 + 0.5 * lengths.get(content, usual) / usual
                files[content] += rarity * 2.2 * count / (count + 1.2 * long)
        for content, score in files.items():
            signs[content].words = score

    def _weigh_chunks(self, term: str, weight: float, found: Posting) -> dict[int, int]:
        """Add a term to the chunks that it stands in; returns how often it is in each file, in names counted more."""
        rarity = log(1 + self.view.chunks / len(found[0]))
        adding = [(self.chunks.words, rarity * weight)]
        adding += [
            (scores, rarity * self.issue.parts[part][term])
            for part, scores in self.chunks.parts.items()
            if term in self.issue.parts[part]
        ]
        name_scores, times = self.chunks.names, defaultdict[int, int](int)
        for id, payload in zip(*found, strict=True):
            told = _WEIGHTS[payload]
            for scores, worth in adding:
                scores[id] += told * worth
            times[id >> SYMBOL_BITS] += (payload & 15) + (4 if payload & NAME else 0)
            if payload & NAME:
                name_scores[id] += rarity * weight
        return times

    def _weigh_files_by_chunks(self, signs: dict[int, Signs]) -> None:
        """Add up the chunks of each file that are best for the title; of each part, the best one counts."""
        for content, own in _by_content(self.chunks.parts["title"]).items():
            leading = nlargest(len(BEST_CHUNKS), own)
            signs[content].title = sum(a * b for a, b in zip(leading, BEST_CHUNKS, strict=False))
        for part, scores in self.chunks.parts.items():
            best: dict[int, float] = {}
            for id, score in scores.items():
                if score > best.get(id >> SYMBOL_BITS, 0.0):
                    best[id >> SYMBOL_BITS] = score
            for content, score in best.items():
                setattr(signs[content], f"best_{part}", score)

    def _weigh_paths(self, signs: dict[int, Signs]) -> None:
        """Look for the issue's terms in the paths."""
        terms, weights = self.view.path_terms, self.issue.terms
        count = len(terms)
        rarity: dict[str, float] = {}
        for term in weights:
            holding = self.view.path_term_counts.get(term, 0)
            if holding:
                rarity[term] = sqrt(weights[term]) * log(1 + count / holding)
        for content, (folders, name) in terms.items():
            score = sum(rarity.get(term, 0.0) for term in name) + 0.4 * sum(rarity.get(term, 0.0) for term in folders)
            if score:
                signs[content].path = score

    def _weigh_names(self, signs: dict[int, Signs]) -> None:
        """Look up who defines the names that the issue mentions."""
        dotted_names = {part: name for name in self.issue.dotted for part in name.replace("::", ".").split(".")}
        for name, weight in self.issue.names.items():
            rows = [row for row in self.view.named(name, 400) if row[1] == name and row[2] not in _MODULE]
            rows = [row for row in rows if not is_test(self.view.paths[row[0] >> SYMBOL_BITS][0])]
            if not rows or len(rows) > MOST_DEFINERS:
                continue
            qualified = dotted_names.get(name, "")
            for row in rows:
                share = weight / sqrt(len(rows))
                if qualified and self._lies_in(row, qualified):
                    share *= 2
                self.chunks.defines[row[0]] += share
                signs[row[0] >> SYMBOL_BITS].defines += share

    def _lies_in(self, row: Row, dotted: str) -> bool:
        """Tell whether what stands before a name, as in `package.module.Class.name`, is what the symbol lies in."""
        before = dotted.replace("::", ".").split(".")
        around = self.view.qualified(row).split(".")
        path = self.view.paths[row[0] >> SYMBOL_BITS][0].rpartition(".")[0].split("/")
        whole = [*path, *around]
        parts = before[: before.index(row[1])] if row[1] in before else before
        return bool(parts) and parts[-1] in whole[:-1]

    def _weigh_places(self, signs: dict[int, Signs]) -> None:
        """Look for the files that are named: by their path, as a module, in a traceback."""
        for path, weight in self.issue.paths.items():
            for content in self._at(path)[:3]:
                signs[content].named = max(signs[content].named, weight)
            if weight >= IN_TITLE:
                self.pointed_at += self._at(path)[:1]
        for name, weight in self.issue.dotted.items():
            parts = name.replace("::", ".").split(".")
            for end in range(len(parts), 1, -1):
                found = self._module(parts[:end])
                if found:
                    signs[found[0]].named = max(signs[found[0]].named, 0.5 * weight)
                    break
        frames = [(frame, content) for frame in self.issue.frames for content in self._at(frame.path)[:1]]
        self.pointed_at += [content for _, content in frames[-1:]]
        for back, (frame, content) in enumerate(reversed(frames)):
            worth = 1.0 / (1 + 0.5 * back)
            signs[content].frame = max(signs[content].frame, worth)
            self._weigh_frame(frame, content, worth)

    def _weigh_frame(self, frame: Frame, content: int, worth: float) -> None:
        for row in self.view.rows_of(content):
            if row[1] == frame.name and row[2] in _FUNCTIONS:
                self.chunks.defines[row[0]] += 2 * worth
                self.ended_in = self.ended_in or row[0]

    def _module(self, parts: list[str]) -> list[int]:
        """Return the contents of a module that is named with dots."""
        endings = ("/__init__.py", *(f".{ending}" for ending in ("py", "js", "ts", "go", "rs", "java", "rb", "php")))
        return next(filter(None, (self._at("/".join(parts) + ending) for ending in endings)), [])

    def _at(self, path: str) -> list[int]:
        """Return the contents whose paths end in a path, or the other way round as in an installed package."""
        parts = path.lstrip("./").split("/")
        name = parts[-1]
        best: list[tuple[int, str, int]] = []
        for own, content in self.view.by_file_name.get(name, ()):
            theirs = own.split("/")
            same = 0
            while same < min(len(parts), len(theirs)) and parts[-1 - same] == theirs[-1 - same]:
                same += 1
            if same == len(parts) or same == len(theirs) or (same > 1 and path.startswith("/")):
                best.append((-same, own, content))
        return [content for _, _, content in sorted(best)]


_WEIGHTS = Weights(Fields(name=2.0, parent=1.0, length=0.3, usual=120.0))
_TEXTS = frozenset({"", "markdown", "json", "yaml", "toml", "html", "css"})
