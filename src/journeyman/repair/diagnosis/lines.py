"""Lines as CI systems wrap them, and what the tool inside really printed."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 1_000
"""Characters of a line that are looked at: what tools say of a failure is in the beginning."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SECTION = re.compile(r"section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?")
_STAMP = re.compile(
    r"^(?:\ufeff?\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]? ?(?:\d\d[OE]\+? ?)?"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]? {1,2}|#\d+ \d+\.\d+ )"
)
_JOB = re.compile(r"^(?P<lane>[^\t]{1,80}\t[^\t]{1,80})\t")
_LANE = re.compile(
    r"^(?:(?P<compose>[\w.-]{1,60}) *\| |(?P<task>@?[\w./-]{1,60}:(?:build|test|lint|typecheck|check)): "
    r"|(?P<package>[\w./-]{1,60} (?:test|build|lint))\$?: "
    r"|\[(?!ERROR|INFO|WARN|WARNING|FATAL|DEBUG|Pipeline|command|error|warn|vite|\*|\d)"
    r"(?P<branch>[\w./-][\w ./-]{0,60})\] )"
)
_MARK = re.compile(r"^##\[(?:error|command)\](?!$)|^\s*Error: (?=\S+[:(]\d+)")
_CHECKOUT = re.compile(
    r"^(?:file://)?(?:/home/runner/work/[^/]+/[^/]+/|/Users/runner/work/[^/]+/[^/]+/|[A-Z]:/a/[^/]+/[^/]+/"
    r"|/__w/[^/]+/[^/]+/|/(?:home/vsts|Users/runner)/work/\d+/s/|[A-Z]:/a/\d+/s/|/github/workspace/"
    r"|/builds/[^/]+/[^/]+/|/home/circleci/(?:project|repo)/|/root/project/|/home/travis/build/[^/]+/[^/]+/"
    r"|/\S*?/buildkite-agent/builds/[^/]+/[^/]+/[^/]+/|/drone/src/|/opt/atlassian/pipelines/agent/build/"
    r"|/\S*?/jenkins(?:_home)?/workspace/[^/]+/|/\S*?/workspace/[^/]+/)"
)
_WINDOWS = re.compile(r"^(?:[A-Z]:)?[\w .-]*\\")


class Line(NamedTuple):
    """What a tool printed, and the lane (job, service, branch) that it printed it in."""

    lane: str
    text: str


def cleaned(raw: bytes) -> Line:
    """Return a line without colours, time stamps, section marks and lane; of a progress bar its last state."""
    text = raw[: 4 * LONGEST].decode("utf-8", "replace").rstrip("\r\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if "section_" in text:
        text = _SECTION.sub("", text)
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    lane = ""
    if "\t" in text and (job := _JOB.match(text)) and _STAMP.match(text[job.end() :]):
        lane, text = job["lane"], text[job.end() :]
    text = _STAMP.sub("", text, count=1)
    inner = _LANE.match(text)
    if inner:
        lane, text = f"{lane} {inner[inner.lastindex or 0]}", text[inner.end() :]
        text = _STAMP.sub("", text, count=1)
    text = _MARK.sub("", text, count=1)
    return Line(lane, _CONTROL.sub("", text)[:LONGEST].rstrip())


def repository_path(path: str) -> str:
    """Return a path as the repository knows it, as far as the usual places of checkouts tell."""
    path = path.strip().strip("'\"`")
    if _WINDOWS.match(path):
        path = path.replace("\\", "/")
    path = _CHECKOUT.sub("", path)
    return path.removeprefix("file://").removeprefix("./")


def foreign(path: str) -> bool:
    """Whether a path is of the language or of a dependency."""
    marks = (
        "site-packages/",
        "dist-packages/",
        "node_modules/",
        "/gems/",
        "vendor/bundle/",
        "/.cargo/",
        "/rustc/",
        "/go/pkg/",
        "<frozen",
    )
    starts = ("/usr/", "/opt/", "/nix/", "node:", "internal/", "/home/runner/.")
    return path.startswith(starts) or any(mark in path for mark in marks) or "/lib/python3" in path
