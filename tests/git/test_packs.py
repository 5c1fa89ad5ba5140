"""What another machine needs of a run: thin packs, each whole or not at all. And one folder for one process."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from journeyman.domain.errors import GitFailed
from journeyman.domain.request import Repository
from journeyman.git import Workspace
from journeyman.git.workspaces import GitRepositories

from .repos import everything, make_bare, write

TURNS = 30


async def elsewhere(folder: Path, bare: Path, workspace: Workspace) -> Workspace:
    repositories = GitRepositories(folder, known_hosts=[])
    return await repositories.reopen("run-1", Repository(str(bare)), workspace.base)


async def test_another_machine_has_every_tree_after_the_packs(
    workspace: Workspace, bare: Path, tmp_path: Path
) -> None:
    base = known = await workspace.base_tree()
    trees, packs = [], []
    for number in range(TURNS):
        write(
            workspace.tree, {"src/app.py": f"answer = {number}\n", f"new/{number % 7}/f.txt": f"{number}\n" * number}
        )
        tree = await workspace.snapshot()
        packs.append(await workspace.pack(tree, (base, known)))
        trees.append(tree)
        known = tree
    there = await elsewhere(tmp_path / "elsewhere", bare, workspace)
    assert await there.missing([base, *trees]) == tuple(trees)
    await there.take_in(packs[:10])
    await there.take_in(packs[10:])
    assert await there.missing(trees) == ()
    for tree in (trees[3], trees[-1]):
        await workspace.restore(tree)
        await there.restore(tree)
        assert everything(there.tree) == everything(workspace.tree)
    assert len(list((tmp_path / "elsewhere").glob("runs/run-1/git/objects/pack/*.pack"))) <= 20


async def test_a_small_edit_of_a_large_file_is_a_small_pack(repositories: GitRepositories, tmp_path: Path) -> None:
    chance = random.Random(1)
    lines = [f"{chance.random()}\n" for _ in range(20_000)]
    bare = make_bare(tmp_path / "large.git", {"large.txt": "".join(lines)})
    repository = Repository(str(bare))
    workspace = await repositories.prepare("large", repository, await repositories.probe(repository))
    lines[10_000] = "changed\n"
    write(workspace.tree, {"large.txt": "".join(lines)})
    pack = await workspace.pack(await workspace.snapshot(), [await workspace.base_tree()])
    assert len(pack) < 1_000


async def test_a_broken_pack_brings_nothing(workspace: Workspace, bare: Path, tmp_path: Path) -> None:
    base = await workspace.base_tree()
    write(workspace.tree, {"src/app.py": "x = 1\n"})
    tree = await workspace.snapshot()
    pack = await workspace.pack(tree, [base])
    there = await elsewhere(tmp_path / "elsewhere", bare, workspace)
    for broken in (pack[:-30], pack[:-1] + b"?"):
        with pytest.raises(GitFailed):
            await there.take_in([broken])
        assert await there.missing([tree]) == (tree,)


async def test_who_takes_over_from_a_living_process_has_a_folder_of_its_own(
    workspace: Workspace, home: Path, bare: Path, repositories: GitRepositories
) -> None:
    write(workspace.tree, {"src/app.py": "from the first\n"})
    tree = await workspace.snapshot()
    there = await elsewhere(home, bare, workspace)
    assert there.tree != workspace.tree
    assert await there.missing([tree]) == (), "the objects are the run's"
    await there.restore(tree)
    write(workspace.tree, {"src/app.py": "written too late\n"})
    assert (there.tree / "src/app.py").read_text() == "from the first\n"
    write(there.tree, {"src/app.py": "from the second\n"})
    second = await there.snapshot()
    repositories.leave("run-1")
    again = await elsewhere(home, bare, workspace)
    assert again.tree == workspace.tree, "the first has left"
    await again.restore(second)
    assert (again.tree / "src/app.py").read_text() == "from the second\n"


async def test_a_glance_makes_no_work_tree_and_takes_no_folder(
    workspace: Workspace, home: Path, bare: Path, tmp_path: Path
) -> None:
    write(workspace.tree, {"src/app.py": "x = 1\n"})
    tree = await workspace.snapshot()
    beside = GitRepositories(home, known_hosts=[])
    glance = await beside.glance("run-1", Repository(str(bare)), workspace.base)
    assert len((await glance.change(await glance.base_tree(), tree)).files) == 1
    far = GitRepositories(tmp_path / "far", known_hosts=[])
    glance = await far.glance("run-1", Repository(str(bare)), workspace.base)
    await glance.take_in([await workspace.pack(tree, [await workspace.base_tree()])])
    assert "x = 1" in (await glance.change(await glance.base_tree(), tree)).diff
    assert not (tmp_path / "far/runs/run-1/tree").exists()
    assert not (tmp_path / "far/runs/run-1/lock").exists()
