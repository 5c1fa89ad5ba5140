"""People's own checkouts: read without a trace, copied, and written back to."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from journeyman.domain.errors import RepositoryRefused
from journeyman.domain.request import Repository
from journeyman.git.addresses import parse_address
from journeyman.git.changes import RawChange, read_change, text
from journeyman.git.contract import Checkout, Head, Workspace
from journeyman.git.credentials import Keyring
from journeyman.git.folders import RunFolders
from journeyman.git.program import SEARCH_PATH, Git
from journeyman.git.remotes import Remote
from journeyman.git.worktree import ATTRIBUTES, DIFF, GitWorkspace, Owner
from journeyman.git.writing import Content, Rewrite, write_all

MANIFEST = re.compile(
    r"pyproject\.toml|setup\.(?:py|cfg)|requirements[\w-]*\.txt|package\.json|go\.mod|Cargo\.toml"
    r"|(?:GNUm|[Mm])akefile|\.pre-commit-config\.yaml|\.journeyman\.yaml"
)
"""What makes a folder a project of its own."""

BY_PRODUCTS = (
    *("__pycache__/", "*.py[co]", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/", ".coverage"),
    *(".tox/", ".nox/", ".venv/", "venv/", "node_modules/", "*.egg-info/", ".eslintcache", ".DS_Store"),
)
"""What tools leave behind; never part of a change, whether or not the project ignores it."""

MOST_BYTES = 4 * 1024**3
MOST_FILES = 300_000
BRANCH = "checkout"
OFFERED = "offered"
"""The mark in a git directory that runs of their own may still need."""

_COMMIT = {f"GIT_{role}_{part}": word for role in ("AUTHOR", "COMMITTER") for part, word in (
    ("NAME", "Journeyman"), ("EMAIL", "journeyman@localhost"), ("DATE", "@0 +0000"))}  # fmt: skip


class GitCheckouts:
    """Fits `Checkouts` with the git program. `home` holds the copies; `user_home` has the person's ignore file."""

    def __init__(
        self, home: Path, user_home: Path, *, owner: Owner | None = None, search_path: str = SEARCH_PATH
    ) -> None:
        self._git = Git(search_path=search_path)
        self._home = home
        self._folders = RunFolders(home)
        self._keyring = Keyring(home, ())
        self._user_home = user_home
        self._owner = owner

    async def copy(self, place: Path) -> Checkout:
        """Copy the project at a place; see `Checkouts`."""
        root, in_git = await self._project(place)
        name = f"checkout-{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}"
        folder = self._folders.own(name)
        git_dir, tree = folder / "git", folder / "tree"
        await asyncio.to_thread(shutil.rmtree, tree, ignore_errors=True)
        if not (git_dir / OFFERED).exists():
            await asyncio.to_thread(shutil.rmtree, git_dir, ignore_errors=True)
        await self._git.must("init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}", git_dir)
        (git_dir / "info").mkdir(exist_ok=True)
        (git_dir / "index").unlink(missing_ok=True)
        (git_dir / "info" / "attributes").write_text(ATTRIBUTES)
        (git_dir / "info" / "exclude").write_text("\n".join(BY_PRODUCTS) + "\n")
        paths = await (self._tracked(root) if in_git else self._loose(root, git_dir))
        own = os.fsencode(os.path.relpath(self._home.resolve(), root)) + b"/"
        paths = [path for path in paths if not path.startswith(own)]
        try:
            copied = await asyncio.to_thread(_copy, os.fsencode(root), os.fsencode(tree), paths, self._owner)
        except OSError as error:
            raise RepositoryRefused(f"{error.filename}: {error.strerror}", "see free space and owners") from error
        if not copied:
            self._folders.leave(name)
            raise RepositoryRefused(f"{root} has no files to look at", "name the folder of a project")
        head = Head(BRANCH, await self._commit(git_dir, tree))
        remote = Remote(self._git, self._keyring, parse_address(str(git_dir)), None)
        workspace = GitWorkspace(self._git, git_dir, tree, head, remote, name, self._owner)
        return GitCheckout(self._git, root, folder, workspace, lambda: self._folders.leave(name))

    async def _project(self, place: Path) -> tuple[Path, bool]:
        """Return the project's folder and whether git knows its files."""
        place = place.absolute()
        if not place.is_dir():
            problem = f"{place} is not a folder" if place.exists() else f"there is nothing at {place}"
            raise RepositoryRefused(problem, "name the folder of a project")
        place = place.resolve()
        asked = ("rev-parse", "--is-bare-repository", "--is-inside-git-dir", "--show-toplevel")
        ran = await self._in(place, *asked)
        said = os.fsdecode(ran).split("\n") if ran else []
        if "true" in said[:2]:
            raise RepositoryRefused(f"{place} has no work tree", "name a checkout of the repository")
        if len(said) < 3 or not await self._in(place, "ls-files", "-z", "--cached", "--others", "--exclude-standard"):
            return place, False
        top = Path(said[2])
        if place != top and not await self._in(place, "ls-files", "-z", "--cached"):
            return place, False  # somebody's home may be a repository of its own
        own = place == top or any(MANIFEST.fullmatch(name) for name in os.listdir(place))
        return (place if own else top), True

    async def _in(self, folder: Path, *words: str) -> bytes:
        """Return what git says in a person's folder, where nothing is written."""
        own = await self._own_ignores()
        settings = ("-c", "safe.directory=*", *(("-c", f"core.excludesFile={own}") if own else ()))
        return (await self._git.run(*settings, "-C", folder, *words)).stdout

    async def _own_ignores(self) -> str:
        """Return the file of what a person ignores everywhere; "" if there is none."""
        for place in (self._user_home / ".gitconfig", self._user_home / ".config" / "git" / "config"):
            if place.is_file():
                asked = ("config", "--file", place, "--type=path", "core.excludesFile")
                ran = await self._git.run(*asked, variables={"HOME": str(self._user_home)})
                if ran.exit_code == 0:
                    return os.fsdecode(ran.stdout.rstrip(b"\n"))
        usual = self._user_home / ".config" / "git" / "ignore"
        return str(usual) if usual.is_file() else ""

    async def _tracked(self, root: Path) -> list[bytes]:
        """Return the files that git knows of or would take in, those of repositories inside it too."""
        known = await self._in(root, "ls-files", "-z", "--cached")
        fresh = await self._in(
            root, "ls-files", "-z", "--others", "--exclude-standard", *(f"--exclude={each}" for each in BY_PRODUCTS)
        )
        return await self._with_nested(root, known + fresh)

    async def _loose(self, root: Path, git_dir: Path) -> list[bytes]:
        """Return the files of a folder without git, those left out that it says to ignore."""
        words = (f"--git-dir={git_dir}", f"--work-tree={root}", "ls-files", "-z", "--others", "--exclude-standard")
        return await self._with_nested(root, await self._git.must(*words, cwd=root))

    async def _with_nested(self, root: Path, listing: bytes) -> list[bytes]:
        found: dict[bytes, None] = {}
        for path in listing.split(b"\0"):
            inner = root / os.fsdecode(path.rstrip(b"/"))
            if path and inner.is_dir() and not inner.is_symlink():
                nested = await self._tracked(inner) if (inner / ".git").exists() else []
                found |= {path.rstrip(b"/") + b"/" + each: None for each in nested}
            elif path:
                found[path] = None
        return list(found)

    async def _commit(self, git_dir: Path, tree: Path) -> str:
        """Make the copy as it stands the one commit of its branch."""
        places = (f"--git-dir={git_dir}", f"--work-tree={tree}")
        await self._git.must(*places, "add", "--all", "--force", "--", ".", cwd=tree)
        written = (await self._git.must(*places, "write-tree")).decode().strip()
        return await commit_on_branch(self._git, git_dir, written)


