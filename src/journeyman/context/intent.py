"""Reads from a task's text, without a model, what kind of work is asked for, on what, how widely, how clearly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec.structs import replace

from journeyman.codebase import Code
from journeyman.context.intents import (
    ACTIONS,
    AT_FIRST_WORD,
    BROAD,
    FIRST_LINE,
    FIRST_WORD,
    FURTHER,
    LABELLED,
    LABELS,
    SIGNS,
    STATED,
    VAGUE,
    WISH,
)
from journeyman.domain.intents import Asked, Entity, Intent, Scope, Task

LONGEST = 20_000
SHORT = 6
"""Words below which a task says little."""

STATEMENT = 3
"""Words that state something: what is wrong, mostly."""

DOUBT = 1.0
"""What speaks against any reading: few signs make none sure."""

MOST_NAMED, LONGEST_DOUBT = 30, 200
"""What is taken of a model's answer: names, and characters of each doubt."""

_WORD = re.compile(r"[A-Za-z][a-z-]{1,24}")
_LABEL = re.compile(r"^\W*([A-Za-z]+)(?:\([^)]*\))?!?[\]:)]")
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PATH = re.compile(r"(?<![\w/])(?:[\w.-]+/)+[\w.-]*\w|(?<![\w/.])[\w-]+\.[a-z]{1,4}\b(?!\()")
_CODE = re.compile(
    r"`([^`\n]{2,80})`|\b([A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+)\b|\b([A-Za-z_]\w*)\(\)|"
    r"\b([a-z]+(?:_[a-z0-9]+)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+|[a-z]+[A-Z]\w+|__\w+__)\b"
)
_OPTION = re.compile(r"(?<!\S)--[a-z][\w-]+")


def understand_intent(text: str, code: Code | None = None) -> Intent:
    """Return what a task asks for. `code` is looked through for what the task names."""
    text = text.strip()[:LONGEST]
    first, _, rest = text.partition("\n")
    scores = _scores(first, _FENCED.sub(" ", rest))
    ranked = sorted(Task, key=lambda kind: (-scores[kind], list(Task).index(kind)))
    total = sum(scores.values())
    confidence = round((scores[ranked[0]] - scores[ranked[1]] / 2) / (total + DOUBT), 2)
    kind = ranked[0] if total else Task.FEATURE
    entities = tuple(_entities(text, code))
    scope = _scope(text, entities)
    unclear = tuple(_unclear(text, confidence, entities, scope, code))
    return Intent(
        kind=kind,
        confidence=confidence,
        next_kind=next(each for each in ranked if each is not kind),
        actions=_actions(first, rest),
        entities=entities,
        scope=scope,
        ambiguity=round(min(sum(weight for _, weight in unclear), 1.0), 2),
        unclear=tuple(words for words, _ in unclear),
    )


def refined(read: Intent, asked: Asked, text: str, code: Code) -> Intent:
    """Return a reading with what a model makes of it. What it names counts only where the task or the repository has
    it; without its answer, the program's reading stands."""
    found = asked.refinement
    if found is None:
        return replace(read, not_refined=asked.trouble, run_id=asked.run_id)
    return replace(
        read,
        kind=found.kind,
        confidence=round(found.confidence, 2),
        next_kind=found.next_kind if found.next_kind is not found.kind else read.kind,
        actions=tuple(dict.fromkeys(word.lower() for word in found.actions if _WORD.fullmatch(word)))[:8],
        entities=tuple(_with_named(read.entities, found.names, text, code)),
        scope=found.scope,
        ambiguity=round(found.ambiguity, 2),
        unclear=tuple(words for each in found.unclear if (words := " ".join(each.split())[:LONGEST_DOUBT]))[:8],
        refined_by=asked.model,
        run_id=asked.run_id,
    )


def _with_named(read: tuple[Entity, ...], names: tuple[str, ...], text: str, code: Code) -> Iterator[Entity]:
    """Yield what a program read, and what a model names besides."""
    yield from read
    seen, paths = {each.name for each in read}, code.paths()
    for given in dict.fromkeys(names[:MOST_NAMED]):
        path, _, name = given.strip().rpartition(":") if ":" in given else ("", "", given.strip())
        kind = "option" if name.startswith("--") else "path" if name in paths or "/" in name else "code"
        places = [each for each in _places(kind, name, code, paths) if not path or each.startswith(path)]
        if name and name not in seen and (places or name in text):
            seen.add(name)
            yield Entity(kind, name, tuple(places))


