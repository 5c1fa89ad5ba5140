"""The commands of `journeyman`. Everything heavy is imported when a command needs it: `--help` is quick."""

from __future__ import annotations

import resource
import sys
from io import TextIOWrapper

import typer
from click.exceptions import ClickException, NoArgsIsHelpError

from journeyman.cli import (
    attend,
    deliver,
    draw,
    fix,
    foresee,
    impact,
    know,
    later,
    look,
    memory,
    offer,
    record,
    steer,
    understand,
    work,
)
from journeyman.cli.commands import Commands
from journeyman.cli.ending import EXIT_INTERRUPTED, EXIT_WRONG_USE, Ended
from journeyman.domain.errors import DiskFailed, JourneymanError, LimitReached, Signal, WrongUse

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="An autonomous software engineer for a team's repositories, judged by programs.",
)
for room in (deliver, fix, know, memory, foresee, impact, understand, attend, draw, look, steer, record, work, offer):
    room.add_to(app)
later.add_to(app)


def main() -> None:
    """Run the command line and leave with the contract's exit code; no traceback reaches a person."""
    # A core dump would hold every secret of this process, and of git and ssh, which inherit this.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may be any bytes
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        returned = Commands(app).main(arguments, prog_name="journeyman", standalone_mode=False)
        return returned if isinstance(returned, int) else 0
    except Ended as ended:
        return ended.code
    except NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return EXIT_WRONG_USE
    except ClickException as error:
        return _say(f"{error.format_message()} (journeyman --help lists what there is)", EXIT_WRONG_USE)
    except WrongUse as error:
        return _say(error.line(), EXIT_WRONG_USE)
    except JourneymanError as error:
        return _say(error.line(), 4 if isinstance(error, LimitReached) else 1)
    except (KeyboardInterrupt, typer.Abort, Signal):
        return _say("interrupted; journeyman resume --all goes on with what was begun", EXIT_INTERRUPTED)
    except BrokenPipeError:
        return 1
    except Exception as error:  # the last line of defence: a person gets a line, the log gets the rest
        return _say(_unexpected(error), 1)


def _say(line: str, code: int) -> int:
    print(f"journeyman: {' '.join(line.split())}", file=sys.stderr)
    return code


def _unexpected(error: Exception) -> str:
    failed = DiskFailed.of(error) if isinstance(error, OSError) else None
    if failed is not None:
        return failed.line()
    from journeyman.cli.ending import keep_traceback

    kept = keep_traceback(error)
    return f"an error of Journeyman's own ({type(error).__name__}): please report it with the file {kept}"
