"""The commands by name: only the one that is called is built; building all of them takes 50 ms."""

from __future__ import annotations

import inspect

import typer
from click import Command, Context
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo


class Commands(TyperGroup):
    """What was added to an application, listed by name and first line of help."""

    def __init__(self, app: typer.Typer) -> None:
        """List the commands and the groups of an application in the order in which they were added."""
        added: list[CommandInfo | TyperInfo] = [*app.registered_commands, *app.registered_groups]
        self._added = {str(info.name): info for info in added}
        listed = {name: _listed(name, info) for name, info in self._added.items()}
        super().__init__(
            commands=listed,
            help=app.info.help,
            no_args_is_help=True,
            rich_markup_mode=None,
            suggest_commands=False,  # click does it as well
        )

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the command of a command line, and build it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _built(self._added[str(name)]), rest


def _listed(name: str, info: CommandInfo | TyperInfo) -> Command:
    if isinstance(info, CommandInfo):
        return Command(name, help=inspect.getdoc(info.callback), hidden=info.hidden)
    return Command(name, help=info.typer_instance.info.help if info.typer_instance else None)


def _built(info: CommandInfo | TyperInfo) -> Command:
    if isinstance(info, CommandInfo):
        return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)
    return get_group_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None, suggest_commands=False)
