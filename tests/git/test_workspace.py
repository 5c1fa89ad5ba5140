from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from journeyman.domain.changes import ChangeKind
from journeyman.domain.request import Repository
from journeyman.git import Author, Workspace
from journeyman.git.workspaces import GitRepositories

from .repos import FILES, everything, git, make_bare, write

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_the_tree_is_the_base_and_has_nothing_of_gits_own(workspace: Workspace, bare: Path) -> None:
    assert {name: content.decode() for name, (_, content) in everything(workspace.tree).items()} == FILES
    assert os.access(workspace.tree / "run.sh", os.X_OK)
    assert await workspace.base_tree() == git(bare, "rev-parse", "main^{tree}")
    assert await workspace.files(await workspace.base_tree()) == tuple(sorted(FILES))


async def test_a_snapshot_is_the_hash_that_git_gives(workspace: Workspace) -> None:
    assert await workspace.snapshot() == await workspace.base_tree()
    write(workspace.tree, {"src/app.py": "changed\n", "new/deep/file.txt": "new\n"})
    (workspace.tree / "README.md").unlink()
    tree = await workspace.snapshot()
    assert await workspace.files(tree) == (".gitignore", "new/deep/file.txt", "run.sh", "src/app.py", "src/other.py")
    assert await workspace.read(tree, "src/app.py") == b"changed\n"
    assert await workspace.snapshot() == tree


async def test_an_edit_that_keeps_size_and_second_is_seen(workspace: Workspace) -> None:
    trees = set()
    for letter in "abcdef":
        write(workspace.tree, {"src/app.py": letter})
        trees.add(await workspace.snapshot())
    assert len(trees) == 6


async def test_snapshots_stand_under_hidden_refs(workspace: Workspace, home: Path) -> None:
    first = await workspace.snapshot()
    write(workspace.tree, {"a": "a"})
    second = await workspace.snapshot()
    await workspace.snapshot()
    listing = git(home / "runs/run-1/git", "for-each-ref", "--format=%(refname) %(objectname)")
    assert listing.splitlines() == [f"refs/journeyman/run-1/1 {first}", f"refs/journeyman/run-1/2 {second}"]
    git(home / "runs/run-1/git", "fsck", "--strict")


async def test_restore_brings_a_snapshot_back_to_the_byte(workspace: Workspace) -> None:
    write(workspace.tree, {"src/app.py": "one\n", "extra/one.txt": "1\n"})
    (workspace.tree / "link").symlink_to("src/app.py")
    (workspace.tree / "src/other.py").chmod(0o755)
    before = everything(workspace.tree)
    tree = await workspace.snapshot()
    shutil.rmtree(workspace.tree / "src")
    (workspace.tree / "link").unlink()
    write(workspace.tree, {"extra/one.txt": "2\n", "later/two.txt": "2\n", "src": "a file now\n", "link/x": "x\n"})
    await workspace.restore(tree)
    assert everything(workspace.tree) == before
    assert not (workspace.tree / "later").exists()
    assert await workspace.snapshot() == tree


async def test_ignored_files_are_left_out_and_left_alone(workspace: Workspace) -> None:
    base = await workspace.snapshot()
    write(workspace.tree, {"build/out.bin": "made\n", "trace.log": "x\n"})
    assert await workspace.snapshot() == base
    write(workspace.tree, {"src/app.py": "x\n"})
    await workspace.restore(base)
    assert (workspace.tree / "build/out.bin").read_text() == "made\n"
    assert (workspace.tree / "trace.log").exists()


async def test_restore_goes_by_the_ignore_rules_of_the_snapshot(workspace: Workspace) -> None:
    base = await workspace.snapshot()
    write(workspace.tree, {".gitignore": "secret.txt\n", "secret.txt": "x\n"})
    await workspace.snapshot()
    await workspace.restore(base)
    assert await workspace.snapshot() == base


async def test_change_tells_kinds_lines_sizes_and_renames(workspace: Workspace) -> None:
    before = await workspace.snapshot()
    (workspace.tree / "src/other.py").rename(workspace.tree / "src/a\tnew\nname.py")
    (workspace.tree / "run.sh").chmod(0o644)
    (workspace.tree / "README.md").unlink()
    (workspace.tree / "picture.bin").write_bytes(b"\0\1\2" * 100)
    write(workspace.tree, {"src/app.py": "def answer():\n    return 43\n", "added.py": "a = 1\nb = 2\n"})
    change = await workspace.change(before, await workspace.snapshot())
    facts = {
        file.path: (file.kind, file.old_path, file.size, file.binary, file.added_lines, file.deleted_lines)
        for file in change.files
    }
    assert facts == {
        "README.md": (ChangeKind.DELETED, "", 0, False, 0, 1),
        "added.py": (ChangeKind.ADDED, "", 12, False, 2, 0),
        "picture.bin": (ChangeKind.ADDED, "", 300, True, 0, 0),
        "run.sh": (ChangeKind.MODE, "", 21, False, 0, 0),
        "src/a\tnew\nname.py": (ChangeKind.RENAMED, "src/other.py", 230, False, 0, 0),
        "src/app.py": (ChangeKind.MODIFIED, "", 28, False, 1, 1),
    }
    assert "-    return 42\n+    return 43\n" in change.diff
    assert "rename from src/other.py" in change.diff


async def test_no_change_is_empty(workspace: Workspace) -> None:
    tree = await workspace.snapshot()
    assert await workspace.change(tree, tree) == type(await workspace.change(tree, tree))()


