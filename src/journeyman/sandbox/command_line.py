"""How a sandbox is started: the command lines of bubblewrap and of what comes before it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from journeyman.sandbox.contract import SANDBOX_GID, SANDBOX_UID, TREE, Mount, SandboxLimits
from journeyman.sandbox.furnishing import HOME, INSIDE

STAGE = "/mnt"
"""Where root shows to the ordinary user what lies in folders that only root may enter. In a mount namespace of its
own: the host's /mnt stays as it is."""

ROOT_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SETTINGS = (
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "fonts",
    "java",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "os-release",
    "pki/ca-trust",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
)
"""What commands may see of /etc: nothing that holds a name, a key or an address of this host."""

SHARED_MEMORY = 256 * 1024**2


class Programs(msgspec.Struct, frozen=True):
    """Programs of the host, by absolute path."""

    bwrap: str
    setpriv: str
    shell: str = "/bin/sh"


class Layout(msgspec.Struct, frozen=True):
    """What a sandbox shows besides the system, in order."""

    mounts: tuple[Mount, ...]
    limits: SandboxLimits
    server: tuple[str, ...]


def whole(
    programs: Programs, layout: Layout, seccomp: int, groups: Iterable[Path], *, drop_root: bool
) -> tuple[str, ...]:
    """Return the command line that starts a sandbox: join the control groups, drop root, isolate, serve."""
    staged, staging = stage(programs, layout.mounts) if drop_root else (layout.mounts, ())
    drop = dropping(programs) if drop_root else ()
    return (
        *joining(programs, groups),
        *staging,
        *drop,
        *isolation(programs, msgspec.structs.replace(layout, mounts=staged), seccomp),
    )


def joining(programs: Programs, groups: Iterable[Path]) -> tuple[str, ...]:
    """Return what enters control groups, before anything is forked.

    A path is an argument, never part of the script.
    """
    files = [str(group / "cgroup.procs") for group in groups]
    if not files:
        return ()
    enter = 'echo $$ > "$1" && shift && ' * len(files)
    script = f'{enter}exec "$@"'
    return (programs.shell, "-c", script, "sh", *files)


def dropping(programs: Programs) -> tuple[str, ...]:
    """Return what turns root into the sandbox's ordinary user."""
    return (
        programs.setpriv,
        f"--reuid={SANDBOX_UID}",
        f"--regid={SANDBOX_GID}",
        "--clear-groups",
        "--inh-caps=-all",
    )


def stage(programs: Programs, mounts: Sequence[Mount]) -> tuple[tuple[Mount, ...], tuple[str, ...]]:
    """Return the mounts as the ordinary user reaches them, and what root does for that beforehand.

    Nothing is done when all of them can be reached anyway.
    """
    if all(reachable(mount.source) for mount in mounts):
        return tuple(mounts), ()
    names = [f"{STAGE}/{number}" for number in range(len(mounts))]
    staged = tuple(
        msgspec.structs.replace(mount, source=Path(name)) for mount, name in zip(mounts, names, strict=True)
    )
    binds = [
        word
        for mount, name in zip(mounts, names, strict=True)
        for word in ("--bind" if mount.writable else "--ro-bind", str(mount.source), name)
    ]
    return staged, (programs.bwrap, "--dev-bind", "/", "/", "--tmpfs", STAGE, *binds, "--die-with-parent")


def reachable(path: Path) -> bool:
    """Whether an ordinary user may enter every folder above a path."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def isolation(programs: Programs, layout: Layout, seccomp: int) -> tuple[str, ...]:
    """Return bubblewrap's own command line. The root is made read-only last."""
    limits = layout.limits
    return (
        programs.bwrap,
        *("--unshare-user", "--disable-userns", "--unshare-all", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--clearenv", "--seccomp", str(seccomp)),
        *system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", str(limits.temporary_space), "--tmpfs", "/tmp"),
        *("--size", str(limits.temporary_space), "--tmpfs", HOME),
        *("--perms", "1777", "--size", str(min(SHARED_MEMORY, limits.memory)), "--tmpfs", "/dev/shm"),
        *(word for mount in layout.mounts for word in binding(mount)),
        *("--hostname", "sandbox", "--uid", "1000", "--gid", "1000", "--as-pid-1", "--chdir", TREE),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        "--",
        *layout.server,
    )


def binding(mount: Mount) -> tuple[str, str, str]:
    """Return the words that show one folder."""
    return ("--bind" if mount.writable else "--ro-bind", str(mount.source), mount.target)


def system() -> tuple[str, ...]:
    """Return the words that show the host's programs and the harmless part of its settings."""
    words = ["--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", INSIDE]
    for name in ROOT_LINKS:
        place = f"/{name}"
        if os.path.islink(place):
            words += ["--symlink", os.readlink(place).lstrip("/"), place]
        elif os.path.isdir(place):
            words += ["--ro-bind", place, place]
    for name in SETTINGS:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return tuple(words)
