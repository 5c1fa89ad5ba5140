"""Sandboxes by bubblewrap: no daemon, no image, a few milliseconds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from journeyman.domain.errors import NoSandbox, SandboxDied
from journeyman.sandbox import cgroups, command_line, furnishing, interpreter, seccomp
from journeyman.sandbox.command_line import Layout, Programs
from journeyman.sandbox.contract import TREE, Mount, SandboxLimits, SandboxSpec
from journeyman.sandbox.live import LiveSandbox
from journeyman.sandbox.permissions import hand_over, is_root
from journeyman.sandbox.proxy import Proxy

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin"
NO_VARIABLES: dict[str, str] = {}
"""What bubblewrap is started with: /proc/1/environ inside would show it."""
OLDEST_VERSION = (0, 8)
INSTALL = "install bubblewrap 0.8 or newer, for example with `apt-get install bubblewrap` or `dnf install bubblewrap`"
ALLOW = (
    "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces above 0), "
    "in a container with --security-opt seccomp=unconfined"
)


class Bubblewrap:
    """Fits `Sandboxes`. `state` is a folder of ours; `search_path` is where the host's programs are looked for;
    `limits` are those of a sandbox whose spec names none.

    Run as root, commands run as SANDBOX_UID, and work trees are handed to that user. A sandbox ends with the thread
    that opened it, so open them from one that lasts, such as that of the event loop.
    """

    def __init__(self, state: Path, search_path: str = SEARCH_PATH, limits: SandboxLimits = SandboxLimits()) -> None:
        self._state = state
        self._search_path = search_path
        self._limits = limits
        self._missing: str | None = "not tried yet"
        self._hierarchy: cgroups.Hierarchy | None = None

    def missing(self) -> str | None:
        """Return what keeps sandboxes from being made here, as one line; None if nothing does, or did before."""
        self._missing = self._missing and self._found_missing()
        return self._missing

    def _found_missing(self) -> str | None:
        try:
            programs = self._programs()
        except NoSandbox as error:
            return error.line()
        version = tool_version(programs.bwrap)
        if version < OLDEST_VERSION:
            return f"bubblewrap {'.'.join(map(str, version))} is too old: {INSTALL}"
        trial = (programs.bwrap, "--unshare-user", "--unshare-all", "--ro-bind", "/", "/", "/bin/true")
        drop = command_line.dropping(programs) if is_root() else ()
        done = subprocess.run((*drop, *trial), env=NO_VARIABLES, capture_output=True, timeout=20, check=False)
        return refusal(done.stderr).line() if done.returncode else None

    async def open(self, spec: SandboxSpec) -> LiveSandbox:
        """Make a sandbox; see `Sandboxes`."""
        programs = self._programs()
        limits = spec.limits or self._limits
        root = is_root()
        if root:
            for folder in furnishing.writable_folders(spec):
                hand_over(folder)
        proxy = await furnishing.open_proxy(self._state, spec)
        group = self._groups().make(limits)
        errors = os.memfd_create("errors")
        layout = self._layout(spec, limits, proxy)
        process, ours = spawn(programs, layout, group, errors, drop_root=root)
        streams = await asyncio.open_connection(sock=ours)
        sandbox = LiveSandbox(Nest(process), streams, group, limits, proxy.close if proxy else None)
        try:
            await sandbox.start(furnishing.variables_of(spec), spec, furnishing.PROXY_SOCKET if proxy else "")
        except SandboxDied as error:
            raise refusal(os.pread(errors, 4096, 0)) from error
        except asyncio.CancelledError:
            await sandbox.close()
            raise
        finally:
            os.close(errors)
        return sandbox

    def describe(self) -> str:
        """Return what isolates commands here and what holds their limits, in a few words."""
        return f"bubblewrap; memory and processes are limited by {self._groups().name}"

    def _groups(self) -> cgroups.Hierarchy:
        self._hierarchy = self._hierarchy or cgroups.find()
        return self._hierarchy

    def _programs(self) -> Programs:
        bwrap = shutil.which("bwrap", path=self._search_path)
        setpriv = shutil.which("setpriv", path=self._search_path)
        if bwrap is None:
            raise NoSandbox("bubblewrap is not installed", INSTALL)
        if setpriv is None and is_root():
            raise NoSandbox("setpriv is not installed", "install util-linux")
        if platform.machine() not in seccomp.MACHINES:
            raise NoSandbox(f"no system call filter for {platform.machine()}", "use the docker back end")
        return Programs(bwrap, setpriv or "")

    def _layout(self, spec: SandboxSpec, limits: SandboxLimits, proxy: Proxy | None) -> Layout:
        python = interpreter.for_server()
        mounts = [Mount(spec.tree.resolve(), TREE, writable=True), *spec.mounts]
        if python.tree is not None:
            mounts.append(Mount(python.tree, str(python.tree)))
        if proxy is not None:
            mounts.append(Mount(proxy.folder, furnishing.PROXY_FOLDER))
        program = furnishing.SERVER_INSIDE
        mounts += [Mount(furnishing.SERVER, program), *furnishing.identity(self._state, 1000, 1000)]
        return Layout(tuple(mounts), limits, (python.program, "-I", "-S", program))


class Nest:
    """Fits `Body`: bubblewrap's processes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; see `Body`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def kill(self) -> None:
        """End it at once: the server first, as nothing in its process namespace outlives it."""
        for process in reversed(family(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def spawn(
    programs: Programs, layout: Layout, group: cgroups.ControlGroup, errors: int, *, drop_root: bool
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a sandbox and return its process and our end of the line to the server inside."""
    ours, theirs = socket.socketpair()
    filter_file = memory_file(seccomp.program())
    words = command_line.whole(programs, layout, filter_file, group.folders, drop_root=drop_root)
    try:
        process = subprocess.Popen(
            words,
            env=NO_VARIABLES,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=(filter_file,),
        )
    finally:
        theirs.close()
        os.close(filter_file)
    return process, ours


def family(process: int) -> list[int]:
    """Return bubblewrap's processes and the server: each the first child of the one before, down to a process 1."""
    found = [process]
    with contextlib.suppress(OSError, IndexError):
        while not is_first(found[-1]):
            children = Path(f"/proc/{found[-1]}/task/{found[-1]}/children").read_text().split()
            found.append(int(children[0]))
    return found


def is_first(process: int) -> bool:
    """Whether a process is number 1 in a namespace of its own."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return any(line.startswith("NSpid:") and line.split()[2:] == ["1"] for line in lines)


def memory_file(content: bytes) -> int:
    """Return a descriptor from which the content can be read."""
    descriptor = os.memfd_create("content")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def tool_version(bwrap: str) -> tuple[int, ...]:
    """Return bubblewrap's version."""
    words = subprocess.run(
        (bwrap, "--version"), env=NO_VARIABLES, capture_output=True, text=True, check=False
    ).stdout.split()
    return tuple(int(part) for part in words[-1].split(".") if part.isdigit()) if words else (0,)


def refusal(errors: bytes) -> NoSandbox:
    """Return what bubblewrap complained about, with advice."""
    text = errors.decode(errors="replace").strip().splitlines()
    why = text[-1] if text else "it ended without a word"
    forbidden = any(word in why for word in ("namespace", "uid map", "Operation not permitted", "RTM_NEWADDR"))
    return NoSandbox(f"no sandbox can be made here ({why})", ALLOW if forbidden else "see `journeyman doctor`")
