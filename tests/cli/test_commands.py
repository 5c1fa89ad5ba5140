"""What the command line says of itself: every command is listed, built when called, and a wrong name is told."""

from __future__ import annotations

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup

from journeyman.cli.commands import Commands
from journeyman.cli.main import app, run


def test_help_is_what_all_commands_built_would_say(capsys) -> None:
    whole = typer.main.get_command(app)
    with pytest.raises(SystemExit):
        whole.main(["--help"], prog_name="journeyman")
    expected = capsys.readouterr().out
    assert run(["--help"]) == 0
    assert capsys.readouterr().out == expected


def test_a_listed_command_is_built_when_it_is_called() -> None:
    commands = Commands(app)
    context = commands.make_context("journeyman", ["index"], resilient_parsing=True)
    for name in commands.list_commands(context):
        _, command, _ = commands.resolve_command(context, [name])
        assert isinstance(command, (TyperCommand, TyperGroup)), name


@pytest.mark.parametrize("words", [[], ["memory"]])
def test_without_a_command_the_help_is_printed_line_by_line(words, capsys) -> None:
    assert run(words) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("Usage: journeyman")
    assert "Commands:" in said


@pytest.mark.parametrize(("words", "meant"), [(["memry"], "memory"), (["memory", "lst"], "list")])
def test_a_wrong_name_is_told_once_with_what_was_meant(words, meant, capsys) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err == (
        f"journeyman: No such command '{words[-1]}'. Did you mean '{meant}'? "
        "(journeyman --help lists what there is)\n"
    )
