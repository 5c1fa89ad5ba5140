"""A project of a repository as the finders see it: one folder, its paths, and the texts that give evidence."""

from __future__ import annotations

import configparser
import re
import tomllib
from typing import Any

import msgspec

from journeyman.domain.checks import Check, CheckKind

REPORTS = "/tmp/journeyman-"
"""How reports' paths begin: outside the tree, so that a report never becomes part of a change, and in a folder that
is always there, since jest makes none."""


_LISTED = re.compile(r"""['"], ?['"]""")
"""Between the words of a command that is written as a list, as nox has it."""


class Project(msgspec.Struct, frozen=True):
    """A folder with a manifest. `paths` are relative to it; `texts` holds what was read, by such a path.

    `mentions` are the commands that the repository's own automation runs: CI workflows, Makefile, tox.
    """

    folder: str
    paths: tuple[str, ...]
    texts: dict[str, str]
    mentions: str = ""

    def text(self, path: str) -> str:
        """Return a file's text, empty if it is not there."""
        return self.texts.get(path, "")

    def has(self, *names: str) -> str:
        """Return the first of these paths that exists, else an empty string."""
        return next((name for name in names if name in self.paths), "")

    def toml(self, path: str) -> dict[str, Any]:
        """Return a TOML file's content; empty if it is absent or broken."""
        try:
            return tomllib.loads(self.text(path))
        except tomllib.TOMLDecodeError:
            return {}

    def section(self, path: str, name: str) -> bool:
        """Whether an INI-like file has a section."""
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(self.text(path))
        except configparser.Error:
            return False
        return parser.has_section(name)

    def mention(self, pattern: str) -> str:
        """Return the command of the repository's automation that matches a pattern, else an empty string."""
        spoken = _LISTED.sub(" ", self.mentions)
        found = re.search(rf"(?m)(?:^|[\s;&|'\"]){pattern}", spoken)
        return " ".join(found.group(0).split()) if found else ""

    def check(self, name: str, command: str, kind: CheckKind, reader: str, because: str, report: str = "") -> Check:
        """Return a check that runs in this project's folder, whatever folder that is."""
        prefix = f"{self.folder}/" if self.folder else ""
        place = f"{re.sub(r'[^A-Za-z0-9]+', '-', self.folder)}-" if self.folder else ""
        path = f"{REPORTS}{place}{report}" if report else ""
        return Check(
            name=f"{self.folder}: {name}" if self.folder else name,
            command=f"cd {_quoted(self.folder)} && {command.replace('{report}', path)}"
            if self.folder
            else command.replace("{report}", path),
            kind=kind,
            reader=reader,
            because=f"{prefix}{because}",
            report_path=path,
        )


def _quoted(folder: str) -> str:
    return folder if re.fullmatch(r"[\w./-]+", folder) else "'" + folder.replace("'", "'\\''") + "'"
