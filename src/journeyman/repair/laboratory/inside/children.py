"""Records what a test's child processes run: Python programs that it starts, and forks of itself.

A program started with the test's environment finds our `sitecustomize` first, which stands first on PYTHONPATH; it
hands on to the repository's own.
What a child ran is left in a file when it ends; a child that is killed leaves none.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from typing import Any

from .recording import Recorder, Run, Wanted, rich

PRESENT = "present"
"""The file that holds the number of the test at work; there is none between tests."""

SITE = """import importlib.machinery, importlib.util, os, sys
here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.dirname(here)
if os.path.exists(os.path.join(folder, "present")):
    sys.path.insert(0, folder)
    try:
        from journeyman_laboratory.children import follow
        follow(folder)
    except Exception:
        pass
    sys.path.remove(folder)
sys.path[:] = [place for place in sys.path if os.path.abspath(place) != here]
spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
if spec is not None:
    sys.modules["sitecustomize"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["sitecustomize"])
"""


class Children:
    """What the children of the present test ran."""

    def __init__(self, folder: str, wanted: Wanted) -> None:
        self._folder = folder
        self._wanted = wanted
        site = os.path.join(folder, "site")
        os.makedirs(site, exist_ok=True)
        os.makedirs(os.path.join(folder, "ran"), exist_ok=True)
        with open(os.path.join(site, "sitecustomize.py"), "w") as file:
            file.write(SITE)
        with open(os.path.join(folder, "wanted.json"), "w") as file:
            json.dump(wanted.paths, file)
        os.register_at_fork(after_in_child=self._forked)

    def watch(self, number: int) -> None:
        """Let children leave what they run for a test's number."""
        with open(os.path.join(self._folder, PRESENT), "w") as file:
            file.write(str(number))

    def join(self, number: int, run: Run) -> None:
        """Add to a run what the test's children left."""
        os.remove(os.path.join(self._folder, PRESENT))
        ran = os.path.join(self._folder, "ran")
        for name in os.listdir(ran):
            if name.startswith(f"{number}-") and name.endswith(".json"):
                with open(os.path.join(ran, name)) as file:
                    left = json.load(file)
                os.remove(os.path.join(ran, name))
                for path, lines in left["lines"].items():
                    run.lines.setdefault(path, set()).update(lines)
                for path, line, word, depth in left["depths"]:
                    run.depths.setdefault((path, line, word), depth + 1)

    def _forked(self) -> None:
        """In a fork made by multiprocessing: record anew, and leave it when multiprocessing ends the process."""
        fork = sys.modules.get("multiprocessing.util")
        if fork is not None and present(self._folder):
            fork.register_after_fork(self, Children._arrange)

    def _arrange(self) -> None:
        recorder = rich(Wanted(self._wanted.paths.values()))
        told = (recorder, self._folder, present(self._folder))
        sys.modules["multiprocessing.util"].Finalize(None, leave, told, exitpriority=0)
        recorder.start()


def present(folder: str) -> str:
    """Return the number of the test at work, "" between tests."""
    try:
        with open(os.path.join(folder, PRESENT)) as file:
            return file.read()
    except OSError:
        return ""


def follow(folder: str) -> None:
    """In a started program: record from here on, and leave it at the end."""
    with open(os.path.join(folder, "wanted.json")) as file:
        paths = json.load(file)
    wanted = Wanted(())
    wanted.paths = paths
    recorder = rich(wanted)
    atexit.register(leave, recorder, folder, present(folder))
    recorder.start()


def leave(recorder: Recorder, folder: str, number: str) -> None:
    """Write what ran into a file of this process, for the test it was begun in."""
    run = recorder.stop()
    left: dict[str, Any] = {"lines": {path: sorted(lines) for path, lines in run.lines.items()}}
    left["depths"] = [[*key, depth] for key, depth in run.depths.items()]
    place = os.path.join(folder, "ran", f"{number}-{os.getpid()}")
    with open(f"{place}.part", "w") as file:
        json.dump(left, file)
    os.rename(f"{place}.part", f"{place}.json")
