"""The repository's own formatters and linters, in the mode in which they write."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator

import msgspec

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.tree import SourceTree


class Tool(msgspec.Struct, frozen=True):
    """A program that can mend what it complains about.

    `command` recognises its checking call, `drop` are the options that only check, `add` those that write.
    `formatter`: it changes layout alone.
    """

    name: str
    command: str
    drop: tuple[str, ...] = ()
    add: str = ""
    formatter: bool = False

    def mending(self, command: str) -> str | None:
        """Return the writing form of a checking command; None if it is another program's."""
        found = re.search(rf"(?<![\w./-])(?:[\w./-]*/)?{self.command}(?![\w-])", command)
        if not found:
            return None
        for option in self.drop:
            command = re.sub(rf"(?<=\s){option}(?=\s|$)", "", command)
        words = " ".join(command.split())
        return f"{words} {self.add}".strip()


TOOLS = (
    Tool("ruff format", "ruff format", ("--check", "--diff"), formatter=True),
    Tool("ruff", "ruff check", ("--diff", "--no-fix", "--exit-non-zero-on-fix", r"--output-format[= ]\S+"), "--fix"),
    Tool("black", "black", ("--check", "--diff", "--quiet", "-q"), formatter=True),
    Tool("isort", "isort", ("--check-only", "--check", "-c", "--diff", "--df"), formatter=True),
    Tool("autoflake", "autoflake", ("--check", "--check-diff", "-c", "-cd"), "--in-place"),
    Tool("prettier", "prettier", ("--check", "-c", "--list-different", "-l"), "--write", formatter=True),
    Tool("eslint", "eslint", ("--fix-dry-run",), "--fix"),
    Tool("gofmt", "gofmt", ("-l", "-d"), "-w", formatter=True),
    Tool("cargo fmt", "cargo fmt", (r"--\s+--check", "--check"), formatter=True),
    Tool("pre-commit", r"pre-commit run"),
)

_SAID = (
    (
        re.compile(r"^(?:Would reformat: |unformatted: )", re.M),
        Proposal("format with ruff", commands=("ruff format .",), formatter=True),
    ),
    (re.compile(r"^would reformat ", re.M), Proposal("format with black", commands=("black -q .",), formatter=True)),
    (
        re.compile(r"Imports are incorrectly sorted"),
        Proposal("sort with isort", commands=("isort -q .",), formatter=True),
    ),
    (re.compile(r"fixable with the `--fix` option"), Proposal("mend with ruff", commands=("ruff check --fix .",))),
)
"""What tools say when they were called by something that cannot be looked into, such as tox."""


class OwnTools:
    """Calls the tool that complains, in the same scope, told to write."""

    name = "repository's own tools"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        commands = await _plain_commands(case.outcome.check.command, case.tree)
        known = [proposal for command in commands for proposal in _mending(command)]
        said = [] if known else [proposal for pattern, proposal in _SAID if pattern.search(case.outcome.output)]
        for proposal in known or said:
            yield proposal


def _mending(command: str) -> list[Proposal]:
    for tool in TOOLS:
        written = tool.mending(command)
        if written:
            return [Proposal(f"{tool.name}: `{written}`", commands=(written,), formatter=tool.formatter)]
    return []


async def _plain_commands(command: str, tree: SourceTree) -> list[str]:
    """Return the commands behind a check, with scripts of package.json and targets of a Makefile looked up."""
    parts = [part.strip() for part in re.split(r"&&|;|\|\|", command)]
    plain: list[str] = []
    for part in parts:
        script = re.fullmatch(r"(?:npm|pnpm|yarn)(?: run)? ([\w:-]+)", part)
        target = re.fullmatch(r"make(?: -s)? ([\w.-]+)", part)
        if script:
            plain += await _script(script[1], tree)
        elif target:
            plain += await _target(target[1], tree)
        else:
            plain.append(part)
    return plain


async def _script(name: str, tree: SourceTree) -> list[str]:
    try:
        scripts = json.loads(await tree.text("package.json") or "{}").get("scripts", {})
    except (ValueError, AttributeError):
        return []
    body = scripts.get(name, "") if isinstance(scripts, dict) else ""
    return [f"PATH=node_modules/.bin:$PATH {part.strip()}" for part in re.split(r"&&|;", str(body)) if part.strip()]


async def _target(name: str, tree: SourceTree) -> list[str]:
    recipe = re.search(rf"^{re.escape(name)}:.*\n((?:\t.*\n?)+)", await tree.text("Makefile") or "", re.M)
    lines = recipe[1].splitlines() if recipe else []
    plain = [line.strip().lstrip("@-") for line in lines if "$" not in line]
    return [part.strip() for line in plain for part in re.split(r"&&|;", line)]
