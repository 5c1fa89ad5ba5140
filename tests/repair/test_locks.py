"""Lock files are made again by their own clients, the real ones, where no network is needed."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote

import pytest
from platformdirs import user_cache_path

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import LockFiles

from .shell import Folder, LocalShell

GO = {
    "go.mod": "module example.com/shop\n\ngo 1.19\n\nreplace example.com/odd => ./odd\n",
    "shop.go": 'package shop\n\nimport "example.com/odd"\n\nvar Odd = odd.Odd(3)\n',
    "odd/go.mod": "module example.com/odd\n\ngo 1.19\n",
    "odd/odd.go": "package odd\n\nfunc Odd(n int) bool { return n%2 == 1 }\n",
}
RUST = {
    "Cargo.toml": '[workspace]\nmembers = ["shop", "odd"]\nresolver = "2"\n',
    **{f"{name}/src/lib.rs": "" for name in ("shop", "odd")},
    **{
        f"{name}/Cargo.toml": f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'
        for name in ("shop", "odd")
    },
}


class AtHome(LocalShell):
    """A shell in which the toolchains of this user find their home, and no network."""

    async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
        around = f"export HOME={quote(str(Path.home()))} GOPROXY=off GOFLAGS=-mod=readonly CARGO_NET_OFFLINE=true; "
        return await super().run(around + command, timeout_seconds)


def tree(root: Path, files: dict[str, str]) -> Folder:
    folder = Folder(root / "tree", files)
    folder.shell = AtHome(root / "tree")
    return folder


async def test_a_go_module_that_is_behind_its_imports_is_tidied(tmp_path: Path) -> None:
    folder = tree(tmp_path, GO)
    check = Check("build", "go build ./...", CheckKind.TYPES)
    mended = await folder.mend(check, fixers=[LockFiles()], online=folder.shell.run)
    assert mended.leftovers == ()
    assert "require example.com/odd v0.0.0" in folder.texts()["go.mod"]
    assert [mend.paths for mend in mended.mends] == [("go.mod",)]


async def test_a_lock_of_cargo_that_is_behind_is_made_again(tmp_path: Path) -> None:
    folder = tree(tmp_path, RUST)
    code, output = await folder.shell.run("cargo generate-lockfile")
    assert code == 0, output
    with (tmp_path / "tree/shop/Cargo.toml").open("a") as manifest:
        manifest.write('\n[dependencies]\nodd = { path = "../odd" }\n')
    check = Check("metadata", "cargo metadata --locked --format-version 1", CheckKind.TYPES)
    mended = await folder.mend(check, fixers=[LockFiles()], online=folder.shell.run)
    assert mended.leftovers == ()
    assert [mend.paths for mend in mended.mends] == [("Cargo.lock",)]
    assert 'dependencies = [\n "odd",\n]' in folder.texts()["Cargo.lock"]


CLIENTS = user_cache_path("journeyman-tests")
PARTS = {"odd/package.json": '{"name": "odd", "version": "1.0.0"}\n', "odd/index.js": ""}
SHOP = '{"name": "shop", "version": "1.0.0", "private": true, "workspaces": ["part"]%s}\n'
PART = '{"name": "part", "version": "1.0.0"%s}\n'
NEEDED = ', "dependencies": {"odd": "file:%s"}'
SCRIPTS = {
    **PARTS,
    "package.json": SHOP % "",
    "part/package.json": PART % "",
    "pnpm-workspace.yaml": "packages: [part]\n",
}


def client(root: Path, name: str, program: str) -> Folder:
    """Return a tree in which a package client is found first; it keeps what it keeps in a folder of the test."""
    programs = CLIENTS / name
    if not (programs / program).exists():
        pytest.skip(f"{name} is not installed: `make servers` does it")
    folder = tree(root, SCRIPTS)

    class WithClient(AtHome):
        async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
            own = f"export PATH={quote(str((programs / program).parent))}:$PATH YARN_ENABLE_NETWORK=0 "
            own += f"YARN_CACHE_FOLDER={quote(str(root / 'cache'))} YARN_GLOBAL_FOLDER={quote(str(root / 'berry'))}; "
            return await super().run(own + command, timeout_seconds)

    folder.shell = WithClient(root / "tree")
    return folder


@pytest.mark.parametrize(
    ("name", "make", "check", "manifest"),
    [
        ("pnpm", "pnpm install --lockfile-only", "pnpm install --frozen-lockfile --offline --lockfile-only", "part"),
        ("classic", "yarn install --offline", "yarn install --frozen-lockfile --offline", ""),
        ("berry", "touch yarn.lock && yarn install", "yarn install --immutable", "part"),
    ],
)  # fmt: skip
async def test_a_lock_of_node_that_is_behind_is_made_again(
    tmp_path: Path, name: str, make: str, check: str, manifest: str
) -> None:
    """The first yarn does not see that a lock is behind a workspace's manifest."""
    folder = client(tmp_path, name, "node_modules/.bin/pnpm" if name == "pnpm" else "node_modules/.bin/yarn")
    tidy = "; code=$?; rm -rf node_modules part/node_modules .yarn .pnp*; exit $code"
    code, output = await folder.shell.run(f"{make}{tidy}")
    assert code == 0, output
    wish, text = (NEEDED % "../odd", PART) if manifest else (NEEDED % "./odd", SHOP)
    written = json.dumps(json.loads(text % wish), indent=2) + "\n"  # as the newer yarn would write it
    (tmp_path / "tree" / manifest / "package.json").write_text(written)
    looked = Check("install", f"({check}){tidy}", CheckKind.BUILD)
    assert not await folder.passes(looked)
    mended = await folder.mend(looked, fixers=[LockFiles()], online=folder.shell.run)
    assert mended.leftovers == ()
    lock = "pnpm-lock.yaml" if name == "pnpm" else "yarn.lock"
    assert [mend.paths for mend in mended.mends] == [(lock,)]
    assert "odd" in folder.texts()[lock]


@pytest.mark.long
async def test_a_lock_of_poetry_that_is_behind_is_made_again(tmp_path: Path) -> None:
    folder = client(tmp_path, "poetry", "bin/poetry")
    manifest = '[tool.poetry]\nname = "shop"\nversion = "1"\npackage-mode = false\n\n[tool.poetry.dependencies]\n'
    manifest += 'python = ">=3.11"\n'
    place = tmp_path / "tree"
    (place / "pyproject.toml").write_text(manifest)
    (place / "odd/pyproject.toml").write_text('[project]\nname = "odd"\nversion = "1"\n')
    code, output = await folder.shell.run("poetry lock -n")
    assert code == 0, output
    (place / "pyproject.toml").write_text(f'{manifest}odd = {{path = "odd"}}\n')
    check = Check("lock", "poetry check --lock", CheckKind.BUILD)
    mended = await folder.mend(check, fixers=[LockFiles()], online=folder.shell.run, seconds=120.0)
    assert mended.leftovers == ()
    assert [mend.paths for mend in mended.mends] == [("poetry.lock",)]
    assert 'name = "odd"' in folder.texts()["poetry.lock"]
