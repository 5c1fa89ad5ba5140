"""Sandboxes by Docker: one container for each, in which the same server answers as under bubblewrap."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from journeyman.domain.errors import NoSandbox, SandboxDied
from journeyman.sandbox import cgroups, furnishing, seccomp
from journeyman.sandbox.contract import SANDBOX_GID, SANDBOX_UID, TREE, Mount, SandboxLimits, SandboxSpec
from journeyman.sandbox.furnishing import HOME
from journeyman.sandbox.live import LiveSandbox
from journeyman.sandbox.permissions import hand_over, is_root
from journeyman.sandbox.streams import unframed

if TYPE_CHECKING:
    from docker import APIClient

ADDRESS = "unix:///var/run/docker.sock"
IMAGE = "python:3.12"
LIMITS = SandboxLimits(memory=1024**3, cpus=0.5)
SHARED_MEMORY = 256 * 1024**2
SECONDS = 60
LOOK_SECONDS = 0.02
SERVER = ["python3", "-I", "-S", furnishing.SERVER_INSIDE]
MASKED = (
    *("/sys", "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/scsi"),
    *("/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/sysrq-trigger", "/proc/interrupts"),
)
"""What Docker hides by itself, and /sys, which tells about the host."""

NO_PYTHON = "name an image that has Python 3.9 or newer under `sandbox: image` in the settings"
START = "start Docker, let this user reach its socket, or use the bubblewrap back end"


class Image(msgspec.Struct, frozen=True):
    """What is known of the image: its id, the variables it sets, and the folders it wants writable."""

    id: str
    variables: dict[str, str]
    volumes: tuple[str, ...]


class Docker:
    """Fits `Sandboxes`. `state` is a folder of ours, `address` a unix socket of the daemon on this machine; `limits`
    are those of a sandbox whose spec names none; `runtime` is one that the daemon knows ("" for its usual one).

    Run as root, commands run as SANDBOX_UID, and work trees are handed to that user.
    """

    def __init__(
        self,
        state: Path,
        image: str = IMAGE,
        *,
        address: str = ADDRESS,
        runtime: str = "",
        limits: SandboxLimits = LIMITS,
    ) -> None:
        self._state = state
        self._name = image
        self._address = address
        self._runtime = runtime
        self._limits = limits
        self._client: APIClient | None = None
        self._image: Image | None = None

    def missing(self) -> str | None:
        """Return what keeps sandboxes from being made here, as one line; None if nothing does."""
        try:
            with complaints(self._name):
                client = self._connected()
                refuse_unfit(client.info(), self._runtime)
                self._known(client)
        except NoSandbox as error:
            return error.line()
        return None

    def describe(self) -> str:
        """Return what isolates commands here and what holds their limits, in a few words."""
        runtime = f" with the runtime {self._runtime}" if self._runtime else ""
        return f"docker{runtime}, image {self._name}; all limits are held by the daemon's control groups"

    async def open(self, spec: SandboxSpec) -> LiveSandbox:
        """Make a sandbox; see `Sandboxes`."""
        limits = spec.limits or self._limits
        if is_root():
            for folder in furnishing.writable_folders(spec):
                hand_over(folder)
        proxy = await furnishing.open_proxy(self._state, spec)
        mounts = [Mount(spec.tree.resolve(), TREE, writable=True), *spec.mounts]
        if proxy is not None:
            mounts.append(Mount(proxy.folder, furnishing.PROXY_FOLDER))
        try:
            container, line = await asyncio.to_thread(self._start, tuple(mounts), limits)
        except BaseException:
            if proxy is not None:
                await proxy.close()
            raise
        reader, writer = await asyncio.open_connection(sock=line)
        answers, errors, pumping = unframed(reader)

        async def on_close() -> None:
            pumping.cancel()
            if proxy is not None:
                await proxy.close()

        sandbox = LiveSandbox(container, (answers, writer), container.group(), limits, on_close)
        try:
            await sandbox.start(self._variables(spec), spec, furnishing.PROXY_SOCKET if proxy else "")
        except SandboxDied as error:
            said = errors.decode(errors="replace").strip().splitlines()
            raise NoSandbox(f"the server did not start in {self._name}: {' '.join(said[-1:])}", NO_PYTHON) from error
        except asyncio.CancelledError:
            await sandbox.close()
            raise
        return sandbox

    def _variables(self, spec: SandboxSpec) -> dict[str, str]:
        """Return the image's own variables, and over them those that every command has."""
        own = self._image.variables if self._image else {}
        usual = own.get("PATH") or furnishing.USUAL_PATH
        return {**own, **furnishing.variables_of(spec, usual_path=usual)}

    def _start(self, mounts: tuple[Mount, ...], limits: SandboxLimits) -> tuple[Container, socket.socket]:
        """Make a container, attach to it, start it. If nobody takes the line, it ends when that is closed."""
        with complaints(self._name):
            client = self._connected()
            image = self._known(client)
            user, group = (SANDBOX_UID, SANDBOX_GID) if is_root() else (os.getuid(), os.getgid())
            every = (
                *mounts,
                Mount(furnishing.SERVER, furnishing.SERVER_INSIDE),
                *furnishing.identity(self._state, user, group),
            )
            host = host_config(client, every, limits, image, f"uid={user},gid={group}", self._runtime)
            made = client.create_container(
                image.id,
                [],
                entrypoint=SERVER,
                hostname="sandbox",
                user=f"{user}:{group}",
                stdin_open=True,
                working_dir=TREE,
                host_config=host,
                labels={"journeyman": str(os.getpid())},
                healthcheck={"test": ["NONE"]},
                use_config_proxy=False,
            )
            container = Container(client, made["Id"])
            try:
                line = container.attached()
                client.start(container.id)
            except BaseException:
                container.kill()
                raise
        return container, line

    def _connected(self) -> APIClient:
        if self._client is None:
            if not self._address.startswith("unix://"):
                raise NoSandbox(
                    f"the Docker at {self._address} may be on another machine, which does not have the work tree",
                    "use a Docker of this machine, by a unix:// address",
                )
            try:
                from docker import APIClient
            except ImportError:
                raise NoSandbox(
                    "the Docker client is not installed", "install it with `pip install journeyman[docker]`"
                ) from None
            self._client = APIClient(base_url=self._address, version="auto", timeout=SECONDS)
        return self._client

    def _known(self, client: APIClient) -> Image:
        """Return what is known of the image; the one seen first is used to the end."""
        if self._image is None:
            found = client.inspect_image(self._name)
            config = found.get("Config") or {}
            pairs = (word.partition("=") for word in config.get("Env") or ())
            variables = {name: value for name, _, value in pairs}
            self._image = Image(found["Id"], variables, tuple(config.get("Volumes") or ()))
        return self._image


