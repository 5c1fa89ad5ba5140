"""Makes real repositories for the tests of this room."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
}
FILES = {
    "README.md": "# A project\n",
    "src/app.py": "def answer():\n    return 42\n",
    "src/other.py": "".join(f"line {number}\n" for number in range(30)),
    "run.sh": "#!/bin/sh\necho hello\n",
    ".gitignore": "*.log\nbuild/\n",
}


def git(folder: Path, *arguments: str, stdin: str = "", **variables: str) -> str:
    """Run git as a person would and return its output."""
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=folder, env=IDENTITY | variables, input=stdin, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make_repository(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Make a repository with a work tree, a branch `main` and one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    write(folder, FILES if files is None else files)
    if files is None:
        (folder / "run.sh").chmod(0o755)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=One")
    return folder


def make_bare(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Make a bare repository with one commit on `main`, as a remote."""
    source = make_repository(folder.with_name(f"{folder.name}-source"), files)
    git(folder.parent, "clone", "--quiet", "--bare", str(source), str(folder))
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files, making their folders."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return modes and contents of all that is below a folder, links as their targets."""
    found: dict[str, tuple[int, bytes]] = {}
    for place, folders, files in os.walk(folder):
        for name in (*files, *(name for name in folders if os.path.islink(os.path.join(place, name)))):
            path = Path(place, name)
            content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = (path.lstat().st_mode, content)
    return found
