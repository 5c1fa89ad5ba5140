"""Reads from a task's text, without a model, what kind of work is asked for, on what, how widely, how clearly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache

import msgspec

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
    Task,
)

LONGEST = 20_000
SHORT = 6
"""Words below which a task says little."""

_LABEL = re.compile(r"^\W*([A-Za-z]+)(?:\([^)]*\))?!?[\]:)]")
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PATH = re.compile(r"(?<![\w/])(?:[\w.-]+/)+[\w.-]*\w|(?<![\w/.])[\w-]+\.[a-z]{1,4}\b(?!\()")
_CODE = re.compile(
    r"`([^`\n]{2,80})`|\b([A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+)\b|\b([A-Za-z_]\w*)\(\)|"
    r"\b([a-z]+(?:_[a-z0-9]+)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+|[a-z]+[A-Z]\w+|__\w+__)\b"
)
_OPTION = re.compile(r"(?<!\S)--[a-z][\w-]+")


class Scope(StrEnum):
    """How much a task touches, as far as its text tells."""

    FUNCTION = "function"
    FILE = "file"
    SEVERAL = "several files"
    REPOSITORY = "repository"
    UNKNOWN = "unknown"


class Entity(msgspec.Struct, frozen=True):
    """Something that a task names: a path, code, an option. `places` is where the repository has it."""

    kind: str
    name: str
    places: tuple[str, ...] = ()


class Intent(msgspec.Struct, frozen=True):
    """What a task asks for. `confidence` in the kind and `ambiguity` of the whole are from 0 to 1."""

    kind: Task
    confidence: float
    next_kind: Task
    actions: tuple[str, ...]
    entities: tuple[Entity, ...]
    scope: Scope
    ambiguity: float
    unclear: tuple[str, ...]


def understand_intent(text: str, code: Code | None = None) -> Intent:
    """Return what a task asks for. `code` is looked through for what the task names."""
    text = text.strip()[:LONGEST]
    first, _, rest = text.partition("\n")
    scores = _scores(first, _FENCED.sub(" ", rest))
    ranked = sorted(Task, key=lambda kind: (-scores[kind], list(Task).index(kind)))
    total = sum(scores.values())
    confidence = round((scores[ranked[0]] - scores[ranked[1]] / 2) / total, 2) if total else 0.0
    entities = tuple(_entities(text, code))
    scope = _scope(text, entities)
    unclear = tuple(_unclear(text, confidence, entities, scope, code))
    return Intent(
        kind=ranked[0] if total else Task.FEATURE,
        confidence=confidence,
        next_kind=ranked[1],
        actions=_actions(first, rest),
        entities=entities,
        scope=scope,
        ambiguity=round(min(sum(weight for _, weight in unclear), 1.0), 2),
        unclear=tuple(words for words, _ in unclear),
    )


def _scores(first: str, rest: str) -> dict[Task, float]:
    scores = dict.fromkeys(Task, 0.0)
    for kind, pattern, weight in _patterns():
        scores[kind] += weight * FIRST_LINE * bool(pattern.search(first)) + weight * FURTHER * bool(
            pattern.search(rest)
        )
    word = re.match(r"\W*(?:please\s+|\w+:\s+)?([A-Za-z]+)", first)
    if word and (ordered := FIRST_WORD.get(word[1].lower())) is not None:
        scores[ordered] += AT_FIRST_WORD
    if word and word[1].lower() not in {*ACTIONS, *FIRST_WORD} and not re.search(WISH, first, re.IGNORECASE):
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