@pytest.mark.parametrize(
    "path", ["", "absent", "src", "../x", "/etc/passwd", "src/../README.md", "a\0b", "./README.md"]
)
async def test_what_is_not_a_file_of_the_tree_reads_as_nothing(workspace: Workspace, path: str) -> None:
    assert await workspace.read(await workspace.base_tree(), path) is None


async def test_the_same_commit_has_the_same_hash(workspace: Workspace) -> None:
    write(workspace.tree, {"a": "a"})
    tree = await workspace.snapshot()
    message = "Add a\n\nBecause.\n"
    first = await workspace.commit(tree, message, Author("Grace", "grace@example.org"), AT)
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    assert await workspace.commit(tree, message, Author("Grace", "grace@example.org"), elsewhere) == first
    assert await workspace.commit(tree, message, Author("Grace", "grace@example.org"), AT + timedelta(1)) != first


async def test_the_commit_that_is_pushed(workspace: Workspace, bare: Path) -> None:
    write(workspace.tree, {"a": "a"})
    tree = await workspace.snapshot()
    commit = await workspace.commit(tree, "Add a\n\nBecause é.", Author("Grace", "grace@example.org"), AT)
    await workspace.push(commit, "feat/20261120-a")
    shown = git(bare, "log", "-1", "--format=%H|%P|%an|%ae|%cn|%ad|%B", "--date=iso", "feat/20261120-a")
    facts = (commit, workspace.base.commit, "Grace", "grace@example.org", "Grace", "2026-11-20 12:00:00 +0000")
    assert shown == "|".join((*facts, "Add a\n\nBecause é."))
    assert git(bare, "rev-parse", f"{commit}^{{tree}}") == tree


async def test_preparing_again_leaves_the_tree_alone(
    workspace: Workspace, repositories: GitRepositories, bare: Path
) -> None:
    write(workspace.tree, {"a": "a"})
    tree = await workspace.snapshot()
    again = await repositories.prepare("run-1", Repository(str(bare)), workspace.base)
    assert await again.snapshot() == tree


async def test_another_machine_rebuilds_the_base(workspace: Workspace, bare: Path, tmp_path: Path) -> None:
    elsewhere = GitRepositories(tmp_path / "elsewhere", known_hosts=[])
    there = await elsewhere.reopen("run-1", Repository(str(bare)), workspace.base)
    assert there.tree != workspace.tree
    assert await there.snapshot() == await workspace.base_tree()


async def test_the_base_stays_when_the_branch_moves_on(repositories: GitRepositories, bare: Path) -> None:
    head = await repositories.probe(Repository(str(bare)))
    source = bare.with_name("remote.git-source")
    write(source, {"README.md": "moved on\n"})
    git(source, "commit", "--quiet", "--all", "--message=Two")
    git(source, "push", "--quiet", str(bare), "main")
    workspace = await repositories.prepare("r", Repository(str(bare)), head)
    assert (workspace.tree / "README.md").read_text() == FILES["README.md"]
    assert (await repositories.probe(Repository(str(bare)))).commit != head.commit


async def test_a_discarded_tree_comes_back_at_the_base_and_snapshots_stay(
    workspace: Workspace, repositories: GitRepositories, bare: Path
) -> None:
    write(workspace.tree, {"a": "a"})
    tree = await workspace.snapshot()
    await repositories.discard("run-1")
    assert not workspace.tree.exists()
    again = await repositories.prepare("run-1", Repository(str(bare)), workspace.base)
    assert not (again.tree / "a").exists()
    await again.restore(tree)
    assert (again.tree / "a").read_text() == "a"


async def test_a_killed_process_leaves_no_lock_behind(
    workspace: Workspace, repositories: GitRepositories, bare: Path, home: Path
) -> None:
    (home / "runs/run-1/git/index.lock").touch()
    again = await repositories.reopen("run-1", Repository(str(bare)), workspace.base)
    write(again.tree, {"a": "a"})
    assert await again.snapshot() != await again.base_tree()


async def test_a_half_made_tree_is_made_again(
    workspace: Workspace, repositories: GitRepositories, bare: Path, home: Path
) -> None:
    workspace.tree.rename(home / "runs/run-1/tree.new")
    (home / "runs/run-1/tree.new/README.md").unlink()
    again = await repositories.reopen("run-1", Repository(str(bare)), workspace.base)
    assert (again.tree / "README.md").exists()


async def test_a_repository_of_sha256_works(repositories: GitRepositories, tmp_path: Path) -> None:
    folder = tmp_path / "modern"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=One")
    head = await repositories.probe(Repository(str(folder)))
    workspace = await repositories.prepare("r", Repository(str(folder)), head)
    write(workspace.tree, {"a": "a"})
    commit = await workspace.commit(await workspace.snapshot(), "Add a", Author(), AT)
    await workspace.push(commit, "feat/a")
    assert git(folder, "rev-parse", "feat/a") == commit


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
async def test_all_that_root_writes_belongs_to_the_owner(home: Path, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "remote.git")
    repositories = GitRepositories(home, known_hosts=[], owner=(4321, 4322))
    repository = Repository(str(bare))
    workspace = await repositories.prepare("r", repository, await repositories.probe(repository))
    base = await workspace.snapshot()

    def owners() -> set[tuple[int, int]]:
        paths = [workspace.tree, *workspace.tree.rglob("*")]
        return {(path.lstat().st_uid, path.lstat().st_gid) for path in paths}

    assert owners() == {(4321, 4322)}
    shutil.rmtree(workspace.tree / "src")
    (workspace.tree / "link").symlink_to("/etc/passwd")
    other = await workspace.snapshot()
    await workspace.restore(base)
    assert owners() == {(4321, 4322)}
    await workspace.restore(other)
    assert owners() == {(4321, 4322)}
    assert Path("/etc/passwd").stat().st_uid == 0
