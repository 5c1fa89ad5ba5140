"""Turns the words of git, ssh and curl about a remote into the errors of this house."""

from __future__ import annotations

import re

from journeyman.domain.errors import (
    BranchTaken,
    GitFailed,
    JourneymanError,
    PushRejected,
    RemoteOutage,
    RepositoryRefused,
)
from journeyman.domain.request import Credentials
from journeyman.git.addresses import DEFAULT_PORTS, Address, Transport
from journeyman.git.program import last_words

_HOST_KEY = re.compile(r"host key verification failed", re.I)
_HOST_KEY_CHANGED = re.compile(r"remote host identification has changed", re.I)
_BAD_KEY = re.compile(r"error in libcrypto|invalid format", re.I)
_CREDENTIALS = re.compile(
    r"could not read (username|password)|authentication failed|returned error: 40[13]|permission denied \(|"
    r"too many authentication failures|invalid username or password|access denied",
    re.I,
)
_REDIRECTED = re.compile(r"returned error: 30\d", re.I)
_OWNERSHIP = re.compile(r"dubious ownership", re.I)
_NO_REPOSITORY = re.compile(
    r"does not appear to be a git repository|repository .* not found|returned error: 404|not a git repository|"
    r"repository not found|no such file or directory|does not exist|not valid: is this a git repository",
    re.I,
)
_OUTAGE = re.compile(
    r"could not resolve|connection (refused|reset|timed out|closed)|couldn't connect|failed to connect|"
    r"unreachable|timed out|no route to host|early eof|hung up|returned error: (429|5\d\d)|ssl|certificate|"
    r"name or service not known|temporary failure|gnutls|empty reply|rpc failed|kex_exchange|banner exchange",
    re.I,
)


def about_remote(
    stderr: str, address: Address, *, credentials: Credentials | None, known_hosts: str
) -> JourneymanError:
    """Return the error that git's complaint about a remote stands for."""
    if _HOST_KEY_CHANGED.search(stderr):
        advice = f"if that was expected, replace its line in {known_hosts}; if not, somebody may be in between"
        return RepositoryRefused(f"the host key of {address.host} has changed", advice)
    if _HOST_KEY.search(stderr):
        return _unknown_host(address, known_hosts)
    if _BAD_KEY.search(stderr) and address.transport is Transport.SSH:
        return RepositoryRefused("the private key cannot be read by ssh", "give the whole file, in OpenSSH format")
    if _CREDENTIALS.search(stderr):
        return _wrong_credentials(address, credentials)
    if _REDIRECTED.search(stderr):
        return RepositoryRefused(f"{address.url} redirects elsewhere", "name the address that it leads to")
    if _OWNERSHIP.search(stderr):
        advice = "run as its owner, or make it your own with chown"
        return RepositoryRefused(f"the repository {address.url} belongs to another user", advice)
    if _NO_REPOSITORY.search(stderr):
        advice = "check the address, and that the credentials may read it"
        return RepositoryRefused(f"there is no git repository at {address.url}", advice)
    if _OUTAGE.search(stderr):
        return unreachable(address, last_words(stderr, 200))
    return GitFailed(last_words(stderr) or f"git could not use {address.url}")


def unreachable(address: Address, why: str) -> RemoteOutage:
    """Return the error for a remote that does not answer."""
    place = address.host or address.url
    return RemoteOutage(f"{place} cannot be reached ({why})", "check the address and the network, then try again")


def about_push(stdout: str, stderr: str, branch: str) -> PushRejected | None:
    """Return why a remote refused a branch; None if it is not the remote's refusal but something else."""
    refusal = next((line for line in stdout.splitlines() if line.startswith("!\t")), None)
    if refusal is None:
        return None
    reason = refusal.rsplit("\t", 1)[-1].strip()
    if "stale info" in reason or "already exists" in reason or "fetch first" in reason or "non-fast" in reason:
        return BranchTaken(
            f"the branch {branch} is there already and is not this run's", "choose another branch name"
        )
    said = " ".join(line[7:].strip() for line in stderr.splitlines() if line.startswith("remote:"))
    why = re.sub(r"^\[(remote )?rejected\]\s*", "", reason).strip("()")
    return PushRejected(
        f"the remote refused {branch}: {said[:600] or why} ({why})"
        if said
        else f"the remote refused {branch}: {why}",
        "see the remote's rules for branches",
    )


def _unknown_host(address: Address, known_hosts: str) -> RepositoryRefused:
    port = "" if address.port == DEFAULT_PORTS["ssh"] else f"-p {address.port} "
    command = f"ssh-keyscan {port}{address.host} >> {known_hosts}"
    advice = f"compare its fingerprint with the one its owner gives, then: {command}"
    return RepositoryRefused(f"the host key of {address.host} is not known", advice)


def _wrong_credentials(address: Address, credentials: Credentials | None) -> RepositoryRefused:
    if credentials is None:
        advice = "put them in the request's credentials, or set GITHUB_TOKEN"
        return RepositoryRefused(f"{address.host} wants credentials for {address.url}", advice)
    # Ssh does not tell a wrong passphrase from a key that is not let in.
    advice = (
        "check key_password, and what the key may read" if credentials.key_password else "check what they may read"
    )
    return RepositoryRefused(f"{address.host} refused the credentials", advice)
