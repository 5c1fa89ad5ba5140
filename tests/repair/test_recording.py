"""The recorders tell the same of the same code, on every Python that is here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from journeyman.repair.laboratory import inside

PROGRAM = """\
import threading


def branch(n):
    if n > 0:
        return "up"
    return "down"


def many(n):
    total = 0
    for k in range(n):
        total += k
    return total


def threaded():
    thread = threading.Thread(target=branch, args=(1,))
    thread.start()
    thread.join()


def made(n):
    def inner():
        yield n

    return list(inner())


def lazy():
    import later

    return later.x
"""
LATER = "def unused():\n    return 1\n\n\nx = 1\n"
SCRIPT = """\
import json, os, sys
sys.path[:0] = [sys.argv[1]]
from journeyman_laboratory import recording
import program
wanted = recording.Wanted([os.path.join(sys.argv[1], name) for name in ("program.py", "later.py")])
recorder = getattr(recording, sys.argv[2])(wanted)
def ran(call, *given):
    recorder.start()
    call(*given)
    run = recorder.stop()
    names = {os.path.basename(path): sorted(lines) for path, lines in run.lines.items() if lines}
    return [names, sorted(depth for depth in run.depths.values())]
calls = [(program.branch, 1), (program.branch, -1), (program.many, 500), (program.threaded,), (program.branch, 1),
         (program.made, 2), (program.lazy,)]
print(json.dumps([ran(*call) for call in calls]))
"""
LINES = [[5, 6], [5, 7], [11, 12, 13, 14], [5, 6, 18, 19, 20], [5, 6], [24, 25, 27], [31, 33]]


def ran(folder: Path, python: str, recorder: str) -> list[tuple[dict[str, list[int]], list[int]]]:
    shutil.copytree(Path(inside.__file__).parent, folder / "journeyman_laboratory")
    for name, text in (("program.py", PROGRAM), ("later.py", LATER), ("script.py", SCRIPT)):
        (folder / name).write_text(text)
    command = [python, str(folder / "script.py"), str(folder), recorder]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return [(lines, depths) for lines, depths in json.loads(ended.stdout)]


def newer() -> str | None:
    """Return a Python that has sys.monitoring, this one or another."""
    named = [found for minor in (14, 13, 12) if (found := shutil.which(f"python3.{minor}"))]
    kept = [str(path) for path in Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")]
    for python in (sys.executable, *named, *kept):
        asked = [python, "-c", "import sys; sys.monitoring"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return python
    return None


@pytest.mark.parametrize("recorder", ["Tracing", "Monitoring"])
def test_lines_threads_depths_and_no_code_that_runs_at_import(tmp_path: Path, recorder: str) -> None:
    python = sys.executable if recorder == "Tracing" else newer()
    if python is None:
        pytest.skip("no Python 3.12 or newer here, which sys.monitoring needs")
    seen = ran(tmp_path, python, recorder)
    assert [lines.get("program.py") for lines, _ in seen] == LINES
    assert [depths for _, depths in seen] == [[1], [1], [1], [1, 1], [1], [1, 2], [1]]
    assert not any("later.py" in lines for lines, _ in seen)


def test_the_c_tracer_of_coverage_tells_the_same_lines(tmp_path: Path) -> None:
    seen = ran(tmp_path, sys.executable, "CompiledTracing")
    assert [lines.get("program.py") for lines, _ in seen] == LINES