def _scores(first: str, rest: str) -> dict[Task, float]:
    scores = dict.fromkeys(Task, 0.0)
    for kind, pattern, weight in _patterns():
        scores[kind] += weight * FIRST_LINE * bool(pattern.search(first)) + weight * FURTHER * bool(
            pattern.search(rest)
        )
    word = re.match(r"\W*(?:please\s+|\w+:\s+)?([A-Za-z]+)", first)
    if word and (ordered := FIRST_WORD.get(word[1].lower())) is not None:
        scores[ordered] += AT_FIRST_WORD
    states = word and word[1].lower() not in {*ACTIONS, *FIRST_WORD} and len(first.split()) >= STATEMENT
    if states and not re.search(WISH, first, re.IGNORECASE):
        scores[Task.BUGFIX] += STATED
    label = _LABEL.match(first)
    if label and (labelled := LABELS.get(label[1].lower())) is not None:
        scores[labelled] += LABELLED
    return scores


@cache
def _patterns() -> tuple[tuple[Task, re.Pattern[str], float], ...]:
    return tuple(
        (kind, re.compile(pattern, re.IGNORECASE), weight)
        for kind, signs in SIGNS.items()
        for pattern, weight in signs
    )


def _actions(first: str, rest: str) -> tuple[str, ...]:
    """Return the verbs of a task that name work, in their order."""
    words = re.findall(r"[a-z]+", f"{first}\n{rest}".lower())
    return tuple(dict.fromkeys(word for word in words if word in ACTIONS))[:8]


def _entities(text: str, code: Code | None) -> Iterator[Entity]:
    seen: set[str] = set()
    paths = code.paths() if code is not None else {}
    for kind, pattern in (("path", _PATH), ("option", _OPTION), ("code", _CODE)):
        for match in pattern.finditer(text):
            name = next((group for group in match.groups() if group), match[0])
            if name in seen or (kind == "code" and _PATH.fullmatch(name) and "/" in name):
                continue
            seen.add(name)
            yield Entity(kind, name, tuple(_places(kind, name, code, paths)))


def _places(kind: str, name: str, code: Code | None, paths: dict[str, str]) -> list[str]:
    if kind == "path":
        return [path for path in paths if path == name or path.endswith(f"/{name}") or path.startswith(f"{name}/")][
            :3
        ]
    if kind == "code" and code is not None:
        last = re.split(r"\.|::", name.removesuffix("()"))[-1]
        return sorted({symbol.place for symbol in code.named(last)})[:3] if last.isidentifier() else []
    return []


def _scope(text: str, entities: tuple[Entity, ...]) -> Scope:
    if re.search(BROAD, text.partition("\n")[0], re.IGNORECASE):
        return Scope.REPOSITORY
    files = {place.partition(":")[0] for each in entities if len(each.places) == 1 for place in each.places}
    files |= {each.name for each in entities if each.kind == "path" and not each.places}
    if len(files) > 1:
        return Scope.SEVERAL
    code = [each for each in entities if each.kind == "code"]
    if code and len(code) <= 3:
        return Scope.FUNCTION
    return Scope.FILE if files else Scope.SEVERAL if code else Scope.UNKNOWN


def _unclear(
    text: str, confidence: float, entities: tuple[Entity, ...], scope: Scope, code: Code | None
) -> Iterator[tuple[str, float]]:
    """Yield what is unclear, and how much."""
    if len(text.split()) < SHORT:
        yield "it is very short", 0.3
    if confidence < 0.35:
        yield "it is not clear what kind of work is asked for", 0.25
    if not entities:
        yield "it names no file, function or option", 0.25
    elif code is not None and not any(each.places for each in entities):
        yield "nothing that it names is in the repository", 0.25
    if scope is Scope.UNKNOWN:
        yield "it does not say where", 0.1
    for pattern, weight in VAGUE:
        found = dict.fromkeys(words.lower() for words in re.findall(pattern, text, re.IGNORECASE))
        if found:
            yield f"{', '.join(map(repr, found))} leaves open what is meant", weight
