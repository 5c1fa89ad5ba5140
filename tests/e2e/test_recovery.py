"""What is tried when the ground breaks: the environment and its checks, from `journeyman run` on."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.sandbox import Remedy
from journeyman.steps.remedies import remedy_for
from tests.e2e.project import BROKEN, CommandLine, make_remote

EATS = """
import os, subprocess, sys
jobs = int(os.environ.get("MAX_JOBS", "12"))
eat = [sys.executable, "-c", "import time; b = bytearray(300 * 1024**2); time.sleep(0.3)"]
sys.exit(any([child.wait() for child in [subprocess.Popen(eat) for _ in range(jobs)]]))
"""


@pytest.mark.parametrize("eater", ["setup", "checks"])
def test_what_runs_out_of_memory_is_done_with_one_job_at_a_time(
    journeyman: CommandLine, tmp_path: Path, eater: str
) -> None:
    own = {
        "setup": "setup: [python3 eats.py]\nchecks: {test: python3 -m unittest}\n",
        "checks": "checks: {eats: python3 eats.py, test: python3 -m unittest}\n",
    }
    files = {
        "eats.py": EATS,
        ".journeyman.yaml": own[eater],
        "sums.py": BROKEN["src/sums.py"],
        "test_sums.py": "import unittest\nfrom sums import add\n\n\nclass T(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(add(2, 3), 5)\n",
    }
    remote = make_remote(tmp_path / "origin", files)
    done = journeyman("run", remote.as_uri(), "--task", "Mend add", "--mode", "bugfix", "--model", "none", "--json")
    assert done.code == 0, done.err
    assert "out of memory" in done.err
    assert "the environment is built again, with one job at a time" in done.err


def test_the_remedies_follow_each_other_or_the_reason() -> None:
    assert [remedy_for(number, "a build failed") for number in (1, 2, 3, 4, 5)] == [
        Remedy.KEEP,
        Remedy.REBUILD,
        Remedy.PERMISSIONS,
        Remedy.LIGHTER,
        Remedy.LIGHTER,
    ]
    assert remedy_for(2, "cat: x: Permission denied") is Remedy.PERMISSIONS
    assert remedy_for(2, "the install ran out of memory: make") is Remedy.LIGHTER
    assert remedy_for(3, "EACCES: x") is Remedy.PERMISSIONS
    assert remedy_for(4, "EACCES: x") is Remedy.LIGHTER
