"""aider's repository map, a rival of the index: definitions and references of all Python files, ranked."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.children import Ended, run, surroundings
from bench.installing import installed

NAME = "aider-chat"
VERSION = "0.86.2"
DRIVER = """
import sys
from pathlib import Path
from aider.repomap import RepoMap

class Model:
    def token_count(self, text):
        return len(text) // 4

class Said:
    def read_text(self, path):
        return Path(path).read_text(errors="replace")
    def tool_output(self, *words):
        print(*words)
    tool_warning = tool_error = tool_output

files = sorted(map(str, Path(sys.argv[1]).rglob("*.py")))
print(len(files), len(RepoMap(root=sys.argv[1], main_model=Model(), io=Said()).get_repo_map([], files)))
"""
"""What aider itself does at its first question; its model only counts tokens here."""


def mapped(source: Path, folder: Path) -> Ended | str:
    """Return how making the map from nothing ended, or one line that says why it was not made."""
    programs = installed(NAME, VERSION)
    if isinstance(programs, str):
        return programs
    python = str(programs / "python")
    run([python, "-c", "import aider.repomap"], variables=surroundings(folder))  # its first start reads its own code
    ended = run([python, "-c", DRIVER, str(source)], variables=surroundings(folder), folder=folder)
    for made in source.glob(".aider*"):
        shutil.rmtree(made)
    return f"{NAME} not measured: {' '.join(ended.said.split())[-200:]}" if ended.code else ended
