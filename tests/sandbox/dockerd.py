"""A Docker daemon of the tests' own, on a unix socket, and an image made of programs of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

IMAGE = "journeyman-test:1"
OTHER_RUNTIME = "other"
"""runc by another name: shows that a runtime that the settings name is used."""
PROGRAMS = """
    bash sh env cat ls cp mv rm ln mkdir rmdir touch chmod chown chgrp echo printf head tail wc tr cut sort uniq tee
    stat df du id whoami hostname date sleep timeout nice nohup setsid kill true false test expr seq dd truncate sync
    mkfifo mknod readlink realpath dirname basename yes stty grep sed awk find xargs ps pkill mount umount chroot
    unshare nsenter setpriv losetup mkswap swapon dmesg chrt ipcs getent setcap insmod modprobe su newgrp runuser ip
    strace bwrap sudo
"""
SEARCHED = "/usr/bin:/bin:/usr/sbin:/sbin"
PYTHON = Path("/usr/bin/python3")


def obstacle() -> str | None:
    """Return why no daemon can be started here, in one line; None if one can."""
    if os.geteuid() != 0:
        return "a Docker daemon of the tests' own needs root"
    lacking = [name for name in ("dockerd", "containerd", "runc") if shutil.which(name, path=SEARCHED) is None]
    if lacking:
        return f"{', '.join(lacking)} not installed (make servers installs them)"
    if not PYTHON.exists():
        return f"no {PYTHON} to make an image of"
    return None


@contextlib.contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """Run a daemon meanwhile; yield its address. RuntimeError with the end of its log if it does not start."""
    socket = folder / "docker.sock"
    words = [
        *("dockerd", "--host", f"unix://{socket}", "--data-root", str(folder / "data")),
        *("--exec-root", str(folder / "exec"), "--pidfile", str(folder / "pid")),
        *("--add-runtime", f"{OTHER_RUNTIME}={shutil.which('runc', path=SEARCHED)}"),
        *("--iptables=false", "--ip6tables=false", "--bridge=none"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env={"PATH": SEARCHED}, start_new_session=True)
        try:
            for _ in range(300):
                if socket.exists() and b"API listen on" in (folder / "log").read_bytes():
                    break
                if process.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                process.kill()
            if process.poll() is not None:
                raise RuntimeError((folder / "log").read_text(errors="replace")[-600:])
            yield f"unix://{socket}"
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def image_file(folder: Path) -> Path:
    """Write a root file system of this machine's own programs as a tar file: shell, usual tools, Python."""
    programs = [place for name in PROGRAMS.split() if (place := shutil.which(name, path=SEARCHED))]
    interpreter = PYTHON.resolve()
    library = Path("/usr/lib") / interpreter.name
    extensions = sorted((library / "lib-dynload").glob("*.so"))
    ours = [str(Path(sys.prefix) / "bin" / name) for name in ("uv", "ruff")]
    wanted = [*programs, str(interpreter), *map(str, extensions), *ours]
    path = folder / "image.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("bin", "sbin", "lib", "lib64"):
            if os.path.islink(f"/{name}"):
                tar.add(f"/{name}", name)
        for name in ("tmp", "etc", "proc", "dev", "sys", "run", "usr"):
            tar.addfile(folder_entry(name))
        added: set[str] = set()
        for place in (*programs, str(PYTHON), str(interpreter), *libraries(wanted)):
            add(tar, place, added)
        tar.add(library, str(library).lstrip("/"), filter=without_ballast)
    return path


def add(tar: tarfile.TarFile, place: str, added: set[str]) -> None:
    """Add a file by its place below /usr, and what it is a link to."""
    folder = os.path.realpath(os.path.dirname(place))
    name = os.path.join(folder, os.path.basename(place))
    if name in added or not os.path.lexists(name):
        return
    added.add(name)
    tar.add(name, name.lstrip("/"))
    if os.path.islink(name):
        add(tar, os.path.join(folder, os.readlink(name)), added)


def libraries(programs: Iterable[str]) -> list[str]:
    """Return the shared libraries that programs need."""
    said = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    return sorted(set(re.findall(r"(/\S+\.so\S*) \(", said)))


def without_ballast(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out byte code and what no test needs."""
    ballast = ("__pycache__", "/test/", "/tests/", "idlelib", "lib2to3", "config-", "ensurepip", "dist-packages")
    return None if any(word in entry.name for word in ballast) else entry


def folder_entry(name: str) -> tarfile.TarInfo:
    """Return a folder for a tar file."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
    return entry


@contextlib.contextmanager
def with_image() -> Iterator[str]:
    """Run a daemon that has the image."""
    with tempfile.TemporaryDirectory(prefix="journeyman-docker-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with daemon(folder) as address:
            from docker import APIClient

            client = APIClient(base_url=address, version="auto", timeout=60)
            repository, _, tag = IMAGE.partition(":")
            client.import_image_from_file(str(image_file(folder)), repository=repository, tag=tag)
            client.close()
            yield address
