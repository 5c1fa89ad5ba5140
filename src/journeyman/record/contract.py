"""The file of a recorded run: a zip with JSON, JSON lines and one git pack. `docs/record.md` tells what is in it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from journeyman.domain.exchanges import Answer, ExchangeState
from journeyman.domain.runs import Run
from journeyman.store import RunFacts

FORMAT = "journeyman-record"
VERSION = 1
"""Grows when an older Journeyman could not replay a newer file."""

MANIFEST = "manifest.json"
RUN = "run.json"
EXCHANGES = "exchanges.jsonl"
TOOL_CALLS = "tools.jsonl"
COMMANDS = "commands.jsonl"
JOURNAL = "journal.jsonl"
MESSAGES = "messages.jsonl"
WORDS = "words.jsonl"
LOG = "log.jsonl"
TREES = "trees.pack"


class Manifest(msgspec.Struct, frozen=True):
    """What a file is, and with what it was written."""

    format: str
    version: int
    run_id: str = ""
    journeyman: str = ""
    python: str = ""
    git: str = ""


class RunPart(msgspec.Struct, frozen=True):
    """The run and what its steps found out. `base_tree` is the tree of the base commit."""

    run: Run
    facts: RunFacts
    base_tree: str


class ExchangeLine(msgspec.Struct, frozen=True):
    """One exchange. Its request is kept by the one before it of the same role, `like`: so many characters of that
    one's beginning, then `middle`, then so many of its end. No `like`: `middle` is all of it."""

    exchange_id: str
    key: str
    attempt: int
    state: ExchangeState
    role: str
    model: str
    like: str
    head: int
    tail: int
    middle: str
    answer: Answer | None
    cost_usd: float
    reason: str
    sent_at: datetime
    ended_at: datetime | None
