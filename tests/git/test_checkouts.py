"""People's checkouts: what a copy holds, what writing back changes, and that nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from journeyman.domain.errors import NotWritten, RepositoryRefused
from journeyman.git.checkouts import GitCheckouts

from .repos import git, make_repository, write


@pytest.fixture
def checkouts(home: Path, tmp_path: Path) -> GitCheckouts:
    return GitCheckouts(home, tmp_path / "user")


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a folder, git's own files too: modes, times and bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (facts.st_mode, facts.st_mtime_ns, content)
    return found


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() or p.is_symlink()}


async def test_the_copy_holds_what_is_there_and_leaves_no_trace(checkouts: GitCheckouts, local: Path) -> None:
    write(local, {"src/app.py": "dirty\n", "new.py": "fresh\n", "a.log": "ignored\n", "build/x": "ignored\n"})
    (local / "link").symlink_to("src/app.py")
    (local / "src/other.py").unlink()
    git(local, "add", "--intent-to-add", "new.py")
    before = state(local)
    copy = await checkouts.copy(local)
    tree = copy.workspace.tree
    assert files(tree) == {"README.md", "src/app.py", "run.sh", ".gitignore", "new.py", "link"}
    assert (tree / "src/app.py").read_text() == "dirty\n"
    assert os.access(tree / "run.sh", os.X_OK)
    assert await copy.workspace.snapshot() == await copy.workspace.base_tree()
    await copy.close()
    assert state(local) == before


async def test_writing_back_changes_the_files_and_nothing_of_git(checkouts: GitCheckouts, local: Path) -> None:
    write(local, {"src/app.py": "dirty\n", "mine.py": "x = 1\r\n"})
    (local / "mine.py").chmod(0o640)
    git(local, "add", "src/app.py")
    before = state(local)
    copy = await checkouts.copy(local)
    write(copy.workspace.tree, {"mine.py": "x = 2\r\n", "deep/er/new.py": "y = 1\n"})
    (copy.workspace.tree / "README.md").unlink()
    (copy.workspace.tree / "run.sh").chmod(0o644)
    written = await copy.write_back(await copy.workspace.snapshot())
    await copy.close()
    after = state(local)
    assert set(written) == {"mine.py", "deep/er/new.py", "README.md", "run.sh"}
    assert after["mine.py"][2] == b"x = 2\r\n"
    assert after["mine.py"][0] & 0o777 == 0o640
    assert after["deep/er/new.py"][2] == b"y = 1\n"
    assert after["run.sh"][0] & 0o111 == 0
    assert "README.md" not in after
    untouched = {path for path in before if path.startswith(".git/")} | {"src/app.py", "src/other.py"}
    assert {path: before[path] for path in untouched} == {path: after[path] for path in untouched}


@pytest.mark.parametrize("meanwhile", ["edited", "deleted", "link", "folder", "appeared"])
async def test_nothing_is_written_if_one_file_changed_meanwhile(
    checkouts: GitCheckouts, local: Path, tmp_path: Path, meanwhile: str
) -> None:
    copy = await checkouts.copy(local)
    write(copy.workspace.tree, {"README.md": "new\n", "src/app.py": "new\n", "fresh.py": "new\n"})
    place = local / ("fresh.py" if meanwhile == "appeared" else "src/app.py")
    place.unlink(missing_ok=True)
    match meanwhile:
        case "edited" | "appeared":
            place.write_text("mine\n")
        case "link":
            (tmp_path / "elsewhere").write_text("def answer():\n    return 42\n")
            place.symlink_to(tmp_path / "elsewhere")
        case "folder":
            place.mkdir()
    before = state(local)
    with pytest.raises(NotWritten, match=place.name):
        await copy.write_back(await copy.workspace.snapshot())
    assert state(local) == before


async def test_a_folder_that_became_a_link_is_not_followed(
    checkouts: GitCheckouts, local: Path, tmp_path: Path
) -> None:
    copy = await checkouts.copy(local)
    write(copy.workspace.tree, {"src/app.py": "new\n"})
    (local / "src").rename(tmp_path / "src")
    (local / "src").symlink_to(tmp_path / "src")
    with pytest.raises(NotWritten):
        await copy.write_back(await copy.workspace.snapshot())
    assert (tmp_path / "src/app.py").read_text() == "def answer():\n    return 42\n"


async def test_the_patch_is_one_that_git_applies(checkouts: GitCheckouts, local: Path) -> None:
    copy = await checkouts.copy(local)
    write(copy.workspace.tree, {"src/app.py": "new\n"})
    (copy.workspace.tree / "b.bin").write_bytes(bytes(range(256)))
    patch = await copy.patch(await copy.workspace.snapshot())
    (local / "x.patch").write_bytes(patch)
    git(local, "apply", "x.patch")
    assert (local / "src/app.py").read_text() == "new\n"
    assert (local / "b.bin").read_bytes() == bytes(range(256))


async def test_a_folder_without_git(checkouts: GitCheckouts, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    write(
        plain, {"a.py": "1\n", ".gitignore": "*.log\n", "b.log": "", "node_modules/x.js": "", "__pycache__/a.pyc": ""}
    )
    copy = await checkouts.copy(plain)
    assert files(copy.workspace.tree) == {"a.py", ".gitignore"}
    assert files(plain) == {"a.py", ".gitignore", "b.log", "node_modules/x.js", "__pycache__/a.pyc"}


async def test_a_subfolder_stands_for_its_repository_unless_it_has_a_manifest(
    checkouts: GitCheckouts, local: Path
) -> None:
    write(local, {"tools/setup.cfg": "", "tools/a.py": "1\n"})
    assert (await checkouts.copy(local / "src")).root == local
    git(local, "add", "--all")
    project = await checkouts.copy(local / "tools")
    assert project.root == local / "tools"
    assert files(project.workspace.tree) == {"setup.cfg", "a.py"}


async def test_a_folder_that_the_repository_around_it_ignores_stands_for_itself(
    checkouts: GitCheckouts, local: Path
) -> None:
    write(local, {"build/mine/a.py": "1\n"})
    copy = await checkouts.copy(local / "build/mine")
    assert (copy.root, files(copy.workspace.tree)) == (local / "build/mine", {"a.py"})


async def test_an_unborn_head_a_shallow_clone_and_a_linked_work_tree(
    checkouts: GitCheckouts, tmp_path: Path, local: Path
) -> None:
    unborn = tmp_path / "unborn"
    unborn.mkdir()
    git(unborn, "init", "--quiet")
    write(unborn, {"a.py": "1\n"})
    shallow, linked = tmp_path / "shallow", tmp_path / "linked"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{local}", str(shallow))
    git(local, "worktree", "add", "--quiet", str(linked))
    assert files((await checkouts.copy(unborn)).workspace.tree) == {"a.py"}
    for each in (shallow, linked):
        assert "src/app.py" in files((await checkouts.copy(each)).workspace.tree)


async def test_a_dirty_submodule_and_a_nested_repository_are_files_like_others(
    checkouts: GitCheckouts, local: Path, bare: Path
) -> None:
    git(local, "submodule", "--quiet", "add", str(bare), "part")
    make_repository(local / "nested", {"n.py": "1\n"})
    write(local, {"part/src/app.py": "dirty\n", "part/new.py": "1\n"})
    copy = await checkouts.copy(local)
    held = files(copy.workspace.tree)
    assert {"part/src/app.py", "part/new.py", "nested/n.py"} <= held
    assert not any(".git" in path.split("/") for path in held)
    write(copy.workspace.tree, {"part/new.py": "2\n"})
    assert await copy.write_back(await copy.workspace.snapshot()) == ("part/new.py",)
    assert (local / "part/new.py").read_text() == "2\n"


async def test_names_that_are_no_text_and_files_that_nobody_may_read(checkouts: GitCheckouts, tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "odd", {"a.py": "1\n"})
    odd = os.fsdecode(b"caf\xe9 \n.py")
    write(folder, {odd: "1\n"})
    os.mkfifo(folder / "pipe")
    copy = await checkouts.copy(folder)
    write(copy.workspace.tree, {odd: "2\n"})
    await copy.write_back(await copy.workspace.snapshot())
    assert (folder / odd).read_text() == "2\n"


async def test_by_products_of_tools_are_no_change(checkouts: GitCheckouts, local: Path) -> None:
    copy = await checkouts.copy(local)
    write(copy.workspace.tree, {"src/__pycache__/app.pyc": "x", ".ruff_cache/x": "x"})
    assert await copy.workspace.snapshot() == await copy.workspace.base_tree()


async def test_two_at_once_have_a_copy_each(home: Path, local: Path, tmp_path: Path) -> None:
    first, second = [await GitCheckouts(home, tmp_path / "user").copy(local) for _ in range(2)]
    write(first.workspace.tree, {"README.md": "first\n"})
    assert (second.workspace.tree / "README.md").read_text() == "# A project\n"
    await first.close()
    await second.close()
    assert not [path for path in (home / "runs").rglob("*") if path.name == "README.md"]


async def test_the_own_home_inside_a_checkout_is_left_out(local: Path, tmp_path: Path) -> None:
    copy = await GitCheckouts(local / "state", tmp_path / "user").copy(local)
    await copy.close()
    write(local, {"state/journeyman.sqlite": "x"})
    copy = await GitCheckouts(local / "state", tmp_path / "user").copy(local)
    assert not any(path.startswith("state/") for path in files(copy.workspace.tree))


async def test_what_the_person_ignores_everywhere_stays_out(home: Path, local: Path, tmp_path: Path) -> None:
    user = tmp_path / "user"
    write(user, {".gitconfig": f"[core]\n\texcludesFile = {user}/ignore\n", "ignore": "*.mine\n"})
    write(local, {"notes.mine": "x"})
    copy = await GitCheckouts(home, user).copy(local)
    assert "notes.mine" not in files(copy.workspace.tree)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda place: None, "there is nothing at"),
        (lambda place: place.write_text(""), "is not a folder"),
        (lambda place: place.mkdir(), "has no files"),
        (lambda place: git(place.parent, "init", "--bare", "--quiet", str(place)), "has no work tree"),
    ],
)
async def test_what_is_no_project_is_refused(
    checkouts: GitCheckouts, tmp_path: Path, make: object, said: str
) -> None:
    place = tmp_path / "place"
    assert callable(make)
    make(place)
    with pytest.raises(RepositoryRefused, match=said):
        await checkouts.copy(place)


async def test_an_offered_tree_can_be_cloned_after_the_copy_is_gone(
    checkouts: GitCheckouts, local: Path, tmp_path: Path
) -> None:
    copy = await checkouts.copy(local)
    write(copy.workspace.tree, {"src/app.py": "offered\n"})
    offered = await copy.offer(await copy.workspace.snapshot())
    await copy.close()
    again = await checkouts.copy(local)
    await again.close()
    git(tmp_path, "clone", "--quiet", "--no-local", offered.remote_url, "clone")
    assert not copy.workspace.tree.exists()
