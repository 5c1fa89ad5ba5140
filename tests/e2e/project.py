"""Small real repositories, and the command line as a child process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")

BROKEN = {
    "pyproject.toml": '[project]\nname = "sums"\nversion = "1"\n\n[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    "src/sums.py": '"""Sums."""\n\n\ndef add(a, b):\n    """Return the sum."""\n    return a - b\n',
    "tests/test_sums.py": "from sums import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n",
}
FIXED_SUM = '"""Sums."""\n\n\ndef add(a, b):\n    """Return the sum."""\n    return a + b\n'


def git(folder: Path, *words: str) -> str:
    done = subprocess.run([*GIT, *words], cwd=folder, capture_output=True, text=True, errors="replace", check=True)
    return done.stdout.strip()


def make_repository(folder: Path, files: dict[str, str] = BROKEN) -> Path:
    """Make a repository with one commit on main."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "begin")
    return folder


def make_remote(folder: Path, files: dict[str, str] = BROKEN) -> Path:
    """Make a bare repository with one commit on main."""
    source = make_repository(folder / "source", files)
    bare = folder / "remote.git"
    git(folder, "clone", "-q", "--bare", str(source), str(bare))
    return bare


@dataclass(frozen=True)
class Done:
    """What a command line came to, and how many seconds it took by the clock on the wall."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


@dataclass
class CommandLine:
    """`journeyman` with a home of its own and nothing else from this process's environment."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Without settings of its own, the mender does not go before a scripted coder: most tests watch that coder
        mend a fault that programs would have mended first."""
        if not self.settings.exists():
            self.settings.parent.mkdir(parents=True, exist_ok=True)
            self.settings.write_text("mend_first: false\n")

    @property
    def settings(self) -> Path:
        """The settings that every command reads, unless a test names others."""
        return self.home.with_name(f"{self.home.name}-settings.yaml")

    def environment(self) -> dict[str, str]:
        """Return the variables of a command."""
        kept = {
            name: os.environ[name] for name in ("PATH", "LANG", "PIP_CERT", "SSL_CERT_FILE") if name in os.environ
        }
        own = {"HOME": str(self.home / "user"), "JOURNEYMAN_HOME": str(self.home)}
        own["JOURNEYMAN_CONFIG"] = str(self.settings)
        return {**kept, **own, **self.variables}

    def __call__(self, *words: str, stdin: str = "", cwd: Path | None = None, timeout: float = 100) -> Done:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "journeyman", *words],
            input=stdin.encode(),
            cwd=cwd,
            env=self.environment(),
            capture_output=True,
            timeout=timeout,
        )
        seconds = time.monotonic() - began
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode(), seconds)

    def start(self, *words: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "journeyman", *words],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a started command and everything it started, at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_until(look: Any, seconds: float = 30) -> Any:
    """Return what `look` returns as soon as that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"nothing came of {look} within {seconds} s")
