"""Environments made for real: in a sandbox, through the proxy, from an index that the test serves, kept by key."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from journeyman.domain.errors import EnvironmentBroken
from journeyman.sandbox import Environment, Remedy, SandboxSpec, lighter
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.environments import EnvironmentCache


def wheel(folder: Path, name: str) -> Path:
    file = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", f"NAME = {name!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return file


class Index:
    """A package index on loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        self.asked.append(path)
        name = path.strip("/").split("/")[-1]
        file = self.folder / (name if name.endswith(".whl") else f"{name}-1.0-py3-none-any.whl")
        kind, body = "text/html", b""
        if file.is_file() and name.endswith(".whl"):
            kind, body = "application/octet-stream", file.read_bytes()
        elif file.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            body = f'<a href="/files/{file.name}#sha256={digest}">{file.name}</a>'.encode()
        status = "200 OK" if body else "404 Not Found"
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[Index]:
    folder = tmp_path / "wheels"
    folder.mkdir()
    made = Index(folder)
    wheel(folder, "tiny")
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://localhost:{server.sockets[0].getsockname()[1]}/simple"
    yield made
    server.close()


def cache(back_end: Bubblewrap, tmp_path: Path, **variables: str) -> EnvironmentCache:
    settings = {"PATH": os.environ["PATH"], "PIP_EXTRA_INDEX_URL": " ", **variables}
    return EnvironmentCache(back_end, tmp_path / "environments", home=tmp_path, variables=settings)


async def run(back_end: Bubblewrap, tree: Path, made: Environment, command: str) -> str:
    spec = SandboxSpec(tree, made.mounts, made.variables, made.path)
    async with await back_end.open(spec) as sandbox:
        return (await sandbox.run(command)).output


async def test_a_project_without_dependencies_needs_no_network(
    back_end: Bubblewrap, tree: Path, tmp_path: Path
) -> None:
    (tree / "mod.py").write_text("x = 41")
    (tree / "Makefile").write_text("all:\n")
    environments = cache(back_end, tmp_path, PIP_INDEX_URL="http://localhost:1/simple")
    first = await environments.prepare(tree)
    started = time.perf_counter()
    second = await environments.prepare(tree)
    assert time.perf_counter() - started < 0.5
    assert (first.cached, second.cached) == (False, True)
    assert first.ecosystems == ("python", "make")
    output = await run(back_end, tree, second, "python -c 'import sys, mod; print(sys.prefix, mod.x)'; ls")
    assert output == "/env/python 41\nMakefile\nmod.py\n"


async def test_requirements_come_through_the_proxy_and_are_kept(
    back_end: Bubblewrap, tree: Path, tmp_path: Path, index: Index
) -> None:
    (tree / "requirements.txt").write_text("tiny==1.0\n")
    environments = cache(back_end, tmp_path, PIP_INDEX_URL=index.url)
    made = await environments.prepare(tree)
    assert any(path.endswith(".whl") for path in index.asked)
    assert await run(back_end, tree, made, "python -c 'import tiny; print(tiny.NAME)'") == "tiny\n"
    assert "Read-only" in await run(back_end, tree, made, "touch /env/python/planted")
    asked = len(index.asked)
    assert (await environments.prepare(tree)).cached
    assert len(index.asked) == asked
    assert not (await environments.prepare(tree, remedy=Remedy.REBUILD)).cached


async def test_two_at_once_install_once(back_end: Bubblewrap, tree: Path, tmp_path: Path, index: Index) -> None:
    (tree / "requirements.txt").write_text("tiny\n")
    both = [cache(back_end, tmp_path, PIP_INDEX_URL=index.url).prepare(tree) for _ in range(2)]
    made = await asyncio.gather(*both)
    assert sorted(one.cached for one in made) == [False, True]


async def test_a_missing_package_is_told_and_nothing_is_kept(
    back_end: Bubblewrap, tree: Path, tmp_path: Path, index: Index
) -> None:
    (tree / "requirements.txt").write_text("nowhere-to-be-found\n")
    environments = cache(back_end, tmp_path, PIP_INDEX_URL=index.url)
    for _ in range(2):
        with pytest.raises(EnvironmentBroken, match="nowhere-to-be-found") as caught:
            await environments.prepare(tree)
    assert "\n" not in caught.value.line()
    (tree / "requirements.txt").write_text("tiny\n")
    assert not (await environments.prepare(tree)).cached


