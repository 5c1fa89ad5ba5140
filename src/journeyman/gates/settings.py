"""What a repository says about itself in `.journeyman.yaml`: its checks, its set-up, what may not be touched."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.domain.errors import BadSettings
from journeyman.gates.places import SETTINGS_FILE


class RepositorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A repository's own settings. Each field may be left out.

    `checks`: name -> command, in place of the found ones. `setup`: commands that install what the checks need, in
    place of the detected ones. `protected`: globs of files that no change may touch. `allow_large`: globs of files
    that may be large or binary.
    """

    checks: Mapping[str, str] = {}
    setup: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    allow_large: tuple[str, ...] = ()


def read_repository_settings(text: str) -> RepositorySettings:
    """Return the settings of a file's text; an empty file gives the defaults. BadSettings names the field."""
    import yaml

    try:
        content = yaml.safe_load(text)
        settings = msgspec.convert({} if content is None else content, RepositorySettings)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise BadSettings(f"{SETTINGS_FILE}: no valid YAML{line}", "see docs for an example") from None
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        raise BadSettings(f"{SETTINGS_FILE}: {_said(error)}", f"the fields are {_fields()}") from None
    empty = [name for name, command in settings.checks.items() if not command.strip()]
    if empty:
        raise BadSettings(f"{SETTINGS_FILE}: checks: '{empty[0]}' has no command", "write one, or take the line out")
    return settings


def _said(error: Exception) -> str:
    """Return msgspec's words with the field first: `checks.lint: expected a text`."""
    message, _, where = str(error).partition(" - at `")
    field = where.removeprefix("$.").rstrip("`")
    return f"{field}: {message}" if field and field != "$" else message


def _fields() -> str:
    return ", ".join(RepositorySettings.__struct_fields__)
