"""Files out of a task's reach, and how risky a change is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch

from journeyman.domain.changes import Change, ChangedFile, ChangeKind, Finding, Severity
from journeyman.gates import places
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.settings import RepositorySettings

HUGE = 1024**2
"""Bytes from which on a file does not belong into a change without a word in the settings."""
MANY_FILES, MANY_LINES, MANY_DELETED = 25, 800, 3
MOST_FILES = 5000

RISKY_PLACES: tuple[tuple[str, str], ...] = (
    (r"(?:^|/)(?:migrations?|alembic/versions)/", "changes a database migration"),
    (r"(?:^|/)(?:Dockerfile[^/]*|docker-compose[^/]*|compose\.ya?ml)$", "changes how it is deployed"),
    (r"\.(?:tf|tfvars)$|(?:^|/)(?:k8s|kubernetes|helm|terraform|ansible|deploy)/", "changes how it is deployed"),
    (
        r"(?i)(?:^|/|_)(?:auth|authn|authz|login|passwords?|permissions?|crypto|security|secrets?|session|oauth|jwt)"
        r"(?:_|/|\.\w+$)",
        "touches access control or cryptography",
    ),
    (r"(?i)(?:^|/|_)(?:billing|payments?|invoic\w+|payroll)(?:_|/|\.\w+$)", "touches money"),
    (
        r"(?:^|/)(?:package\.json|pyproject\.toml|setup\.py|setup\.cfg|go\.mod|Cargo\.toml|Gemfile|pom\.xml"
        r"|requirements[\w-]*\.txt|build\.gradle(?:\.kts)?)$",
        "may change the dependencies or the build",
    ),
    (
        r"(?:^|/)(?:CODEOWNERS|LICENSE[^/]*|SECURITY\.md|\.gitattributes|\.gitmodules)$",
        "changes the repository's rules",
    ),
)


def reach(change: Change, comparison: Comparison, settings: RepositorySettings) -> Iterator[Finding]:
    """Yield a finding for each file that a task has no business with."""
    names = {file.path for file in change.files}
    for edit in comparison.edits:
        if edit.file.kind is not ChangeKind.DELETED:
            yield from _content(edit, settings)
            yield from _lock(edit.file, names)
        yield from _place(edit.file, settings)
    yield from _links(change.diff)


def _content(edit: Edit, settings: RepositorySettings) -> Iterator[Finding]:
    path, size = edit.path, edit.file.size
    if any(fnmatch(path, glob) for glob in settings.allow_large):
        return
    if size > HUGE:
        yield _flag("reach.huge", Severity.BLOCKS, f"the file has {size / 1024**2:.1f} MB", path)
    elif edit.file.binary and edit.file.kind is not ChangeKind.MODE:
        yield _flag("reach.binary", Severity.WARNS, "a binary file is part of the change", path)
    if places.BUILT.search(path):
        yield _flag("reach.built", Severity.WARNS, "this is made by a tool and does not belong into a commit", path)
    elif places.GENERATED_NAME.search(path) or places.GENERATED_MARK.search((edit.after or "")[:2000]):
        yield _flag("reach.generated", Severity.WARNS, "the file is generated: change its source instead", path)


def _place(file: ChangedFile, settings: RepositorySettings) -> Iterator[Finding]:
    for path in {file.path, file.old_path} - {""}:
        if any(fnmatch(path, glob) for glob in settings.protected):
            yield _flag("reach.protected", Severity.BLOCKS, "the repository's settings protect this file", path)
        if path == places.SETTINGS_FILE:
            yield _flag("reach.settings", Severity.BLOCKS, "a run may not change its own rules", path)
        if places.is_ci(path):
            yield _flag("reach.ci", Severity.WARNS, "this tells the CI system what to do", path)
        if places.VENDORED.search(path):
            yield _flag("reach.vendored", Severity.WARNS, "this is a copy of somebody else's code", path)


def _lock(file: ChangedFile, names: set[str]) -> Iterator[Finding]:
    folder, _, name = file.path.rpartition("/")
    manifests = places.LOCKS.get(name)
    prefix = f"{folder}/" if folder else ""
    if manifests and not any(prefix + manifest in names for manifest in manifests):
        yield _flag("reach.lock", Severity.WARNS, f"it changed, yet {manifests[0]} did not", file.path)


SUBMODULE = re.compile(r"(?m)^\+\+\+ \"?b/(.*?)\"?\n@@.*\n(?:-Subproject commit \w+\n)?\+Subproject commit \w+$")


def _links(diff: str) -> Iterator[Finding]:
    """Yield links that lead out of the tree, and submodules that stand elsewhere now."""
    for path, target in _new_links(diff):
        landing = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if target.startswith("/") or landing.startswith(".."):
            yield _flag("reach.link", Severity.BLOCKS, f"the link leads out of the repository: {target}", path)
    for path in SUBMODULE.findall(diff) if "Subproject commit" in diff else ():
        yield _flag("reach.submodule", Severity.WARNS, "the change moves a submodule", path)


def _new_links(diff: str) -> Iterator[tuple[str, str]]:
    """Yield path and target of each link that the diff adds or changes."""
    for section in f"\n{diff}".split("\ndiff --git ")[1:] if "120000" in diff else ():
        head, _, body = section.partition("\n+++ ")
        if re.search(r"(?m)^(?:new file mode|new mode|index \S+) 120000$", head):
            path, _, hunk = body.partition("\n")
            target = re.search(r"(?m)^\+(.*)$", hunk)
            if target:
                yield path.strip('"\t').removeprefix("b/"), target.group(1)


def sprawl(change: Change) -> Finding | None:
    """Return what blocks a change of more files than anyone, program or person, could judge."""
    if len(change.files) <= MOST_FILES:
        return None
    message = f"the change has {len(change.files)} files, and at most {MOST_FILES} can be judged"
    return _flag("reach.sprawl", Severity.BLOCKS, message, "")


def _flag(rule: str, severity: Severity, message: str, path: str) -> Finding:
    return Finding(rule=rule, severity=severity, message=message, path=path)


def risks(change: Change) -> tuple[str, ...]:
    """Return why a person should look at a change before it goes out; empty means the risk is low."""
    found = dict.fromkeys(reason for file in change.files for reason in _risk_of(file))
    found.update(dict.fromkeys(reason for reason, true in _SIZES if true(change)))
    return tuple(found)


def _risk_of(file: ChangedFile) -> Iterator[str]:
    if places.is_ci(file.path):
        yield "changes what the CI system does"
    if places.is_lock(file.path):
        yield "changes the locked dependencies"
    if not places.is_test(file.path):
        yield from (reason for pattern, reason in RISKY_PLACES if re.search(pattern, file.path))


_SIZES: tuple[tuple[str, Callable[[Change], bool]], ...] = (
    (f"changes more than {MANY_FILES} files", lambda change: len(change.files) > MANY_FILES),
    (
        f"changes more than {MANY_LINES} lines",
        lambda change: sum(file.added_lines + file.deleted_lines for file in change.files) > MANY_LINES,
    ),
    (
        f"deletes {MANY_DELETED} files or more",
        lambda change: sum(file.kind is ChangeKind.DELETED for file in change.files) >= MANY_DELETED,
    ),
    ("moves a submodule or a link", lambda change: bool(re.search(r"(?m)^\+Subproject|mode 120000$", change.diff))),
)
