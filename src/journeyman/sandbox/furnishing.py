"""What every sandbox is given, whatever makes it: an ordinary user, variables, the proxy, the server's program."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from journeyman.sandbox.contract import Mount, SandboxSpec
from journeyman.sandbox.inside import PROXY_PORT
from journeyman.sandbox.proxy import SOCKET, Allowed, Proxy

HOME = "/home/journeyman"
INSIDE = "/run/journeyman"
"""Where the sandbox shows what Journeyman itself needs there."""

SERVER = Path(__file__).with_name("inside.py")
SERVER_INSIDE = f"{INSIDE}/server.py"
PROXY_FOLDER = f"{INSIDE}/proxy"
PROXY_SOCKET = f"{PROXY_FOLDER}/{SOCKET}"
PROXY_URL = f"http://127.0.0.1:{PROXY_PORT}"
PROXY_NAMES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_numbers = itertools.count(1)


async def open_proxy(state: Path, spec: SandboxSpec) -> Proxy | None:
    """Start the proxy of a sandbox that may reach hosts."""
    if not spec.hosts and not spec.mirrors:
        return None
    proxy = Proxy(state / "proxy" / f"{os.getpid()}-{next(_numbers)}", Allowed.of(spec.hosts, spec.mirrors))
    await proxy.start()
    return proxy


def variables_of(spec: SandboxSpec, *, usual_path: str = USUAL_PATH) -> Mapping[str, str]:
    """Return the variables that every command has, those of the spec last."""
    base = {
        "PATH": ":".join((*spec.path, usual_path)),
        "HOME": HOME,
        "USER": "journeyman",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
    }
    network = proxy_variables(spec.mirrors) if spec.hosts or spec.mirrors else {}
    return {**base, **network, **spec.variables}


def proxy_variables(mirrors: tuple[str, ...]) -> Mapping[str, str]:
    """Return what leads clients to the proxy; servers inside are reached directly, mirrors are not."""
    direct = ",".join(name for name in LOOPBACK if not any(mirror.startswith(name) for mirror in mirrors))
    return dict.fromkeys(PROXY_NAMES, PROXY_URL) | {"no_proxy": direct, "NO_PROXY": direct}


def identity(state: Path, user: int, group: int) -> list[Mount]:
    """Return the files of /etc that name the sandbox's user and host, written on first use, by one of us."""
    files = {
        "passwd": f"journeyman:x:{user}:{group}::{HOME}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
        "group": f"journeyman:x:{group}:\nnogroup:x:65534:\n",
        "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "resolv.conf": "",
    }
    folder = state / f"etc-{zlib.crc32(repr(files).encode()):08x}"
    if not folder.is_dir():
        state.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=state))
        draft.chmod(0o755)
        for name, text in files.items():
            (draft / name).write_text(text)
        with contextlib.suppress(OSError):
            draft.rename(folder)
    return [Mount(folder / name, f"/etc/{name}") for name in files]


def writable_folders(spec: SandboxSpec) -> list[Path]:
    """Return the host's folders that commands may change."""
    return [spec.tree, *(mount.source for mount in spec.mounts if mount.writable)]
