"""The program in the sandbox: what it runs for a job may use so much CPU and no more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from journeyman.repair.laboratory import Laboratory, runner_of
from journeyman.repair.search.searching import Sought
from tests.e2e.project import wait_until

from .shell import PYTEST, Folder

PROGRAM = "from journeyman.repair.laboratory.inside.__main__ import main; main()"
SPINNING = (
    "import os\n\nif not os.fork():\n    os.setsid()\n    open('child', 'w').write(str(os.getpid()))\n"
    "while True:\n    pass\n"
)


def runs(number: int) -> bool:
    """Tell whether a process runs; of one that has ended and is not yet forgotten there is no command line."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes() != b""
    except OSError:
        return False


def test_a_test_that_spins_and_the_child_it_leaves_are_ended_by_the_cpu_limit(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SPINNING)
    job = {"kind": "search", "runner": "pytest", "args": ["-q", "test_it.py"], "from_here": True, "paths": []}
    (tmp_path / "job.json").write_text(json.dumps({**job, "seconds": 600, "cpu_seconds": 1}))
    command = [sys.executable, "-c", PROGRAM, "job.json", "answer.json"]
    done = subprocess.run(command, cwd=tmp_path, timeout=30, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGXCPU
    child = int((tmp_path / "child").read_text())
    try:
        wait_until(lambda: not runs(child))
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


async def test_a_job_has_a_cpu_limit_beyond_its_time(tmp_path: Path) -> None:
    told = "import resource\n\nopen('limit', 'w').write(str(resource.getrlimit(resource.RLIMIT_CPU)[0]))\n"
    folder = Folder(tmp_path, {"conftest.py": told, "test_it.py": "def test_it():\n    assert False\n"})
    runner = runner_of(PYTEST.command)
    assert runner is not None
    async with Laboratory(folder.shell, runner) as laboratory:
        await laboratory.do({"kind": "search", "paths": [], "failing": [], "seconds": 5.0}, 5.0, Sought)
    assert 5 < int((tmp_path / "limit").read_text()) < 60
