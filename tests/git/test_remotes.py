"""Local paths and bare remotes: what a person's repository goes through, and what a push may do."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journeyman.domain.errors import GitFailed, PushRejected, RemoteOutage, RepositoryRefused
from journeyman.domain.request import Repository
from journeyman.git import Author, Head, Workspace
from journeyman.git.addresses import parse_address
from journeyman.git.credentials import Keyring
from journeyman.git.mirrors import Mirrors
from journeyman.git.program import Git
from journeyman.git.remotes import Remote
from journeyman.git.workspaces import GitRepositories

from .repos import everything, git, make_bare, make_repository, write

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def deliver(workspace: Workspace, branch: str = "feat/a", content: str = "a\n") -> str:
    """Make a commit and push it."""
    write(workspace.tree, {"a": content})
    commit = await workspace.commit(await workspace.snapshot(), "Add a", Author(), AT)
    await workspace.push(commit, branch)
    return commit


async def open_run(repositories: GitRepositories, url: str | Path, run_id: str = "r") -> Workspace:
    """Probe and prepare."""
    repository = Repository(str(url))
    return await repositories.prepare(run_id, repository, await repositories.probe(repository))


async def test_probe_tells_the_default_branch(repositories: GitRepositories, bare: Path, local: Path) -> None:
    git(bare, "branch", "topic/x", "main")
    assert await repositories.probe(Repository(str(bare))) == Head("main", git(bare, "rev-parse", "main"))
    assert (await repositories.probe(Repository(f"file://{bare}", "topic/x"))).branch == "topic/x"
    assert (await repositories.branches(Repository(str(bare)))).keys() == {"main", "topic/x"}
    git(local, "switch", "--quiet", "--create", "trunk")
    assert (await repositories.probe(Repository(str(local)))).branch == "trunk"


async def test_a_persons_repository_gains_a_branch_and_nothing_else(
    repositories: GitRepositories, local: Path
) -> None:
    write(local, {"stashed.txt": "x"})
    git(local, "stash", "push", "--quiet", "--include-untracked")
    write(local, {"README.md": "being edited\n", "untracked.txt": "x", "staged.txt": "x"})
    git(local, "add", "staged.txt")
    git(local, "branch", "other")
    before = everything(local)
    workspace = await open_run(repositories, local)
    assert not (workspace.tree / "untracked.txt").exists()
    commit = await deliver(workspace)
    after = everything(local)
    fresh = {name for name in after if name not in before and not name.startswith(".git/objects/")}
    assert fresh == {".git/refs/heads/feat/a", ".git/logs/refs/heads/feat/a"}
    assert {name: after[name] for name in before} == before
    assert git(local, "rev-parse", "feat/a") == commit


async def test_its_hooks_do_not_run_on_the_way_in(repositories: GitRepositories, local: Path, tmp_path: Path) -> None:
    for name in ("post-checkout", "pre-push", "post-index-change"):
        hook = local / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
        hook.chmod(0o755)
    await deliver(await open_run(repositories, local))
    assert not (tmp_path / "hooked").exists()


async def test_a_linked_work_tree_is_a_repository_too(
    repositories: GitRepositories, local: Path, tmp_path: Path
) -> None:
    git(local, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    workspace = await open_run(repositories, tmp_path / "linked")
    assert workspace.base.branch == "side"
    await deliver(workspace)
    assert git(local, "rev-parse", "--verify", "feat/a")


async def test_a_push_twice_is_one(workspace: Workspace, bare: Path) -> None:
    commit = await deliver(workspace)
    await workspace.push(commit, "feat/a")
    assert git(bare, "rev-parse", "feat/a") == commit


@pytest.mark.parametrize("start", ["main", "main~0^{tree}"])
async def test_a_branch_that_is_anothers_is_never_moved(workspace: Workspace, bare: Path, start: str) -> None:
    theirs = git(bare, "rev-parse", "main")
    if start != "main":
        theirs = git(bare, "commit-tree", git(bare, "rev-parse", start), "-m", "Theirs")
    git(bare, "update-ref", "refs/heads/feat/a", theirs)
    with pytest.raises(PushRejected, match="feat/a is there already"):
        await deliver(workspace)
    assert git(bare, "rev-parse", "feat/a") == theirs


async def test_a_later_commit_does_not_move_the_pushed_branch(workspace: Workspace, bare: Path) -> None:
    first = await deliver(workspace)
    with pytest.raises(PushRejected):
        await deliver(workspace, content="b\n")
    assert git(bare, "rev-parse", "feat/a") == first


async def test_a_branch_below_another_branch_is_refused_plainly(workspace: Workspace, bare: Path) -> None:
    git(bare, "branch", "feat", "main")
    with pytest.raises(PushRejected, match="feat/a"):
        await deliver(workspace)


async def test_the_words_of_a_refusing_hook_arrive_clean(workspace: Workspace, bare: Path) -> None:
    hook = bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nprintf '\\033[31mNo ticket\\033[0m in the message\\r\\n\\n' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushRejected) as refused:
        await deliver(workspace)
    assert "No ticket in the message (pre-receive hook declined)" in refused.value.line()
    assert refused.value.line().isprintable()


async def test_a_remote_that_went_away_is_an_outage_or_refused(workspace: Workspace, bare: Path) -> None:
    shutil.rmtree(bare)
    with pytest.raises(RepositoryRefused, match="there is no git repository"):
        await deliver(workspace)


@pytest.mark.parametrize(
    ("make", "branch", "words"),
    [
        (lambda path: path.mkdir(), "", "is not a git repository"),
        (lambda path: None, "", "there is nothing at"),
        (lambda path: path.write_text("x"), "", "is not a git repository"),
        (lambda path: (path.mkdir(), git(path, "init", "--quiet")), "", "has no commits yet"),
        (lambda path: (path.mkdir(), git(path, "init", "--quiet", "--bare")), "main", "has no commits yet"),
        (lambda path: make_repository(path), "mian", "did you mean main?"),
        (lambda path: make_repository(path), "-x", "choose one, such as main"),
        (lambda path: (make_repository(path), git(path, "checkout", "--quiet", "--detach")), "", "no default branch"),
        (lambda path: (path.mkdir(), (path / "HEAD").write_text("x")), "", "there is no git repository at"),
        (
            lambda path: (path.mkdir(), (path / ".git").write_text("gitdir: /absent")),
            "",
            "there is no git repository at",
        ),
    ],
)
async def test_bad_repositories_are_refused_in_one_line(
    repositories: GitRepositories, tmp_path: Path, make: object, branch: str, words: str
) -> None:
    assert callable(make)
    make(tmp_path / "repo")
    started = time.monotonic()
    with pytest.raises(RepositoryRefused) as refused:
        await repositories.probe(Repository(str(tmp_path / "repo"), branch))
    assert time.monotonic() - started < 2
    assert words in refused.value.line()
    assert refused.value.advice


async def test_a_folder_inside_a_repository_is_told_the_way_up(repositories: GitRepositories, local: Path) -> None:
    with pytest.raises(RepositoryRefused, match="not a git repository") as refused:
        await repositories.probe(Repository(str(local / "src")))
    assert str(local) in refused.value.advice


async def test_a_closed_port_is_an_outage_at_once(repositories: GitRepositories) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        for url in (f"http://127.0.0.1:{port}/a", f"ssh://127.0.0.1:{port}/a", f"https://127.0.0.1:{port}/a"):
            with pytest.raises(RemoteOutage, match=r"127\.0\.0\.1 cannot be reached \(connection refused\)"):
                await repositories.probe(Repository(url))


async def test_nobody_home_is_an_outage_within_two_seconds(repositories: GitRepositories) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        started = time.monotonic()
        with pytest.raises(RemoteOutage, match="cannot be reached"):
            await repositories.probe(Repository(f"https://127.0.0.1:{port}/a"))
        assert time.monotonic() - started < 2
        for one in waiting:
            one.close()


async def test_an_unknown_host_is_an_outage(repositories: GitRepositories) -> None:
    with pytest.raises(RemoteOutage, match=r"host\.invalid cannot be reached"):
        await repositories.probe(Repository("https://host.invalid/a"))


async def test_the_second_run_needs_the_mirror_alone(repositories: GitRepositories, bare: Path) -> None:
    head = (await open_run(repositories, bare, "one")).base
    bare.rename(bare.with_name("away.git"))
    bare.mkdir()
    (bare / "HEAD").touch()
    workspace = await repositories.prepare("two", Repository(str(bare)), head)
    assert await workspace.snapshot() == await workspace.base_tree()


@pytest.mark.parametrize("harm", ["empty", "no objects", "no commit", "no blob"])
async def test_a_broken_mirror_is_made_anew(repositories: GitRepositories, bare: Path, home: Path, harm: str) -> None:
    await open_run(repositories, bare, "one")
    mirror = next(path for path in (home / "mirrors").iterdir() if path.is_dir())
    if harm == "empty":
        shutil.rmtree(mirror)
        mirror.mkdir()
    elif harm == "no objects":
        shutil.rmtree(mirror / "objects")
    elif harm == "no commit":
        (mirror / "HEAD").write_bytes(b"\0\0\0")
    else:
        pack = next((mirror / "objects/pack").glob("*.pack"))
        pack.chmod(0o600)
        pack.write_bytes(b"\0" * pack.stat().st_size)
    workspace = await open_run(repositories, bare, "two")
    assert await workspace.snapshot() == await workspace.base_tree()
    assert (workspace.tree / "README.md").exists()


async def test_many_runs_at_once_share_one_mirror(home: Path, bare: Path) -> None:
    crowd = [GitRepositories(home, known_hosts=[]) for _ in range(6)]
    workspaces = await asyncio.gather(*(open_run(one, bare, f"r{number}") for number, one in enumerate(crowd)))
    assert {await workspace.snapshot() for workspace in workspaces} == {await workspaces[0].base_tree()}
    assert len([path for path in (home / "mirrors").iterdir() if path.is_dir()]) == 1


async def test_runs_push_side_by_side(repositories: GitRepositories, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "busy.git")
    workspaces = [await open_run(repositories, bare, f"r{number}") for number in range(4)]
    commits = await asyncio.gather(*(deliver(each, f"feat/{index}") for index, each in enumerate(workspaces)))
    assert [git(bare, "rev-parse", f"feat/{index}") for index in range(4)] == list(commits)


async def test_many_fetches_leave_few_packs(bare: Path, home: Path) -> None:
    git_program = Git()
    remote = Remote(git_program, Keyring(home, []), parse_address(str(bare)), None)
    mirrors = Mirrors(git_program, home / "mirrors", most_packs=3)
    source = bare.with_name("remote.git-source")
    commits = [git(bare, "rev-parse", "main")]
    for number in range(6):
        write(source, {"README.md": f"{number}\n"})
        git(source, "commit", "--quiet", "--all", f"--message={number}")
        git(source, "push", "--quiet", str(bare), "main")
        commits.append(git(bare, "rev-parse", "main"))
        mirror = await mirrors.provide(remote, Head("main", commits[-1]))
    assert len(list(mirror.glob("objects/pack/*.pack"))) <= 3
    for commit in commits:
        git(mirror, "cat-file", "-e", commit)


async def test_a_shallow_checkout_is_a_repository_too(
    repositories: GitRepositories, bare: Path, tmp_path: Path
) -> None:
    source = bare.with_name("remote.git-source")
    write(source, {"README.md": "two\n"})
    git(source, "commit", "--quiet", "--all", "--message=Two")
    git(source, "push", "--quiet", str(bare), "main")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{bare}", "shallow")
    commit = await deliver(await open_run(repositories, tmp_path / "shallow"))
    assert git(tmp_path / "shallow", "log", "--format=%s", commit) == "Add a\nTwo"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can enter as somebody else")
async def test_root_enters_anothers_repository_as_its_owner(repositories: GitRepositories, local: Path) -> None:
    for folder in (local, *local.parents):
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)
    hook = local / ".git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nid -u > hooked\n")
    hook.chmod(0o755)
    for path in (local, *local.rglob("*")):
        os.chown(path, 4321, 4321)
    await deliver(await open_run(repositories, local))
    assert (local / ".git/hooked").read_text() == "4321\n"
    assert {path.stat().st_uid for path in local.rglob("*")} == {4321}


async def test_silence_is_an_outage_and_leaves_no_process(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = parse_address(f"http://127.0.0.1:{mute.getsockname()[1]}/a")
        remote = Remote(Git(), Keyring(home, []), address, None)
        with pytest.raises(RemoteOutage, match="no answer within"):
            await remote.branches(answer_seconds=0.2)
        asked = asyncio.create_task(remote.branches())
        while not (group := _speaking_with(mute.getsockname()[1])):
            await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert [pid for pid in group if Path(f"/proc/{pid}/exe").exists()] == []


def _speaking_with(port: int) -> list[str]:
    """Return the processes of git that have this port in their arguments."""
    commands = {path.parent.name: path for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [pid for pid, path in commands.items() if f":{port}/a".encode() in _content(path)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def test_a_machine_without_git_is_told_so(home: Path, bare: Path) -> None:
    repositories = GitRepositories(home, known_hosts=[], search_path="/nonexistent")
    with pytest.raises(GitFailed, match="cannot be started") as failed:
        await repositories.probe(Repository(str(bare)))
    assert failed.value.advice == "install git"


@pytest.mark.parametrize("run_id", ["", "..", "a/b", "-x", "../../etc"])
async def test_an_id_that_is_no_name_makes_no_folder(repositories: GitRepositories, bare: Path, run_id: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        await repositories.prepare(run_id, Repository(str(bare)), Head("main", "0" * 40))
