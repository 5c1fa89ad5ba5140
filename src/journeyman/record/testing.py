"""Turns a recorded run into a regression test: a test file of its own beside the recording."""

from __future__ import annotations

from pathlib import Path

from journeyman.domain.errors import WrongUse
from journeyman.domain.runs import Run

TEST = '''"""Replays the recorded run {run_id} and asserts that nothing of it has changed.

Written by `journeyman export {run_id} --as-test`. It needs Journeyman, its sandbox, and the environment of the
recorded repository: where that is missing the test fails with the line that tells how to get it.
"""

import json
import subprocess
import sys
from pathlib import Path

RECORDING = Path(__file__).with_name("{recording}")
STATUS = "{status}"
TREE = "{tree}"


def test_the_recorded_run_is_replayed_identically():
    command = [sys.executable, "-m", "journeyman", "replay", str(RECORDING), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads(done.stdout)
    assert (verdict["identical"], verdict["status"], verdict["tree"]) == (True, STATUS, TREE), verdict
'''


def recording_in(folder: Path, run: Run) -> Path:
    """Return where the recording of a run's test lies; the folder is made. WrongUse if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(f"{folder}: {error.strerror}", "name a folder that can be made") from None
    return folder / f"run_{_name(run)}.record"


def write_test(recording: Path, run: Run, tree: str) -> Path:
    """Write the test of a recording beside it and return its path."""
    text = TEST.format(run_id=run.run_id, recording=recording.name, status=run.state.status, tree=tree)
    path = recording.with_name(f"test_run_{_name(run)}.py")
    path.write_text(text)
    return path


def _name(run: Run) -> str:
    return run.run_id.replace("-", "_")
