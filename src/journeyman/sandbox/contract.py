"""Where commands run: one live sandbox per run, environments for it, and what is allowed there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import msgspec

TREE = "/repo"
"""Where the sandbox shows the work tree."""

SANDBOX_UID = 60_800
SANDBOX_GID = 60_800
"""Who owns a work tree on the host when Journeyman runs as root: commands never run as root. From a range that
Debian, Fedora and systemd give to nobody."""


class SandboxLimits(msgspec.Struct, frozen=True):
    """What one sandbox may use. Sizes in bytes; `file_size` is that of a single file.

    `cpus` is how many processors' time it gets, 0 for any. `growth` and `entries` bound what commands may add to the
    work tree and to other writable folders together.
    """

    memory: int = 2 * 1024**3
    processes: int = 512
    cpus: float = 0.0
    temporary_space: int = 1024**3
    file_size: int = 4 * 1024**3
    growth: int = 8 * 1024**3
    entries: int = 500_000
    output: int = 256 * 1024
    command_seconds: float = 900.0


class Mount(msgspec.Struct, frozen=True):
    """A host folder shown in the sandbox. Read-only unless `writable`."""

    source: Path
    target: str
    writable: bool = False


class SandboxSpec(msgspec.Struct, frozen=True):
    """How to make a sandbox.

    `hosts` are the host names that its proxy lets through, as `name` (ports 80 and 443) or `name:port`; `mirrors` are
    further ones that may have a private address; with neither there is no network.
    Without `limits`, those of the back end count.
    `variables` are the whole environment besides PATH, HOME, LANG and TMPDIR; `path` goes before the usual PATH.
    """

    tree: Path
    mounts: tuple[Mount, ...] = ()
    variables: Mapping[str, str] = {}
    path: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    limits: SandboxLimits | None = None


class CommandResult(msgspec.Struct, frozen=True):
    """What a command did. `output` is stdout and stderr as they came, undecodable bytes replaced.

    `exit_code` is negative for a signal. `cut_bytes` counts what the output cap dropped from the middle.
    `out_of_space`: it was ended because the writable folders grew beyond their bound.
    """

    exit_code: int
    output: str
    seconds: float
    timed_out: bool = False
    cut_bytes: int = 0
    out_of_memory: bool = False
    out_of_space: bool = False


class DirectoryEntry(msgspec.Struct, frozen=True):
    """One name in a folder. `kind` is file, directory, link or other; size in bytes."""

    name: str
    kind: str
    size: int


Heard = Callable[[str], Awaitable[None]]
"""Takes what a command says as it comes, in pieces; it raises nothing."""


class Sandbox(Protocol):
    """A live sandbox. Commands and file accesses all happen inside it, under its rules.

    Paths are relative to the work tree. FileNotFoundError, IsADirectoryError, PermissionError and the like come
    from the inside as they would from `open`. SandboxDied if it ended.
    """

    async def run(
        self,
        command: str,
        *,
        timeout_seconds: float | None = None,
        variables: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        heard: Heard | None = None,
    ) -> CommandResult:
        """Run a shell command (bash if there is one) in the tree; its whole process tree ends with it.

        `heard` is told of the beginning of the output, half of what is kept of it at most.
        """
        ...

    async def read_file(self, path: str, limit: int = 10 * 1024**2) -> bytes:
        """Return a file's bytes, at most `limit` of them."""
        ...

    async def write_file(self, path: str, content: bytes) -> None:
        """Write a whole file, making missing folders; an existing file keeps its mode."""
        ...

    async def list_directory(self, path: str) -> tuple[DirectoryEntry, ...]:
        """Return a folder's entries, sorted by name."""
        ...

    async def close(self) -> None:
        """End it and everything in it."""
        ...


class Sandboxes(Protocol):
    """A back end: bubblewrap, docker."""

    async def open(self, spec: SandboxSpec) -> Sandbox:
        """Make a sandbox. NoSandbox, with advice how to get one, if that is not possible here."""
        ...

    def missing(self) -> str | None:
        """Return None if sandboxes can be made here, else one line: what to install or change."""
        ...

    def describe(self) -> str:
        """Return what isolates commands and what holds their limits, in a few words."""
        ...


LOCK_BEHIND = "lock file is behind"


class Environment(msgspec.Struct, frozen=True):
    """What a repository's commands need besides its tree: to be added to a SandboxSpec.

    `ecosystems` are the names of what was found (python, node, go, rust, make); `notes` are lines for people.
    """

    mounts: tuple[Mount, ...] = ()
    variables: Mapping[str, str] = {}
    path: tuple[str, ...] = ()
    ecosystems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cached: bool = False

    @property
    def behind(self) -> tuple[str, ...]:
        """The notes on lock files that had to be passed over: an install that insists on them fails."""
        return tuple(note for note in self.notes if LOCK_BEHIND in note)


class Remedy(IntEnum):
    """What is tried for an environment that broke; each includes those before it."""

    KEEP = 0
    """Nothing: one that is ready is used as it is."""
    REBUILD = 1
    """Install again, from the downloads that are kept."""
    PERMISSIONS = 2
    """First let the sandbox's user read and write its tree, its downloads and what an install left behind."""
    LIGHTER = 3
    """One job at a time, in the install and in every command after it."""


LIGHT = {
    "MAKEFLAGS": "-j1",
    "JOBS": "1",
    "MAX_JOBS": "1",
    "CMAKE_BUILD_PARALLEL_LEVEL": "1",
    "CARGO_BUILD_JOBS": "1",
    "RUST_TEST_THREADS": "1",
    "GOMAXPROCS": "1",
    "UV_CONCURRENT_BUILDS": "1",
    "UV_CONCURRENT_DOWNLOADS": "2",
    "UV_CONCURRENT_INSTALLS": "1",
    "POETRY_INSTALLER_MAX_WORKERS": "1",
    "npm_config_maxsockets": "2",
    "OMP_NUM_THREADS": "1",
    "PYTEST_XDIST_AUTO_NUM_WORKERS": "1",
    "VITEST_MAX_THREADS": "1",
    "VITEST_MAX_FORKS": "1",
}
"""What asks the builders and test runners that we know to do one thing at a time."""


def lighter(environment: Environment) -> Environment:
    """Return an environment whose commands do one thing at a time."""
    return msgspec.structs.replace(environment, variables={**environment.variables, **LIGHT})


class Environments(Protocol):
    """Finds out what a tree needs, installs it inside a sandbox, and keeps it by the hash of its lock files."""

    async def prepare(
        self, tree: Path, setup: tuple[str, ...] | None = None, remedy: Remedy = Remedy.KEEP, *, repository: str = ""
    ) -> Environment:
        """Return a ready environment for the tree. `setup`: commands that replace the detected ones. `repository`:
        what the tree belongs to, such as its address; nothing is shared between two of them.

        EnvironmentBroken, with the end of the output, if an install fails.
        """
        ...

    async def kept(self, tree: Path, setup: tuple[str, ...] | None = None, *, repository: str = "") -> bool:
        """Return whether `prepare` would find everything installed and reach no network."""
        ...

    async def online(
        self, tree: Path, environment: Environment, command: str, timeout_seconds: float, *, repository: str = ""
    ) -> CommandResult:
        """Run one command in the tree where package clients reach their registries, and nothing else can be reached.

        The environment is read-only there, as in every sandbox; downloads are those of the repository's installs.
        """
        ...
