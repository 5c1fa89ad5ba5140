"""The tree is written by others: nothing in it may run, reach out of it, hide a change or break a snapshot."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journeyman.domain.request import Repository
from journeyman.git import Author, Workspace
from journeyman.git.workspaces import GitRepositories

from .repos import everything, git, make_repository, write


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that is there once something planted was executed."""
    return tmp_path / "executed"


@pytest.fixture
def trap(tmp_path: Path, canary: Path) -> Path:
    """A program that leaves the canary."""
    script = tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    script.chmod(0o755)
    return script


def arm(repository: Path, trap: Path) -> None:
    """Let a repository run the trap wherever git may be brought to it."""
    settings = {
        "core.fsmonitor": trap,
        "core.hooksPath": trap.parent,
        "filter.trap.clean": trap,
        "filter.trap.smudge": trap,
        "filter.trap.process": trap,
        "diff.trap.textconv": trap,
        "diff.trap.command": trap,
        "diff.external": trap,
        "core.sshCommand": trap,
        "core.gitProxy": trap,
        "uploadpack.packObjectsHook": trap,
    }
    for name, value in settings.items():
        git(repository, "config", name, str(value))
    for hook in ("post-checkout", "pre-push", "post-index-change", "reference-transaction"):
        (repository / ".git/hooks").mkdir(exist_ok=True)
        (repository / ".git/hooks" / hook).symlink_to(trap)


async def full_circle(workspace: Workspace) -> str:
    """Use every verb on the tree and return its snapshot."""
    base = await workspace.base_tree()
    tree = await workspace.snapshot()
    await workspace.change(base, tree)
    await workspace.files(tree)
    before = everything(workspace.tree)
    await workspace.restore(base)
    assert await workspace.snapshot() == base
    await workspace.restore(tree)
    assert {name: file for name, file in before.items() if "/.git/" not in f"/{name}"} == everything(workspace.tree)
    assert await workspace.snapshot() == tree
    return tree


async def test_a_git_folder_at_the_root_has_no_say(
    workspace: Workspace, tmp_path: Path, trap: Path, canary: Path
) -> None:
    planted = make_repository(tmp_path / "planted", {"x": "x"})
    arm(planted, trap)
    (planted / ".git").rename(workspace.tree / ".git")
    write(workspace.tree, {".gitattributes": "* filter=trap diff=trap\n", "src/app.py": "changed\n"})
    tree = await workspace.snapshot()
    assert ".git/config" not in await workspace.files(tree)
    assert await workspace.read(tree, "src/app.py") == b"changed\n"
    await workspace.change(await workspace.base_tree(), tree)
    await workspace.restore(await workspace.base_tree())
    assert not canary.exists()


async def test_a_nested_repository_is_files_like_all_others(workspace: Workspace, trap: Path, canary: Path) -> None:
    nested = make_repository(
        workspace.tree / "crates/new", {"src/main.rs": "fn main() {}\n", "x.log": "x", "it/a\nb": ""}
    )
    arm(nested, trap)
    write(nested, {".gitattributes": "* filter=trap diff=trap\n"})
    tree = await workspace.snapshot()
    files = set(await workspace.files(tree))
    assert {"crates/new/src/main.rs", "crates/new/.gitattributes", "crates/new/it/a\nb"} <= files
    assert not {name for name in files if ".git/" in name or name.endswith("x.log")}
    write(nested, {"src/main.rs": "fn main() { }\n", "src/lib.rs": "\n"})
    later = await workspace.snapshot()
    assert "crates/new/src/lib.rs" in await workspace.files(later)
    await workspace.change(tree, later)
    await workspace.restore(tree)
    assert (nested / "src/main.rs").read_text() == "fn main() {}\n"
    await workspace.restore(await workspace.base_tree())
    assert not (nested / "src").exists()
    assert await workspace.snapshot() == await workspace.base_tree()
    assert not canary.exists()


async def test_a_nested_repository_without_commits_is_files_too(workspace: Workspace) -> None:
    git(workspace.tree, "init", "--quiet", "fresh")
    write(workspace.tree, {"fresh/a.txt": "a\n"})
    assert "fresh/a.txt" in await workspace.files(await full_circle(workspace))