async def commit_on_branch(git: Git, git_dir: Path, tree: str) -> str:
    """Make a tree the one commit of the copy's branch and return its hash."""
    made = await git.must(f"--git-dir={git_dir}", "commit-tree", tree, "-m", "The checkout", variables=_COMMIT)
    commit = made.decode().strip()
    await git.must(f"--git-dir={git_dir}", "update-ref", f"refs/heads/{BRANCH}", commit)
    return commit


class GitCheckout:
    """Fits `Checkout`."""

    def __init__(
        self, git: Git, root: Path, folder: Path, workspace: GitWorkspace, leave: Callable[[], None]
    ) -> None:
        self.root = root
        self.workspace: Workspace = workspace
        self._git = git
        self._folder = folder
        self._leave = leave

    async def patch(self, tree_hash: str) -> bytes:
        """Return what leads from the checkout to a tree; see `Checkout`."""
        return await self._run(*DIFF, "-p", "--binary", "--full-index", await self._base(), tree_hash)

    async def write_back(self, tree_hash: str) -> tuple[str, ...]:
        """Write what a tree changed into the person's files; see `Checkout`."""
        listing = await self._run(
            "diff-tree", "-r", "--no-renames", "-z", "--raw", "--no-abbrev", await self._base(), tree_hash
        )
        raw, _ = read_change(listing)
        rewrites = [await self._rewrite(record) for record in raw]
        await asyncio.to_thread(write_all, self.root, rewrites)
        return tuple(text(rewrite.path) for rewrite in rewrites)

    async def offer(self, tree_hash: str) -> Repository:
        """Make a tree the copy's branch; see `Checkout`."""
        (self._folder / "git" / OFFERED).touch()
        await commit_on_branch(self._git, self._folder / "git", tree_hash)
        return Repository(str(self._folder / "git"), BRANCH)

    async def tree_of(self, commit: str) -> str:
        """Return the tree of a commit; see `Checkout`."""
        return (await self._run("rev-parse", "--verify", f"{commit}^{{tree}}")).decode().strip()

    async def close(self) -> None:
        """Remove the copy, all but what a run was offered."""
        offered = (self._folder / "git" / OFFERED).exists()
        gone = self._folder / "tree" if offered else self._folder
        await asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True)
        self._leave()

    async def _rewrite(self, record: RawChange) -> Rewrite:
        before = await self._content(record.old_mode, record.old_blob)
        return Rewrite(record.path, before, await self._content(record.new_mode, record.new_blob))

    async def _content(self, mode: bytes, blob: bytes) -> Content | None:
        if mode == b"000000":
            return None
        return Content(mode, await self._run("cat-file", "blob", blob.decode()))

    async def _base(self) -> str:
        return await self.workspace.base_tree()

    async def _run(self, *words: str) -> bytes:
        return await self._git.must(f"--git-dir={self._folder / 'git'}", *words)


