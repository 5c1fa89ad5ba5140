"""A remote as three verbs: list its branches, fetch a commit, push a branch."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from journeyman.domain.errors import PushRejected
from journeyman.domain.redaction import Redactor
from journeyman.domain.request import Credentials
from journeyman.git.addresses import Address, Transport, local_path
from journeyman.git.complaints import about_push, about_remote, unreachable
from journeyman.git.credentials import Keyring
from journeyman.git.program import Git, Ran
from journeyman.git.reach import knock

CONNECT_SECONDS = 1.2
LIST_SECONDS = 15.0
TRANSFER_SECONDS = 3600.0
HEADS = "refs/heads/"


class Branches(msgspec.Struct, frozen=True):
    """A remote's branches and their commits. `default` is empty where HEAD names none of them."""

    heads: dict[str, str]
    default: str = ""


class Remote:
    """One address with the credentials for it. Whatever a remote says is redacted."""

    def __init__(self, git: Git, keyring: Keyring, address: Address, credentials: Credentials | None) -> None:
        self._git = git
        self._keyring = keyring
        self._credentials = credentials
        self._redactor = Redactor(credentials.secrets() if credentials else ())
        self.address = address

    @property
    def url(self) -> str:
        """What git is given: for a local repository its absolute path."""
        if self.address.transport is Transport.LOCAL:
            return str(local_path(self.address.url))
        return self.address.url

    async def branches(
        self, *, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float = LIST_SECONDS
    ) -> Branches:
        """Return the branches. RepositoryRefused or RemoteOutage within seconds if that is not possible."""
        problem = await self._knock(connect_seconds)
        if problem:
            raise unreachable(self.address, problem)
        ran = await self._run(
            "ls-remote", "--symref", *self._as_owner("upload-pack"), "--", self.url, "HEAD", f"{HEADS}*",
            seconds=answer_seconds,
        )  # fmt: skip
        if ran.exit_code:
            raise self._complaint(ran)
        return _read_branches(ran.stdout.decode(errors="replace"))

    async def fetch(self, git_dir: Path, refspec: str) -> None:
        """Fetch into a git directory. GitFailed if the directory itself is at fault."""
        ran = await self._run(
            f"--git-dir={git_dir}", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow",
            *self._as_owner("upload-pack"), "--", self.url, refspec, seconds=TRANSFER_SECONDS,
        )  # fmt: skip
        if ran.exit_code:
            raise self._complaint(ran)

    async def push(self, git_dir: Path, commit: str, branch: str) -> None:
        """Make a new branch at a commit. BranchTaken if it is there at another one; the same one is fine."""
        # An empty expectation means "must not be there": it can only create, never move or overwrite.
        ran = await self._run(
            f"--git-dir={git_dir}", "push", "--porcelain", "--no-verify", f"--force-with-lease={HEADS}{branch}:",
            *self._as_owner("receive-pack"), "--", self.url, f"{commit}:{HEADS}{branch}", seconds=TRANSFER_SECONDS,
        )  # fmt: skip
        if not ran.exit_code:
            return
        refusal = about_push(self._redactor.text(ran.stdout.decode(errors="replace")), ran.stderr, branch)
        if refusal is None and "returned error: 403" in ran.stderr:
            refusal = PushRejected(
                f"{self.address.host} does not let these credentials push", "give them write access"
            )
        raise refusal or self._complaint(ran)

    async def _knock(self, seconds: float) -> str:
        if not self.address.host or self._git.has_proxy:
            return ""
        return await knock(self.address.host, self.address.port, seconds)

    def _as_owner(self, program: str) -> list[str]:
        """Return the option that lets root enter somebody's repository as that person.

        Its hooks run with its owner's rights then, and what is written there is the owner's.
        """
        if self.address.transport is not Transport.LOCAL or os.getuid() != 0 or not os.path.exists(self.url):
            return []
        owner = os.stat(self.url)
        if owner.st_uid == 0:
            return []
        person = f"--reuid={owner.st_uid} --regid={owner.st_gid} --clear-groups"
        return [f"--{program}=setpriv {person} git-{program}"]

    async def _run(self, *arguments: str, seconds: float) -> Ran:
        with self._keyring.opened(self.address, self._credentials) as variables:
            variables["GIT_ALLOW_PROTOCOL"] = self.address.transport.value
            try:
                ran = await self._git.run(*arguments, variables=variables, seconds=seconds)
            except TimeoutError as error:
                raise unreachable(self.address, f"no answer within {seconds:.0f} s") from error
        return msgspec.structs.replace(ran, stderr=self._redactor.text(ran.stderr))

    def _complaint(self, ran: Ran) -> Exception:
        known_hosts = str(self._keyring.known_hosts[0]) if self._keyring.known_hosts else "known_hosts"
        return about_remote(ran.stderr, self.address, credentials=self._credentials, known_hosts=known_hosts)


def _read_branches(listing: str) -> Branches:
    heads: dict[str, str] = {}
    default = ""
    for line in listing.splitlines():
        left, _, name = line.partition("\t")
        if name == "HEAD" and left.startswith(f"ref: {HEADS}"):
            default = left.removeprefix(f"ref: {HEADS}")
        elif name.startswith(HEADS):
            heads[name.removeprefix(HEADS)] = left
    return Branches(heads, default if default in heads else "")
