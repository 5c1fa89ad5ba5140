"""What a task asks for, as its text is read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Task(StrEnum):
    """What kind of work a task is."""

    BUGFIX = "bugfix"
    FEATURE = "feature"
    REFACTOR = "refactor"
    TESTS = "tests"
    DOCS = "docs"
    OPTIMIZE = "optimize"
    DEPENDENCIES = "dependencies"
    BUILD = "build"
    SECURITY = "security"
    QUESTION = "question"


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
    """What a task asks for. `confidence` in the kind and `ambiguity` of the whole are from 0 to 1.

    `refined_by` is the model that had a say in it; "" where a program read it alone. `not_refined` tells why no model
    had, though one was asked. `run_id` is the run under which that is booked.
    """

    kind: Task
    confidence: float
    next_kind: Task
    actions: tuple[str, ...]
    entities: tuple[Entity, ...]
    scope: Scope
    ambiguity: float
    unclear: tuple[str, ...]
    refined_by: str = ""
    not_refined: str = ""
    run_id: str = ""


class Refinement(msgspec.Struct, frozen=True):
    """How a model reads a task. `names` are the files, code and options that it is about."""

    kind: Task
    confidence: Share
    next_kind: Task
    actions: tuple[str, ...]
    names: tuple[str, ...]
    scope: Scope
    ambiguity: Share
    unclear: tuple[str, ...]


class Asked(msgspec.Struct, frozen=True):
    """What became of asking a model: its reading, or why there is none, and the run that it is booked under."""

    model: str
    run_id: str = ""
    refinement: Refinement | None = None
    trouble: str = ""
