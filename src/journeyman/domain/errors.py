"""The tree of errors.

    JourneymanError                something ended without success; `advice` says what to do
    ├── WrongUse                   the person can mend it: exit code 2
    │   ├── BadRequest             a field of the request; `field` names it
    │   ├── BadSettings            a settings file or an environment variable
    │   ├── UnknownRun             no such run here
    │   ├── UnknownPattern         no such pattern in the memory
    │   ├── RunHeld                a live process runs it already
    │   ├── RepositoryRefused      not a repository, empty, unknown branch, wrong credentials
    │   ├── BadRecord              not the file of a recorded run, damaged, or of a newer Journeyman
    │   ├── ModelRefused           unknown provider, missing key, no known price
    │   └── NoSandbox              nothing here can isolate commands
    ├── LimitReached               budget, turns or time used up: exit code 4, can be resumed
    ├── Outage                     the outside failed; the same call may succeed later
    │   ├── ModelOutage            rate limit, overload, network, time-out; `reason` tells which
    │   ├── RemoteOutage           the git remote or the forge did not answer
    │   ├── LeaseLost              another process runs this run now
    │   ├── SandboxDied            the sandbox ended under a command
    │   └── DiskFailed             this machine's disk is full, or takes no write
    ├── ModelMisbehaved            an answer that does not parse, or a refusal
    ├── GitFailed                  a git command failed; its cleaned output is the message
    ├── PushRejected               the remote refused the branch (a hook, a rule)
    │   └── BranchTaken            somebody else's branch has come to stand under its name
    ├── NotWritten                 a person's files changed meanwhile, or may not be written
    ├── EnvironmentBroken          dependencies could not be installed
    └── FlowBroken                 a state and an event that the table does not know: our own fault

    Signal                         not a failure: someone decided
    └── Cancelled                  a person cancelled the run

Errors are raised anywhere, caught once at the border of a step, and become a recorded outcome there.
"""

from __future__ import annotations

import errno


class JourneymanError(Exception):
    """Something ended without success. `message` is one line; `advice` says what to do about it."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def line(self) -> str:
        """Return the error as the one line that a person reads."""
        text = f"{self.message}: {self.advice}" if self.advice else self.message
        return " ".join(text.split())


class WrongUse(JourneymanError):
    """The person who asked can mend it."""


class BadRequest(WrongUse):
    """A field of the request is missing or wrong."""

    def __init__(self, field: str, problem: str, advice: str = "") -> None:
        super().__init__(f"{field}: {problem}", advice)
        self.field = field


class BadSettings(WrongUse):
    """A settings file or an environment variable is wrong."""


class UnknownRun(WrongUse):
    """No run of that id is known here."""


class UnknownPattern(WrongUse):
    """No such pattern is remembered."""


class RunHeld(WrongUse):
    """A live process runs this run already."""


class RepositoryRefused(WrongUse):
    """The repository cannot be used as it was named."""


class BadRecord(WrongUse):
    """The file is no recorded run that can be replayed here."""


class ModelRefused(WrongUse):
    """The model cannot be used as it was named."""


class NoSandbox(WrongUse):
    """Nothing on this machine can isolate commands."""


class LimitReached(JourneymanError):
    """A budget, a number of turns or a time is used up.

    `limit` tells which: turns, time; budget (dollars) or tokens of the run, the same after "day " or "project " for
    what runs share; overrun, after a call that used more than was reserved for it.
    """

    def __init__(self, limit: str, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.limit = limit


class Outage(JourneymanError):
    """The outside failed; the same call may succeed later.

    `exhausted`: whoever raised it has tried often enough, so trying again at once is of no use.
    """

    exhausted = False


class ModelOutage(Outage):
    """A provider did not answer. `reason`: rate_limit, overload, network, timeout, server.

    `retry_after` is in seconds where the provider named one.
    """

    exhausted = True

    def __init__(self, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, "try again later, or name another model with --model")
        self.reason = reason
        self.retry_after = retry_after


class RemoteOutage(Outage):
    """The git remote or the forge did not answer."""


class LeaseLost(Outage):
    """Another process runs this run now: what this one still does is not recorded."""


class SandboxDied(Outage):
    """The sandbox ended under a command."""


class DiskFailed(Outage):
    """This machine's disk is full, or takes no write: nothing helps until a person has made room."""

    exhausted = True

    @classmethod
    def of(cls, error: OSError) -> DiskFailed | None:
        """Return what an error of the operating system says about the disk; None if it is about something else."""
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
            return None
        place = f" ({error.filename})" if isinstance(error.filename, str) else ""
        advice = "make room or mend it, then take the run up again with journeyman resume"
        return cls(f"the disk takes no write{place}: {error.strerror}", advice)


class ModelMisbehaved(JourneymanError):
    """A model's answer does not parse, or the model refused."""


class GitFailed(JourneymanError):
    """A git command failed; the message is its cleaned output."""


class PushRejected(JourneymanError):
    """The remote refused the branch."""


class BranchTaken(PushRejected):
    """Somebody else's branch has come to stand under the run's name; it is never moved."""


class NotWritten(JourneymanError):
    """A person's files changed while they were being mended, or may not be written. None of them was."""


class EnvironmentBroken(JourneymanError):
    """The repository's dependencies could not be installed."""


class FlowBroken(JourneymanError):
    """A state met an event that the table of transitions does not know."""


class Signal(Exception):
    """Not a failure: someone decided."""


class Cancelled(Signal):
    """A person cancelled the run."""