async def test_a_git_file_that_points_elsewhere_is_not_followed(workspace: Workspace, local: Path) -> None:
    write(workspace.tree, {".git": f"gitdir: {local}/.git\n", "sub/.git": f"gitdir: {local}/.git\n", "sub/a": "a\n"})
    before = everything(local)
    tree = await workspace.snapshot()
    assert "sub/a" in await workspace.files(tree)
    await workspace.restore(await workspace.base_tree())
    assert everything(local) == before


async def test_a_submodule_of_the_base_stays_and_is_not_entered(
    repositories: GitRepositories, tmp_path: Path, trap: Path, canary: Path
) -> None:
    inner = make_repository(tmp_path / "inner", {"lib.py": "x = 1\n"})
    outer = make_repository(tmp_path / "outer")
    git(outer, "submodule", "--quiet", "add", str(inner), "lib")
    git(outer, "commit", "--quiet", "--message=Add lib")
    repository = Repository(str(outer))
    workspace = await repositories.prepare("r", repository, await repositories.probe(repository))
    base = await workspace.snapshot()
    assert base == await workspace.base_tree()
    assert (workspace.tree / "lib").is_dir()
    assert "lib" not in await workspace.files(base)
    (workspace.tree / "lib").rmdir()
    armed = make_repository(workspace.tree / "lib", {"other.py": "y\n", ".gitattributes": "* filter=trap\n"})
    arm(armed, trap)
    write(armed, {"other.py": "z\n"})
    assert await workspace.snapshot() == base
    write(workspace.tree, {"a": "a"})
    later = await workspace.snapshot()
    assert [file.path for file in (await workspace.change(base, later)).files] == ["a"]
    await workspace.restore(base)
    assert not canary.exists()


async def test_a_submodule_may_be_removed(repositories: GitRepositories, tmp_path: Path) -> None:
    inner = make_repository(tmp_path / "inner", {"lib.py": "x = 1\n"})
    outer = make_repository(tmp_path / "outer")
    git(outer, "submodule", "--quiet", "add", str(inner), "lib")
    git(outer, "commit", "--quiet", "--message=Add lib")
    repository = Repository(str(outer))
    workspace = await repositories.prepare("r", repository, await repositories.probe(repository))
    base = await workspace.snapshot()
    (workspace.tree / "lib").rmdir()
    (workspace.tree / ".gitmodules").unlink()
    change = await workspace.change(base, await workspace.snapshot())
    assert [file.path for file in change.files] == [".gitmodules", "lib"]


async def test_attributes_change_no_byte_and_hide_no_line(workspace: Workspace) -> None:
    write(
        workspace.tree,
        {".gitattributes": "* text=auto eol=crlf ident\n*.u16 working-tree-encoding=UTF-16\n*.py -diff\n"},
    )
    (workspace.tree / "windows.txt").write_bytes(b"one\r\ntwo\r\n$Id$\r\n")
    (workspace.tree / "not.u16").write_bytes(b"odd")
    write(workspace.tree, {"src/app.py": "import os\n"})
    tree = await full_circle(workspace)
    assert await workspace.read(tree, "windows.txt") == b"one\r\ntwo\r\n$Id$\r\n"
    assert (workspace.tree / "windows.txt").read_bytes() == b"one\r\ntwo\r\n$Id$\r\n"
    change = await workspace.change(await workspace.base_tree(), tree)
    assert "+import os" in change.diff
    assert not any(file.binary for file in change.files)


async def test_odd_names_are_names(workspace: Workspace) -> None:
    names = [
        "new\nline",
        "tab\t",
        '"quoted"',
        "-option",
        "--force",
        ":(exclude)x",
        "*",
        " ",
        "a" * 255,
        "é",
        "back\\slash",
    ]
    for name in names:
        (workspace.tree / name).write_text(name)
    (workspace.tree / os.fsdecode(b"not-\xff-utf8")).write_text("x")
    (workspace.tree / "in\nside").mkdir()
    (workspace.tree / "in\nside/\x1b[31m").write_text("x")
    tree = await full_circle(workspace)
    files = await workspace.files(tree)
    assert set(names) <= set(files)
    assert "not-\ufffd-utf8" in files
    assert await workspace.read(tree, "new\nline") == b"new\nline"
    change = await workspace.change(await workspace.base_tree(), tree)
    assert {file.path for file in change.files} >= set(names)
    assert "\x1b" not in change.diff


async def test_names_that_git_does_not_take_are_left_out(workspace: Workspace) -> None:
    for name in (".GIT", "git~1"):
        write(workspace.tree, {f"{name}/config": "x", "kept": "x"})
    tree = await workspace.snapshot()
    files = await workspace.files(tree)
    assert "kept" in files
    assert not any("config" in name for name in files)
    await workspace.restore(await workspace.base_tree())


