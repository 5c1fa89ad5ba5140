"""Docker alone: what the daemon is told, what is said where it cannot be used, installs through the proxy."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from journeyman.domain.errors import EnvironmentBroken, NoSandbox
from journeyman.sandbox import SandboxSpec
from journeyman.sandbox.docker import Docker, refuse_unfit
from journeyman.sandbox.environments import EnvironmentCache
from journeyman.sandbox.image_tools import of_image, read
from tests.sandbox.dockerd import IMAGE, OTHER_RUNTIME
from tests.sandbox.test_environments import Index, index

__all__ = ["index"]

CALM = 20.0
FIT: dict[str, Any] = {"Runtimes": {"runc": {}}, "SecurityOptions": ["name=seccomp,profile=default"]}


def containers(address: str, process: int) -> list[dict[str, Any]]:
    """Return how the daemon describes the containers that a process made."""
    from docker import APIClient

    client = APIClient(base_url=address, version="auto")
    found = client.containers(all=True, filters={"label": f"journeyman={process}"})
    return [client.inspect_container(one["Id"]) for one in found if one["State"] == "running"]


@pytest.fixture
def docker(docker_address: str, tmp_path: Path) -> Docker:
    return Docker(tmp_path / "state", IMAGE, address=docker_address)


async def test_the_daemon_is_told_every_limit(docker: Docker, docker_address: str, tree: Path) -> None:
    async with await docker.open(SandboxSpec(tree)) as sandbox:
        await sandbox.run("true")
        (made,) = containers(docker_address, os.getpid())
    told = made["HostConfig"]
    assert told["NetworkMode"] == "none"
    assert (told["Memory"], told["MemorySwap"]) == (1024**3, 1024**3)
    assert told["NanoCpus"] == 500_000_000
    assert told["PidsLimit"] == 512
    assert told["CapDrop"] == ["ALL"]
    assert not told["CapAdd"]
    assert not told["Privileged"]
    assert told["ReadonlyRootfs"]
    assert told["AutoRemove"]
    assert "no-new-privileges:true" in told["SecurityOpt"]
    assert any(option.startswith("seccomp={") for option in told["SecurityOpt"])
    assert set(told["Tmpfs"]) == {"/tmp", "/home/journeyman"}
    assert all("size=" in space and "nr_inodes=" in space for space in told["Tmpfs"].values())
    assert made["Config"]["User"].split(":")[0] not in ("", "0")
    assert not [name for name in made["Config"]["Env"] or () if "proxy" in name.lower()]


async def test_half_a_processor_is_half_a_processor(docker: Docker, tree: Path) -> None:
    code = "import time\nwhile time.process_time() < 0.5: pass"
    async with await docker.open(SandboxSpec(tree)) as sandbox:
        result = await sandbox.run("python3 -I -", stdin=code.encode())
    assert result.seconds > 0.8


async def test_the_runtime_that_is_named_is_used(docker_address: str, tmp_path: Path, tree: Path) -> None:
    docker = Docker(tmp_path / "state", IMAGE, address=docker_address, runtime=OTHER_RUNTIME)
    assert docker.missing() is None
    assert f"with the runtime {OTHER_RUNTIME}" in docker.describe()
    async with await docker.open(SandboxSpec(tree)) as sandbox:
        assert (await sandbox.run("echo inside")).output == "inside\n"
        (made,) = containers(docker_address, os.getpid())
    assert made["HostConfig"]["Runtime"] == OTHER_RUNTIME


async def test_nothing_is_left_behind(docker: Docker, docker_address: str, tree: Path) -> None:
    async with await docker.open(SandboxSpec(tree)) as sandbox:
        await sandbox.run("sleep 0.01 &")
    assert containers(docker_address, os.getpid()) == []


async def test_when_the_host_s_process_is_killed_its_container_ends(docker_address: str, tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from journeyman.sandbox import SandboxSpec\nfrom journeyman.sandbox.docker import Docker\n"
        "async def main():\n"
        "    folder = Path(sys.argv[1]); (folder / 'tree').mkdir()\n"
        "    opened = await Docker(folder, sys.argv[2], address=sys.argv[3]).open(SandboxSpec(folder / 'tree'))\n"
        "    print('open', flush=True)\n    await opened.run('sleep 1000')\n"
        "asyncio.run(main())\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path), IMAGE, docker_address]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        assert len(containers(docker_address, process.pid)) == 1
        process.kill()
    until = time.monotonic() + CALM
    while containers(docker_address, process.pid) and time.monotonic() < until:
        await asyncio.sleep(0.05)
    assert containers(docker_address, process.pid) == []


async def test_what_the_image_sets_is_kept_and_its_volumes_are_bounded(docker_address: str, tmp_path: Path) -> None:
    from docker import APIClient

    tree = tmp_path / "tree"
    tree.mkdir()
    client = APIClient(base_url=docker_address, version="auto")
    made = client.create_container(IMAGE, ["true"])["Id"]
    changes = ["ENV LANGUAGE_HOME=/opt/x", "ENV PATH=/opt/x/bin:/usr/bin:/bin", "VOLUME /data"]
    client.commit(made, "journeyman-test", "with-settings", changes=changes)
    client.remove_container(made)
    docker = Docker(tmp_path / "state", "journeyman-test:with-settings", address=docker_address)
    async with await docker.open(SandboxSpec(tree, path=("/env/bin",), variables={"OWN": "1"})) as sandbox:
        result = await sandbox.run('echo "$LANGUAGE_HOME $OWN $PATH"; stat -f -c %T /data; touch /data/x && echo may')
    assert result.output == "/opt/x 1 /env/bin:/opt/x/bin:/usr/bin:/bin\ntmpfs\nmay\n"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"image": "nowhere/nothing:1"}, "Docker has no image nowhere/nothing:1: get it with `docker pull"),
        ({"runtime": "runsc"}, "the Docker daemon knows no runtime runsc: install it"),
    ],
)
async def test_what_is_missing_is_one_line(
    docker_address: str, tmp_path: Path, options: dict[str, str], line: str
) -> None:
    docker = Docker(tmp_path, **{"image": IMAGE, "address": docker_address, **options})
    assert (docker.missing() or "").startswith(line)
    (tmp_path / "tree").mkdir()
    with pytest.raises(NoSandbox) as caught:
        await docker.open(SandboxSpec(tmp_path / "tree"))
    assert caught.value.advice


async def test_an_image_without_python_is_told(docker_address: str, tmp_path: Path) -> None:
    import io
    import tarfile

    from docker import APIClient

    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.add("/usr/bin/true", "bin/true")
    APIClient(base_url=docker_address, version="auto").import_image_from_data(
        content.getvalue(), repository="journeyman-test", tag="empty"
    )
    (tmp_path / "tree").mkdir()
    docker = Docker(tmp_path, "journeyman-test:empty", address=docker_address)
    with pytest.raises(NoSandbox) as caught:
        await docker.open(SandboxSpec(tmp_path / "tree"))
    assert "Python 3.9" in caught.value.advice
    assert containers(docker_address, os.getpid()) == []


def test_where_no_daemon_answers_the_advice_is_to_start_it(tmp_path: Path) -> None:
    said = Docker(tmp_path, address=f"unix://{tmp_path}/none.sock").missing() or ""
    assert said.startswith("Docker does not answer")
    assert "start Docker" in said
    assert "\n" not in said


def test_a_daemon_elsewhere_is_refused(tmp_path: Path) -> None:
    assert "another machine" in (Docker(tmp_path, address="tcp://10.0.0.1:2375").missing() or "")


@pytest.mark.parametrize(
    ("info", "runtime", "why"),
    [
        ({**FIT, "SecurityOptions": ["name=seccomp", "name=rootless"]}, "", "rootless"),
        ({**FIT, "SecurityOptions": ["name=userns", "name=seccomp"]}, "", "userns-remap"),
        ({**FIT, "SecurityOptions": []}, "", "lacks seccomp"),
        ({**FIT, "MemoryLimit": False, "PidsLimit": False}, "", "lacks MemoryLimit, PidsLimit"),
        (FIT, "kata", "no runtime kata"),
    ],
)
def test_an_unfit_daemon_is_refused(info: dict[str, Any], runtime: str, why: str) -> None:
    with pytest.raises(NoSandbox, match=why):
        refuse_unfit(info, runtime)


def test_a_fit_daemon_is_not(docker: Docker) -> None:
    refuse_unfit(FIT, "runc")
    assert docker.missing() is None
    assert docker.describe().startswith(f"docker, image {IMAGE}")


async def test_an_environment_is_installed_by_the_image_s_tools_through_the_proxy(
    docker: Docker, tree: Path, tmp_path: Path, index: Index
) -> None:
    (tree / "requirements.txt").write_text("tiny==1.0\n")
    path = os.environ["PATH"]
    environments = EnvironmentCache(
        docker,
        tmp_path / "environments",
        home=tmp_path,
        variables={"PATH": path, "PIP_INDEX_URL": index.url, "PIP_EXTRA_INDEX_URL": " "},
        look=partial(of_image, docker, path),
    )
    made = await environments.prepare(tree)
    assert any(asked.endswith(".whl") for asked in index.asked)
    async with await docker.open(SandboxSpec(tree, made.mounts, made.variables, made.path)) as sandbox:
        result = await sandbox.run("python -c 'import sys, tiny; print(tiny.NAME, sys.prefix)'; touch /env/python/x")
    assert result.output.startswith("tiny /env/python\n")
    assert "Read-only" in result.output


async def test_the_proxy_lets_only_listed_hosts_through(docker: Docker, tree: Path, index: Index) -> None:
    url = f"{index.url}/tiny/"
    code = (
        f"import urllib.request as u\nprint(b'whl' in u.urlopen('{url}', timeout=9).read())\n"
        "for url in ('http://example.com/', 'https://example.com/', 'http://169.254.169.254/'):\n"
        "    try: u.urlopen(url, timeout=9); print('ESCAPED')\n"
        "    except OSError as e: print(e)\n"
    )
    mirror = index.url.removeprefix("http://").partition("/")[0]
    async with await docker.open(SandboxSpec(tree, mirrors=(mirror,))) as sandbox:
        lines = (await sandbox.run("python3 -I -", stdin=code.encode())).output.splitlines()
    assert lines[0] == "True"
    assert ["is not an allowed host" in line for line in lines[1:]] == [True] * 3


def test_what_the_image_says_is_read(tmp_path: Path) -> None:
    lines = ["python 3 12 /usr/local/bin/python3", "python 3 12 /usr/local/bin/python3", "noise", "has go", "runs uv"]
    ours = (("uv", tmp_path / "uv"), ("ruff", tmp_path / "ruff"))
    found = read(lines, ours)
    assert [(python.program, python.version) for python in found.pythons] == [("/usr/local/bin/python3", (3, 12))]
    assert found.programs == ours[:1]
    assert (found.node, found.go, found.rust) == (None, Path("/usr"), None)
    with pytest.raises(EnvironmentBroken, match="no Python"):
        read(["has node"], ours)