class Container:
    """Fits `Body`: one container."""

    def __init__(self, client: APIClient, container_id: str) -> None:
        self._client = client
        self.id = container_id

    def attached(self) -> socket.socket:
        """Return a line to its standard streams. When it is closed, the container's input ends, and so does the
        server."""
        attached = self._client.attach_socket(self.id, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        line = socket.socket(fileno=os.dup(attached.fileno()))
        attached._response.close()
        return line

    def group(self) -> cgroups.ControlGroup:
        """Return its control group, as far as it can be seen here."""
        with contextlib.suppress(*failures()):
            return cgroups.group_of(self._client.inspect_container(self.id)["State"]["Pid"])
        return cgroups.ControlGroup()

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; see `Body`."""
        until = time.monotonic() + seconds
        while self._runs():
            if time.monotonic() >= until:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def kill(self) -> None:
        """End it at once and take it away."""
        with contextlib.suppress(*failures()):
            self._client.remove_container(self.id, force=True, v=True)

    def _runs(self) -> bool:
        try:
            return bool(self._client.inspect_container(self.id)["State"]["Running"])
        except failures():
            return False


def host_config(
    client: APIClient, mounts: tuple[Mount, ...], limits: SandboxLimits, image: Image, owner: str, runtime: str
) -> dict[str, Any]:
    """Return what the daemon is to do around a container."""
    from docker.types import LogConfig
    from docker.types import Mount as Bind

    space = f"rw,exec,nosuid,nodev,size={limits.temporary_space},nr_inodes={limits.entries}"
    writable = {"/tmp": f"{space},mode=1777"}
    writable |= dict.fromkeys((HOME, *image.volumes), f"{space},mode=0755,{owner}")
    made: dict[str, Any] = client.create_host_config(
        network_mode="none",
        ipc_mode="private",
        mem_limit=limits.memory,
        memswap_limit=limits.memory,
        nano_cpus=int(limits.cpus * 1e9) or None,
        pids_limit=limits.processes,
        shm_size=min(SHARED_MEMORY, limits.memory),
        cap_drop=["ALL"],
        read_only=True,
        security_opt=["no-new-privileges:true", f"seccomp={msgspec.json.encode(seccomp.profile()).decode()}"],
        tmpfs=writable,
        mounts=[Bind(m.target, str(m.source), type="bind", read_only=not m.writable) for m in mounts],
        log_config=LogConfig(type=LogConfig.types.NONE),
        auto_remove=True,
        runtime=runtime or None,
    )
    return {**made, "MaskedPaths": list(MASKED)}


def refuse_unfit(info: dict[str, Any], runtime: str) -> None:
    """Raise NoSandbox if the daemon lacks what is wanted."""
    if runtime and runtime not in (info.get("Runtimes") or {}):
        raise NoSandbox(
            f"the Docker daemon knows no runtime {runtime}",
            f"install it and register it with the daemon (gVisor: `{runtime} install`), or leave `runtime` out",
        )
    remapped = {option.removeprefix("name=").split(",")[0] for option in info.get("SecurityOptions") or ()}
    if remapped & {"rootless", "userns"}:
        raise NoSandbox(
            "this Docker gives containers other users than the work tree's (rootless, or userns-remap)",
            "use a Docker without that, or the bubblewrap back end",
        )
    lacking = [name for name in ("MemoryLimit", "PidsLimit", "CPUCfsQuota") if info.get(name) is False]
    lacking += ["seccomp"] if "seccomp" not in remapped and not runtime else []
    if lacking:
        raise NoSandbox(f"this Docker lacks {', '.join(lacking)}", "use the bubblewrap back end")
    if platform.machine() not in seccomp.MACHINES:
        raise NoSandbox(f"no system call filter for {platform.machine()}", "use a machine of x86_64 or aarch64")


def failures() -> tuple[type[Exception], ...]:
    """Return what the client raises."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    return DockerException, RequestException


@contextlib.contextmanager
def complaints(image: str) -> Iterator[None]:
    """Turn what the client raises into NoSandbox, with advice."""
    try:
        yield
    except NoSandbox:
        raise
    except Exception as error:
        kind, why = type(error).__name__, " ".join(str(getattr(error, "explanation", None) or error).split())[:300]
        if not isinstance(error, failures()):
            raise
        if kind == "ImageNotFound":
            raise NoSandbox(f"Docker has no image {image}", f"get it with `docker pull {image}`") from error
        if kind in ("APIError", "NotFound"):
            advice = NO_PYTHON if "executable file not found" in why else "see `journeyman doctor`"
            raise NoSandbox(f"Docker made no container ({why})", advice) from error
        raise NoSandbox(f"Docker does not answer ({why})", START) from error