def _copy(root: bytes, tree: bytes, paths: Sequence[bytes], owner: Owner | None) -> int:
    """Copy files and links, their modes and times too, and return how many there were. RepositoryRefused for more
    than may be copied; what cannot be read or is no file is left out."""
    if len(paths) > MOST_FILES:
        raise _too_much(root, f"{len(paths)} files")
    os.makedirs(tree)
    total = copied = 0
    for path in paths:
        source, target = os.path.join(root, path), os.path.join(tree, path)
        if b".git" in path.split(b"/"):
            continue
        try:
            facts = os.lstat(source)
        except OSError:
            continue
        if not (stat.S_ISREG(facts.st_mode) or stat.S_ISLNK(facts.st_mode)) or not _readable(source, facts):
            continue
        total += facts.st_size
        if total > MOST_BYTES:
            raise _too_much(root, f"more than {MOST_BYTES // 1024**3} GB")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
        if stat.S_ISREG(facts.st_mode):
            os.chmod(target, 0o755 if facts.st_mode & stat.S_IXUSR else 0o644)
        copied += 1
    if owner is not None:
        _give(tree, owner)
    return copied


def _readable(path: bytes, facts: os.stat_result) -> bool:
    return stat.S_ISLNK(facts.st_mode) or os.access(path, os.R_OK)


def _too_much(root: bytes, what: str) -> RepositoryRefused:
    advice = "name a smaller folder, or ignore what is no source in .gitignore"
    return RepositoryRefused(f"{os.fsdecode(root)} holds {what}", advice)


def _give(tree: bytes, owner: Owner) -> None:
    for place, folders, files in os.walk(tree):
        os.lchown(place, *owner)
        for name in (*files, *(each for each in folders if os.path.islink(os.path.join(place, each)))):
            os.lchown(os.path.join(place, name), *owner)
