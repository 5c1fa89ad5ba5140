"""Repositories to measure on: plain Python files, one commit."""

from __future__ import annotations

from pathlib import Path

from bench.children import must

GIT = ("git", "-c", "user.name=Bench", "-c", "user.email=bench@localhost", "-c", "init.defaultBranch=main")
PER_FOLDER = 50


def make(folder: Path, files: int) -> Path:
    """Make a repository of so many small files."""
    folder.mkdir(parents=True)
    for number in range(files):
        path = folder / f"part{number // PER_FOLDER:03}" / f"module{number:05}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f'"""Module {number}."""\n\n\ndef value() -> int:\n    """Return a number."""\n    return {number}\n'
        )
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "begin")
    return folder


def git(folder: Path, *words: str) -> str:
    """Run git there and return what it says."""
    return must((*GIT, *words), folder=folder).said.strip()