async def test_an_unreachable_registry_is_told_with_advice(back_end: Bubblewrap, tree: Path, tmp_path: Path) -> None:
    (tree / "requirements.txt").write_text("tiny\n")
    environments = cache(back_end, tmp_path, PIP_INDEX_URL="http://localhost:1/simple", UV_HTTP_RETRIES="0")
    with pytest.raises(EnvironmentBroken) as caught:
        await environments.prepare(tree)
    assert "registry cannot be reached" in caught.value.advice


async def test_a_wished_tool_that_cannot_be_had_is_a_note(
    back_end: Bubblewrap, tree: Path, tmp_path: Path, index: Index
) -> None:
    (tree / "test_it.py").write_text("def test_it(): pass\n")
    made = await cache(back_end, tmp_path, PIP_INDEX_URL=index.url).prepare(tree)
    assert "pytest could not be installed" in made.notes[0]
    wheel(index.folder, "pytest")
    again = await cache(back_end, tmp_path, PIP_INDEX_URL=index.url).prepare(tree, remedy=Remedy.REBUILD)
    assert again.notes == ()
    assert await run(back_end, tree, again, "python -c 'import pytest; print(pytest.NAME)'") == "pytest\n"


async def test_pre_commit_that_cannot_be_had_is_a_note(
    back_end: Bubblewrap, tree: Path, tmp_path: Path, index: Index
) -> None:
    (tree / ".pre-commit-config.yaml").write_text("repos: []\n")
    made = await cache(back_end, tmp_path, PIP_INDEX_URL=index.url).prepare(tree)
    assert len(made.notes) == 1
    assert "pre-commit: it could not be installed" in made.notes[0]


async def test_commands_of_the_repository_replace_what_is_detected(
    back_end: Bubblewrap, tree: Path, tmp_path: Path, index: Index
) -> None:
    (tree / "requirements.txt").write_text("nowhere-to-be-found\n")
    environments = cache(back_end, tmp_path, PIP_INDEX_URL=index.url)
    commands = ("uv pip install -q tiny", "echo made > /env/python/mark")
    made = await environments.prepare(tree, commands)
    assert await run(back_end, tree, made, "cat /env/python/mark; python -c 'import tiny'") == "made\n"
    assert (await environments.prepare(tree, commands)).cached
    with pytest.raises(EnvironmentBroken, match="no luck"):
        await environments.prepare(tree, ("echo no luck; false",))


async def test_building_the_project_leaves_nothing_in_its_tree(
    back_end: Bubblewrap, tree: Path, tmp_path: Path, index: Index
) -> None:
    (tree / "src/pkg").mkdir(parents=True)
    (tree / "src/pkg/__init__.py").write_text("def main(): print('ran')\n")
    (tree / "kept.egg-info").mkdir()
    (tree / "builder.py").write_text(BUILDER)
    (tree / "pyproject.toml").write_text(
        "[project]\nname = 'pkg'\nversion = '1.0'\ndependencies = ['tiny']\n[project.scripts]\npkg = 'pkg:main'\n"
        "[build-system]\nrequires = []\nbuild-backend = 'builder'\nbackend-path = ['.']\n"
    )
    made = await cache(back_end, tmp_path, PIP_INDEX_URL=index.url).prepare(tree)
    assert await run(back_end, tree, made, "pkg; python -c 'import tiny'; ls -d *.egg-info") == "ran\nkept.egg-info\n"


BUILDER = """
import os, zipfile
INFO = "pkg-1.0.dist-info"
def build_editable(folder, config=None, metadata=None):
    os.mkdir("pkg.egg-info")
    name = "pkg-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as z:
        z.writestr("pkg.pth", os.path.abspath("src"))
        z.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\\nName: pkg\\nVersion: 1.0\\nRequires-Dist: tiny\\n")
        z.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        z.writestr(f"{INFO}/entry_points.txt", "[console_scripts]\\npkg = pkg:main\\n")
        z.writestr(f"{INFO}/RECORD", "")
    return name
build_wheel = build_editable
"""


