"""Sandboxes by bubblewrap: no daemon, no image, a few milliseconds."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import platform
import shutil
import socket
import subprocess
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from journeyman.domain.errors import NoSandbox, SandboxDied
from journeyman.sandbox import cgroups, command_line, interpreter, seccomp
from journeyman.sandbox.command_line import HOME, INSIDE, Layout, Programs
from journeyman.sandbox.contract import TREE, Mount, SandboxSpec
from journeyman.sandbox.inside import PROXY_PORT
from journeyman.sandbox.live import LiveSandbox
from journeyman.sandbox.permissions import hand_over, is_root
from journeyman.sandbox.proxy import SOCKET, Allowed, Proxy

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin"
SERVER = Path(__file__).with_name("inside.py")
PROXY_FOLDER = f"{INSIDE}/proxy"
PROXY_URL = f"http://127.0.0.1:{PROXY_PORT}"
PROXY_NAMES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
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
    """Fits `Sandboxes`. `state` is a folder of ours; `search_path` is where the host's programs are looked for.

    Run as root, commands run as SANDBOX_UID, and work trees are handed to that user. A sandbox ends with the thread
    that opened it, so open them from one that lasts, such as that of the event loop.
    """

    def __init__(self, state: Path, search_path: str = SEARCH_PATH) -> None:
        self._state = state
        self._search_path = search_path
        self._numbers = itertools.count(1)
        self._hierarchy: cgroups.Hierarchy | None = None

    def missing(self) -> str | None:
        """Return what keeps sandboxes from being made here, as one line; None if nothing does."""
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
        root = is_root()
        if root:
            for folder in (spec.tree, *(mount.source for mount in spec.mounts if mount.writable)):
                hand_over(folder)
        proxy = await self._proxy(spec)
        group = self._groups().make(spec.limits)
        errors = os.memfd_create("errors")
        layout = self._layout(spec, proxy)
        process, ours = spawn(programs, layout, group, errors, drop_root=root)
        streams = await asyncio.open_connection(sock=ours)
        sandbox = LiveSandbox(process, streams, group, spec.limits, proxy.close if proxy else None)
        network = proxy_variables(spec.mirrors) if proxy else {}
        variables = {**base_variables(spec.path), **network, **spec.variables}
        try:
            await sandbox.start(variables, f"{PROXY_FOLDER}/{SOCKET}" if proxy else "")
        except SandboxDied as error:
            raise refusal(os.pread(errors, 4096, 0)) from error
        except asyncio.CancelledError:
            await sandbox.close()
            raise
        finally:
            os.close(errors)
        return sandbox

    async def _proxy(self, spec: SandboxSpec) -> Proxy | None:
        """Start the proxy of a sandbox that may reach hosts."""
        if not spec.hosts and not spec.mirrors:
            return None
        folder = self._state / "proxy" / f"{os.getpid()}-{next(self._numbers)}"
        proxy = Proxy(folder, Allowed.of(spec.hosts, spec.mirrors))
        await proxy.start()
        return proxy

    def limits_by_group(self) -> bool:
        """Whether memory and processes are limited for a sandbox as a whole, or only for each process."""
        return not isinstance(self._groups(), cgroups.Absent)

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

    def _layout(self, spec: SandboxSpec, proxy: Proxy | None) -> Layout:
        python = interpreter.for_server()
        mounts = [Mount(spec.tree.resolve(), TREE, writable=True), *spec.mounts]
        if python.tree is not None:
            mounts.append(Mount(python.tree, str(python.tree)))
        if proxy is not None:
            mounts.append(Mount(proxy.folder, PROXY_FOLDER))
        program = f"{INSIDE}/server.py"
        mounts += [Mount(SERVER, program), *self._identity()]
        return Layout(tuple(mounts), spec.limits, (python.program, "-I", "-S", program))

    def _identity(self) -> list[Mount]:
        """Return the files of /etc that name the sandbox's user and host, written on first use, by one of us."""
        folder = self._state / f"etc-{zlib.crc32(repr(IDENTITY).encode()):08x}"
        if not folder.is_dir():
            self._state.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=self._state))
            draft.chmod(0o755)
            for name, text in IDENTITY.items():
                (draft / name).write_text(text)
            with contextlib.suppress(OSError):
                draft.rename(folder)
        return [Mount(folder / name, f"/etc/{name}") for name in IDENTITY]


IDENTITY = {
    "passwd": f"journeyman:x:1000:1000::{HOME}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "group": "journeyman:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


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


def base_variables(path: tuple[str, ...]) -> Mapping[str, str]:
    """Return the variables that every command has."""
    usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        "PATH": ":".join((*path, usual)),
        "HOME": HOME,
        "USER": "journeyman",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
    }


def proxy_variables(mirrors: tuple[str, ...]) -> Mapping[str, str]:
    """Return what leads clients to the proxy; servers inside are reached directly, mirrors are not."""
    direct = ",".join(name for name in LOOPBACK if not any(mirror.startswith(name) for mirror in mirrors))
    return dict.fromkeys(PROXY_NAMES, PROXY_URL) | {"no_proxy": direct, "NO_PROXY": direct}


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
