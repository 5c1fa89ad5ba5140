"""Watches the tracing process: ends tests whose wall time is used up, outlives crashes, and sums up what was told."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback
from typing import Any

from .collecting import RUNNERS, Test
from .tracing import trace

GRACE_SECONDS = 3.0
TRIES = 3
TOLD_LENGTH = 200


class Watch:
    """What the tracing process told so far. It collects the tests itself unless they are given."""

    def __init__(self, job: dict[str, Any], tests: list[Test] | None = None) -> None:
        self.job = job
        self.tests = tests
        self.records: dict[str, dict[str, Any]] = {}
        self.collected = 0
        self._begun = ""
        self._limit: float | None = None
        self._buffer = b""

    def run(self) -> dict[str, Any]:
        """Trace until all tests are done or the time is used up; a test that kills the process is left out."""
        self.job["deadline"] = time.monotonic() + self.job["seconds"]
        self.job["skipped"] = []
        for _ in range(TRIES):
            ended_well = self._process()
            if ended_well or not self._begun or time.monotonic() > self.job["deadline"]:
                break
            self.job["skipped"].append(self._begun)
        records = list(self.records.values())
        with open(self.job["coverage"], "w") as file:
            json.dump(records, file)
        return summary(records, self.collected)

    def _process(self) -> bool:
        """Let a fork trace; tell whether it came to its end."""
        self._begun, self._limit, self._buffer = "", None, b""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            work(self.job, self.tests, writing)
        os.close(writing)
        ended = False
        while not ended and time.monotonic() < self.job["deadline"] + GRACE_SECONDS:
            dead = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            ready = select.select([reading], [], [], 0 if dead else 0.2)[0]
            piece = os.read(reading, 1 << 20) if ready else b""
            ended = self._heard(piece)
            if dead and not piece:  # a daemon that a test left may hold the pipe open
                break
            self._hurry(pid)
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return ended

    def _hurry(self, pid: int) -> None:
        """End the present test if its wall time is used up."""
        if self._limit is not None and time.monotonic() > min(self._limit, self.job["deadline"]):
            os.kill(pid, signal.SIGPROF)

    def _heard(self, piece: bytes) -> bool:
        """Take what was told; return whether it was the end."""
        *lines, self._buffer = (self._buffer + piece).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "begins" in told:
                self._begun, self._limit = told["begins"], time.monotonic() + told["wall"]
            elif "collected" in told:
                self.collected = told["collected"]
            elif "ends" in told:
                return True
            else:
                self.records[told["name"]] = told
        return False


def work(job: dict[str, Any], tests: list[Test] | None, pipe: int) -> None:
    """Collect unless that is done, and trace, in the fork."""

    def tell(what: dict[str, Any]) -> None:
        words = json.dumps(what).encode() + b"\n"
        while words:
            words = words[os.write(pipe, words) :]

    def use(tests: list[Test]) -> None:
        trace(job, tests, tell)
        tell({"ends": True})

    try:
        if tests is None:
            RUNNERS[job["runner"]](job["args"], use)
        else:
            use(tests)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def summary(records: list[dict[str, Any]], collected: int) -> dict[str, Any]:
    """Return the failing tests, the passing ones that share lines with them, and for each line which of them run it.

    The tests of a line are bits in a number, in hexadecimal; lines that the same tests run share it as a block.
    """
    failing = [record for record in records if not record["passed"]]
    if not failing:
        return {
            "error": "no failing test was traced" if collected else "no test was collected",
            "collected": collected,
        }
    passing = [record for record in records if record["passed"]]
    hits: dict[tuple[str, int], int] = {}
    depths: dict[tuple[str, int], int] = {}
    for number, record in enumerate(failing):
        for path, lines in record["lines"].items():
            for line in lines:
                hits[path, line] = hits.get((path, line), 0) | 1 << number
        for path, line, depth in record["depths"]:
            depths[path, line] = min(depth, depths.get((path, line), depth))
    sharing = [r for r in passing if any((path, line) in hits for path in r["lines"] for line in r["lines"][path])]
    for number, record in enumerate(sharing, len(failing)):
        for path, lines in record["lines"].items():
            for line in lines:
                if (path, line) in hits:
                    hits[path, line] |= 1 << number
    blocks = sorted(set(hits.values()))
    place = {block: number for number, block in enumerate(blocks)}
    told: dict[str, dict[int, int]] = {}
    for (path, line), block in hits.items():
        told.setdefault(path, {})[line] = place[block]
    return {
        "tests": [of_test(record) for record in (*failing, *sharing)],
        "passing": len(passing),
        "blocks": [f"{block:x}" for block in blocks],
        "lines": told,
        "depths": [[path, line, depth] for (path, line), depth in sorted(depths.items())],
        "collected": collected,
    }


def of_test(record: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a test."""
    told = {"name": record["name"], "passed": bool(record["passed"])}
    if not record["passed"]:
        told |= {"raised": record["raised"], "frames": record["frames"], "words": record["words"][:TOLD_LENGTH]}
    return told
