"""Lock files are made again by their own clients, the real ones, where no network is needed."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

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