async def test_node_modules_are_shown_in_the_tree_and_not_written_there(
    back_end: Bubblewrap, tree: Path, tmp_path: Path
) -> None:
    if not Path("/usr/bin/npm").exists():
        pytest.skip("no npm below /usr on this machine")
    (tree / "local").mkdir()
    (tree / "local/package.json").write_text('{"name": "local", "version": "1.0.0", "main": "i.js"}')
    (tree / "local/i.js").write_text("module.exports = 42\n")
    (tree / "package.json").write_text('{"name": "a", "version": "1.0.0", "workspaces": ["local"]}')
    made = await cache(back_end, tmp_path).prepare(tree)
    output = await run(back_end, tree, made, "node -p 'require(\"local\")'; touch node_modules/x")
    assert output.startswith("42\n")
    assert "Read-only" in output
    assert list((tree / "node_modules").iterdir()) == []


async def test_the_configured_registry_itself(back_end: Bubblewrap, tree: Path, tmp_path: Path) -> None:
    """One tiny package from wherever this machine's pip would take it."""
    (tree / "requirements.txt").write_text("iniconfig\n")
    environments = EnvironmentCache(back_end, tmp_path / "environments", home=Path.home(), variables=dict(os.environ))
    try:
        made = await environments.prepare(tree)
    except EnvironmentBroken as error:
        if "cannot be reached" in error.advice:
            pytest.skip(f"no registry can be reached from here: {error.message[-200:]}")
        raise
    assert await run(back_end, tree, made, "python -c 'import iniconfig; print(1)'") == "1\n"


async def test_what_an_install_may_not_read_is_made_usable(back_end: Bubblewrap, tree: Path, tmp_path: Path) -> None:
    """As root, a file of root's that others may not read stands for one that an earlier life left behind."""
    (tree / "Makefile").write_text("all:\n")
    secretive = tree / "lib" / "config"
    secretive.parent.mkdir()
    secretive.write_text("1\n")
    commands = ("cat /repo/lib/config && echo more >> /repo/lib/config",)
    environments = cache(back_end, tmp_path)
    await environments.prepare(tree, ("true",))
    os.chown(secretive, os.getuid(), os.getgid())
    secretive.chmod(0o000)
    secretive.parent.chmod(0o500)
    for remedy in (Remedy.KEEP, Remedy.REBUILD):
        with pytest.raises(EnvironmentBroken, match="Permission denied"):
            await environments.prepare(tree, commands, remedy)
    await environments.prepare(tree, commands, Remedy.PERMISSIONS)
    assert secretive.read_text() == "1\nmore\n"


async def test_permissions_are_not_given_through_links(back_end: Bubblewrap, tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("the host's")
    outside.chmod(0o400)
    (tree / "link").symlink_to(outside)
    (tree / "Makefile").write_text("all:\n")
    before = outside.stat()
    await cache(back_end, tmp_path).prepare(tree, ("true",), Remedy.PERMISSIONS)
    after = outside.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)


async def test_the_lightest_install_does_one_thing_at_a_time(
    back_end: Bubblewrap, tree: Path, tmp_path: Path
) -> None:
    (tree / "Makefile").write_text("all:\n")
    environments = cache(back_end, tmp_path)
    commands = (f"python3 -c '{GREEDY}'",)
    with pytest.raises(EnvironmentBroken, match="out of memory"):
        await environments.prepare(tree, commands, Remedy.PERMISSIONS)
    made = await environments.prepare(tree, commands, Remedy.LIGHTER)
    assert lighter(made).variables["MAKEFLAGS"] == "-j1"


GREEDY = """
import os, subprocess, sys
jobs = int(os.environ.get("MAX_JOBS", "12"))
eat = [sys.executable, "-c", "import time; b = bytearray(300 * 1024**2); time.sleep(0.3)"]
sys.exit(any([child.wait() for child in [subprocess.Popen(eat) for _ in range(jobs)]]))
"""
