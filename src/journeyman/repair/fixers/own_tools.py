"""The repository's own formatters and linters, in the mode in which they write."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import msgspec

from journeyman.repair.fixers.behind import commands_behind
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.lint_codes import UNDEFINED


class Tool(msgspec.Struct, frozen=True):
    """A program that can mend what it complains about.

    `command` recognises its checking call, `turned` is what that becomes ("" if it stays), `drop` are the options
    that only check, `add` those that write; `instead` stands for the whole of a call that is part of a test.
    `formatter`: it changes layout alone. `careful` is added where names are undefined: what nobody seems to use may
    be what was misspelt.
    """

    name: str
    command: str
    drop: tuple[str, ...] = ()
    add: str = ""
    instead: str = ""
    formatter: bool = False
    careful: str = ""
    turned: str = ""

    def mending(self, command: str, *, careful: bool = False) -> str | None:
        """Return the writing form of a checking command; None if it is another program's."""
        found = re.search(rf"(?<![\w./-])(?:[\w./-]*/)?{self.command}(?![\w-])", command)
        if not found:
            return None
        if self.instead and command != command[found.start() :]:
            return self.instead
        if self.turned:
            command = re.sub(rf"(?<![\w./-]){self.command}(?![\w-])", self.turned, command)
        for option in self.drop:
            command = re.sub(rf"(?<=\s){option}(?=\s|$)", "", command)
        words, dashes, passed_on = " ".join(command.split()).partition(" -- ")
        return f"{words} {self.add} {self.careful if careful else ''}".strip() + dashes + passed_on


_CALLED = r"(?:(?<![^\n])|(?<=npx )|(?<=--no-install )|(?<=\.bin:\$PATH ))"
"""Before a program whose name is a common word."""

TOOLS = (
    Tool("ruff format", "ruff format", ("--check", "--diff"), formatter=True),
    Tool(
        "ruff",
        "ruff check",
        ("--diff", "--no-fix", "--exit-non-zero-on-fix", r"--output-format[= ]\S+"),
        "--fix",
        careful="--extend-unfixable F401,F841",
    ),
    Tool("black", "black", ("--check", "--diff", "--quiet", "-q"), formatter=True),
    Tool("isort", "isort", ("--check-only", "--check", "-c", "--diff", "--df"), formatter=True),
    Tool("autoflake", "autoflake", ("--check", "--check-diff", "-c", "-cd"), "--in-place"),
    Tool("prettier", "prettier", ("--check", "-c", "--list-different", "-l"), "--write", formatter=True),
    Tool("eslint", "eslint", ("--fix-dry-run",), "--fix"),
    Tool("biome", "biome ci", (r"--reporter[= ]\S+",), "--write", turned="biome check"),
    Tool("biome", "biome (?:check|lint|format)", (r"--reporter[= ]\S+",), "--write"),
    Tool("dprint", "dprint check", turned="dprint fmt", formatter=True),
    Tool("oxlint", "oxlint", (r"(?:-f|--format)[= ]\S+",), "--fix"),
    Tool("standard", rf"{_CALLED}standard", add="--fix"),
    Tool("xo", rf"{_CALLED}xo", add="--fix"),
    Tool("stylelint", "stylelint", add="--fix"),
    Tool("markdownlint", "markdownlint(?:-cli2)?", add="--fix"),
    Tool("yapf", "yapf", ("--diff", "-d", "--quiet", "-q"), "--in-place", formatter=True),
    Tool("autopep8", "autopep8", ("--diff", "-d", "--exit-code"), "--in-place", formatter=True),
    Tool("docformatter", "docformatter", ("--check", "-c", "--diff"), "--in-place"),
    Tool("mdformat", "mdformat", ("--check",), formatter=True),
    Tool("clang-format", "clang-format", ("--dry-run", "-n", "-Werror", "--Werror"), "-i", formatter=True),
    Tool("shfmt", "shfmt", ("--diff", "-d", "--list", "-l"), "-w", formatter=True),
    Tool("golangci-lint", "golangci-lint run", add="--fix"),
    Tool("goimports", "goimports", ("-l", "-d"), "-w", "goimports -w ."),
    Tool("clippy", "cargo clippy", add="--fix --allow-dirty --allow-staged"),
    Tool("rustfmt", "rustfmt", ("--check",), formatter=True),
    Tool("terraform fmt", "terraform fmt", ("-check(?:=true)?", "-diff"), formatter=True),
    Tool("gofmt", "gofmt", ("-l", "-d", "-s"), "-w", "gofmt -w .", formatter=True),
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
    (
        re.compile(r"\] \d+ (?:potentially )?fixable with the `--fix` option"),
        Proposal("mend with ruff", commands=("ruff check --fix .",)),
    ),
    (
        re.compile(r"Unused imports/variables detected"),
        Proposal("mend with autoflake", commands=("autoflake --in-place --recursive .",)),
    ),
    (
        re.compile(r"warnings? potentially fixable with the `--fix` option"),
        Proposal("mend with eslint", commands=("npx --no-install eslint --fix .",)),
    ),
    (
        re.compile(r"^\[warn\] .*\. Run Prettier (?:with --write )?to fix", re.M),
        Proposal("format with prettier", commands=("npx --no-install prettier --write .",), formatter=True),
    ),
)
"""What tools say when they were called by something that cannot be looked into, such as tox."""


class OwnTools:
    """Calls the tool that complains, in the same scope, told to write."""

    name = "repository's own tools"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        """Yield each tool behind the check alone, then all of them together: one may need the other's work."""
        commands = await commands_behind(case.outcome.check.command, case.tree)
        careful = bool(UNDEFINED.search(case.words()))
        known = list({made.summary: made for command in commands for made in _mending(command, careful)}.values())
        said = [] if known else [proposal for pattern, proposal in _SAID if pattern.search(case.outcome.output)]
        for proposal in known or said:
            yield proposal
        if len(known) > 1:
            yield _together(known)


def _mending(command: str, careful: bool) -> list[Proposal]:
    for tool in TOOLS:
        written = tool.mending(command, careful=careful)
        if written:
            return [Proposal(f"{tool.name}: `{written}`", commands=(written,), formatter=tool.formatter)]
    return []


def _together(proposals: list[Proposal]) -> Proposal:
    """Return all the proposals as one, formatters last."""
    ordered = sorted(proposals, key=lambda proposal: proposal.formatter)
    return Proposal(
        " and ".join(proposal.summary for proposal in ordered),
        commands=tuple(command for proposal in ordered for command in proposal.commands),
        formatter=all(proposal.formatter for proposal in ordered),
    )