async def test_a_path_too_long_to_name_does_no_harm(workspace: Workspace) -> None:
    start = os.open(workspace.tree, os.O_RDONLY)
    here = start
    for _ in range(50):
        os.mkdir("d" * 250, dir_fd=here)
        here = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
    os.close(os.open("deep.txt", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    write(workspace.tree, {"a": "a"})
    assert "a" in await workspace.files(await workspace.snapshot())
    base = await workspace.base_tree()
    await workspace.restore(base)
    assert await workspace.snapshot() == base


async def test_links_are_recorded_and_never_followed(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, {"app.py": "precious\n", "keep.txt": "precious\n"})
    base = await workspace.snapshot()
    for path in (workspace.tree / "src").iterdir():
        path.unlink()
    (workspace.tree / "src").rmdir()
    (workspace.tree / "src").symlink_to(outside)
    (workspace.tree / "README.md").unlink()
    (workspace.tree / "README.md").symlink_to(outside / "keep.txt")
    (workspace.tree / "loop").symlink_to("loop")
    tree = await workspace.snapshot()
    assert await workspace.read(tree, "src") == os.fsencode(outside)
    assert "src/keep.txt" not in await workspace.files(tree)
    await workspace.restore(base)
    assert (outside / "app.py").read_text() == "precious\n"
    assert {path.name for path in outside.iterdir()} == {"app.py", "keep.txt"}
    assert (workspace.tree / "src").is_dir()
    assert not (workspace.tree / "src").is_symlink()
    await workspace.restore(tree)
    assert (workspace.tree / "src").is_symlink()


async def test_what_is_no_file_counts_as_gone(workspace: Workspace) -> None:
    base = await workspace.snapshot()
    (workspace.tree / "README.md").unlink()
    os.mkfifo(workspace.tree / "README.md")
    os.mkfifo(workspace.tree / "new-fifo")
    (workspace.tree / "run.sh").unlink()
    (workspace.tree / "run.sh").mkdir()
    os.mknod(workspace.tree / "src/s", stat.S_IFSOCK | 0o600)  # bind() takes no path above 107 bytes
    tree = await workspace.snapshot()
    assert await workspace.files(tree) == (".gitignore", "src/app.py", "src/other.py")
    await workspace.restore(base)
    assert stat.S_ISREG((workspace.tree / "README.md").lstat().st_mode)
    assert await workspace.snapshot() == base


async def test_files_and_folders_change_places(workspace: Workspace) -> None:
    write(workspace.tree, {"a": "file", "b/c": "folder"})
    first = await workspace.snapshot()
    (workspace.tree / "a").unlink()
    (workspace.tree / "b/c").unlink()
    (workspace.tree / "b").rmdir()
    write(workspace.tree, {"a/c": "folder", "b": "file"})
    second = await workspace.snapshot()
    assert {"a/c", "b"} <= set(await workspace.files(second))
    await workspace.restore(first)
    assert (workspace.tree / "b/c").read_text() == "folder"
    await workspace.restore(second)
    assert (workspace.tree / "a/c").read_text() == "folder"


async def test_an_ignore_file_that_is_a_link_or_huge_does_no_harm(workspace: Workspace) -> None:
    (workspace.tree / ".gitignore").unlink()
    (workspace.tree / ".gitignore").symlink_to("/dev/zero")
    (workspace.tree / ".gitattributes").symlink_to("/dev/zero")
    write(workspace.tree, {"a": "a"})
    assert {"a", ".gitignore", ".gitattributes"} <= set(await workspace.files(await workspace.snapshot()))


async def test_a_message_and_an_author_cannot_add_headers(workspace: Workspace, home: Path) -> None:
    author = Author("Eve <eve@example.org> 1 +0000\nparent x", "e>\n<f")
    commit = await workspace.commit(
        await workspace.base_tree(), "\n\nWhat\n\nWhy\n", author, datetime(2026, 1, 1, tzinfo=UTC)
    )
    shown = git(home / "runs/run-1/git", "cat-file", "commit", commit)
    assert [line.split()[0] for line in shown.split("\n\n")[0].splitlines()] == [
        "tree",
        "parent",
        "author",
        "committer",
    ]
    assert shown.endswith("\n\nWhat\n\nWhy")
