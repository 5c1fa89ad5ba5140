"""Does one job: `start.py JOB ANSWER`, both files of JSON."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from typing import Any

from .collecting import RUNNERS, Test
from .watching import Watch


def main() -> None:
    """Do the job of the first file and leave the answer in the second."""
    with open(sys.argv[1]) as file:
        job = json.load(file)
    _bound(job["cpu_seconds"])
    sys.path[:1] = [os.getcwd()] if job["from_here"] else []
    answer = Watch(job).run() if job["kind"] == "locate" else sought(job)
    with open(sys.argv[2], "w") as file:
        json.dump(answer, file, sort_keys=True)  # sets are walked in another order in each process


def sought(job: dict[str, Any]) -> dict[str, Any]:
    """Return what a search for edits came to. What that takes is read only now."""
    gc.disable()  # what is loaded now stays: to look for garbage in it again and again costs a tenth of the start
    from .search.seeking import Search

    answer: dict[str, Any] = {"error": "no test was collected"}

    def use(tests: list[Test]) -> None:
        gc.enable()
        answer.clear()
        answer.update(Search(job, tests).run())

    RUNNERS[job["runner"]](job["args"], use)
    return answer


def _bound(seconds: int) -> None:
    """Let no process of this job use more CPU, its forked children included: where no sandbox ends them all with the
    program, one that runs for ever would."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = seconds if hard == resource.RLIM_INFINITY else min(seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
