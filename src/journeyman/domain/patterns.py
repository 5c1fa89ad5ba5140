"""What a memory holds: patterns, where they come from, and how well they have served."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from math import exp, lgamma, log

import msgspec


class PatternType(StrEnum):
    """What a pattern is."""

    FUNCTION = "function"
    CLASS = "class"
    IDIOM = "idiom"
    FIX = "fix"
    TEST_SHAPE = "test_shape"
    COMMAND = "command"
    LESSON = "lesson"


class Source(StrEnum):
    """Where a pattern comes from. `history` and `code` are what a team has merged, `run` what checks have passed."""

    HISTORY = "history"
    CODE = "code"
    RUN = "run"
    PERSON = "person"
    ISSUE = "issue"
    PULL_REQUEST = "pull_request"
    LOG = "log"
    WEB = "web"
    AGENT = "agent"

    @property
    def outside(self) -> bool:
        """Whether anybody may have written it: such a pattern is held until a person lets it in."""
        return self in (Source.ISSUE, Source.PULL_REQUEST, Source.LOG, Source.WEB, Source.AGENT)


class Standing(StrEnum):
    """Whether a pattern is recalled: a held one waits for a person, a retired one did not help."""

    ACTIVE = "active"
    HELD = "held"
    RETIRED = "retired"


class Served(msgspec.Struct, frozen=True):
    """How the runs ended that were shown a pattern: a Beta posterior over a flat prior."""

    helped: int = 0
    failed: int = 0

    @property
    def rate(self) -> float:
        """The mean of the posterior."""
        return (1 + self.helped) / (2 + self.helped + self.failed)

    def bound(self, share: float) -> float:
        """Return the success rate below which the true one is with a probability of `share`."""
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self._below(middle) < share else (low, middle)
        return (low + high) / 2

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true success rate is with 95% probability."""
        return self.bound(0.025), self.bound(0.975)

    def _below(self, rate: float) -> float:
        """Return the probability that the true rate is below one: with whole numbers, the tail of a binomial."""
        if not 0 < rate < 1:
            return float(rate >= 1)
        tries, least = self.helped + self.failed + 1, self.helped + 1
        ways = lgamma(tries + 1)
        return sum(
            exp(ways - lgamma(n + 1) - lgamma(tries - n + 1) + n * log(rate) + (tries - n) * log(1 - rate))
            for n in range(least, tries + 1)
        )


class Pattern(msgspec.Struct, frozen=True):
    """Something worth remembering of a project.

    `file` is what it is about, `dependencies` the other files or names it needs. `words` are found by a recall and
    never shown. `confidence`, from 0 to 1, is how sure it is that the pattern is one at all, whatever became of runs
    that were shown it. `number` is given by the store.
    """

    type: PatternType
    name: str
    project: str
    source: Source
    snippet: str = ""
    language: str = ""
    signature: str = ""
    file: str = ""
    tags: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    words: str = ""
    complexity: int = 0
    confidence: float = 0.5
    served: Served = Served()
    times_recalled: int = 0
    pinned: bool = False
    standing: Standing = Standing.ACTIVE
    number: int = 0
    learned_at: datetime | None = None

    @property
    def key(self) -> str:
        """What stays the same when it is learnt again."""
        parts = (self.project, self.type.value, self.name, self.file)
        return blake2b("\0".join(parts).encode(errors="replace"), digest_size=16).hexdigest()

    @property
    def success_rate(self) -> float:
        """The mean of the posterior of its success."""
        return self.served.rate


class Recalled(msgspec.Struct, frozen=True):
    """A pattern that a question brought up: `score` is relevance × success × confidence; relevance is from 0 to 1."""

    pattern: Pattern
    relevance: float
    score: float


class MemoryStats(msgspec.Struct, frozen=True):
    """What a project's memory holds, and how runs ended that were shown some of it."""

    project: str
    patterns: int
    by_type: dict[str, int]
    by_standing: dict[str, int]
    pinned: int
    recalled: int
    runs: Served


def retires(served: Served, runs: Served) -> bool:
    """Tell whether a pattern does not help: even the upper end of its interval is below what is usual.

    Usual is the rate of all runs of the project that were shown something, but half of them at most: where everything
    succeeds, a pattern that mostly does is no harm.
    """
    return served.interval[1] < min(0.5, runs.rate)
