"""Runs the git program: no shell, no prompt, no configuration but ours, and no process left behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from journeyman.domain.errors import GitFailed

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.askPass": "",
    "core.autocrlf": "false",
    "core.bigFileThreshold": "16m",
    "credential.helper": "",
    "fetch.unpackLimit": "1",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "checkout.workers": "0",
    "submodule.recurse": "false",
    "diff.ignoreSubmodules": "all",
}
"""What holds in every call, whatever a repository's own configuration says."""

VARIABLES = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "LC_ALL": "C",
    "HOME": "/nonexistent",
}

_SETTINGS = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Ran(msgspec.Struct, frozen=True):
    """How a git command ended. `stderr` is cleaned of control characters."""

    exit_code: int
    stdout: bytes
    stderr: str


class Git:
    """The git program. `passed_on` are variables it needs from outside, such as `https_proxy`."""

    def __init__(self, *, search_path: str = SEARCH_PATH, passed_on: Mapping[str, str] | None = None) -> None:
        self._variables = {**(passed_on or {}), **VARIABLES, "PATH": search_path}
        self.has_proxy = any(
            name.lower().endswith("_proxy") and name.lower() != "no_proxy" for name in passed_on or ()
        )

    async def run(
        self,
        *arguments: str | bytes | Path,
        cwd: Path = Path("/"),
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Ran:
        """Run one git command to its end. TimeoutError after `seconds`; its whole process group ends with it."""
        words = ("git", *_SETTINGS, *arguments)
        surroundings = {**self._variables, **(variables or {})}
        # Files in memory in place of pipes: nothing has to be pumped, which takes half off a short command.
        with ExitStack() as closing:
            given, said, complained = (closing.enter_context(_memory(content)) for content in (stdin, b"", b""))
            try:
                process = subprocess.Popen(  # noqa: ASYNC220 - as asyncio's own does, it waits for the exec only
                    words, cwd=cwd, env=surroundings, stdin=given, stdout=said, stderr=complained,
                    start_new_session=True,
                )  # fmt: skip
            except FileNotFoundError as error:
                raise GitFailed("the git program cannot be started", "install git") from error
            try:
                async with asyncio.timeout(seconds):
                    await _ended(process)
            finally:
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    await _gone(process.pid)
            return Ran(process.returncode, _content(said), clean(_content(complained)))

    async def must(
        self,
        *arguments: str | bytes | Path,
        cwd: Path = Path("/"),
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run a local git command that has to succeed and return its output. GitFailed otherwise."""
        ran = await self.run(*arguments, cwd=cwd, stdin=stdin, variables=variables)
        if ran.exit_code:
            raise GitFailed(last_words(ran.stderr) or f"git ended with exit code {ran.exit_code}")
        return ran.stdout


def _memory(content: bytes) -> BinaryIO:
    file = cast(BinaryIO, open(os.memfd_create("git"), "w+b"))  # noqa: SIM115
    file.write(content)
    file.seek(0)
    return file


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


async def _gone(group: int) -> None:
    """Wait until the last process of a killed group has left, but not for whoever should take note of that."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.002)


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process without a thread."""
    loop = asyncio.get_running_loop()
    handle = os.pidfd_open(process.pid)
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def clean(output: bytes) -> str:
    """Return a program's words without colours and control characters."""
    text = _ESCAPES.sub("", output.decode(errors="replace")).replace("\r", "\n")
    return _CONTROL.sub("", text).strip()


def last_words(stderr: str, length: int = 400) -> str:
    """Return the lines of git's complaint that say why, as one line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    return " ".join(telling)[-length:]
