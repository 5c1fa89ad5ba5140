"""Reads a request from JSON; every error names the field."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from journeyman.domain.errors import BadRequest
from journeyman.domain.request import Credentials, CredentialType, Limits, Repository, Request, RunOptions, Task

LONGEST_TASK = 200_000
"""Characters of a task's description."""

LONGEST_TITLE = 100

PLACE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
FIELD = re.compile(r"Object (?P<fault>missing required|contains unknown) field `(?P<name>[^`]+)`")
NO_TEXT = re.compile(r"[\0\ufffd\ud800-\udfff]")
"""What no text holds: NUL, and what stands for bytes that were not UTF-8."""

NEEDED = {
    CredentialType.USERNAME_PASSWORD: (("username",), ("password",)),
    CredentialType.KEY_CERT: (("private_key", "private_key_path"),),
    CredentialType.ACCESS_TOKEN: (("access_token",),),
}
"""For each type of credentials: of each group one field must be given."""


@dataclass(frozen=True)
class Fault:
    """A field and what is wrong with it."""

    field: str
    problem: str


def parse_request(text: bytes) -> Request:
    """Return the request of a JSON text. BadRequest names the field."""
    try:
        return msgspec.json.decode(text, type=Request)
    except msgspec.ValidationError as error:
        fault = _fault(str(error))
        raise BadRequest(fault.field, fault.problem, "see the request in the documentation") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("request", f"is not JSON: {error}", "give one JSON object") from None


def parse_credentials(text: bytes) -> Credentials:
    """Return the credentials of a JSON text, as a request has them. BadRequest names the field, never a value."""
    try:
        credentials = msgspec.json.decode(text, type=Credentials)
    except msgspec.ValidationError as error:
        fault = _fault(str(error))
        raise BadRequest(
            f"credentials.{fault.field}", fault.problem, "see the request in the documentation"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("credentials", "are not JSON", "give one JSON object") from None
    _check_credentials(credentials)
    return credentials


def checked(request: Request) -> Request:
    """Return the request with its title filled in. BadRequest if a value cannot be used."""
    _check_task(request.task)
    _check_repository(request.repository)
    return msgspec.structs.replace(request, task=_titled(request.task))


def check_options(options: RunOptions, refusal: Callable[[str], str | None] = lambda command: None) -> None:
    """Raise BadRequest if a limit or a check makes no sense, or a rule refuses the check's command."""
    check_limits(options.limits)
    for command in options.validate:
        if not command.strip() or "\0" in command:
            raise BadRequest("validate", "the command is empty", "give a command such as 'pytest -q'")
        if rule := refusal(command):
            raise BadRequest("validate", f"the policy refuses this command by the rule {rule}", "name another check")


def check_limits(limits: Limits) -> None:
    """Raise BadRequest if a limit makes no sense."""
    if limits.budget_usd is not None and not 0 < limits.budget_usd < 1e6:
        raise BadRequest("budget", f"{limits.budget_usd} dollars cannot be spent", "give a number above 0")
    if limits.budget_tokens is not None and not 0 < limits.budget_tokens < 10**15:
        raise BadRequest("token-budget", f"{limits.budget_tokens} tokens cannot be used", "give a number above 0")
    if limits.max_turns < 1:
        raise BadRequest("max-turns", f"{limits.max_turns} turns do nothing", "give a whole number above 0")
    if limits.time_limit_seconds is not None and not limits.time_limit_seconds > 0:
        raise BadRequest("time-limit", "no time is left at all", "give a time such as 90m or 2h")


def _check_task(task: Task) -> None:
    text = task.description
    if not text.strip():
        raise BadRequest("task.description", "is empty", "say what is to be done")
    texts = [("title", task.title), ("description", text), *(("requirements", each) for each in task.requirements)]
    for name, each in texts:
        if NO_TEXT.search(each):
            raise BadRequest(f"task.{name}", "is not text", "give UTF-8 text")
    if len(text) > LONGEST_TASK:
        raise BadRequest("task.description", f"has {len(text)} characters", f"at most {LONGEST_TASK} fit")
    for name in ("id", "project_id", "company_id"):
        if re.search(r"[\s\0.*>]", getattr(task, name)):
            raise BadRequest(f"task.{name}", "has white space or one of . * >", "use letters, digits and dashes")


def _check_repository(repository: Repository) -> None:
    if not repository.remote_url.strip():
        raise BadRequest("repository.remote_url", "is empty", "give a path or an https, ssh or file URL")
    if repository.credentials is not None:
        _check_credentials(repository.credentials)


def _check_credentials(credentials: Credentials) -> None:
    for group in NEEDED[credentials.credential_type]:
        if not any(getattr(credentials, name) for name in group):
            field = f"repository.credentials.{group[0]}"
            raise BadRequest(
                field, f"is missing for {credentials.credential_type.value}", f"give {' or '.join(group)}"
            )


def _titled(task: Task) -> Task:
    lines = (line.strip(" #\t") for line in task.description.splitlines())
    title = " ".join(task.title.split()) or next((line for line in lines if line), "Change")[:LONGEST_TITLE]
    return msgspec.structs.replace(task, title=title)


def _fault(message: str) -> Fault:
    match = PLACE.match(message)
    path = (match["path"] if match else None) or ""
    what = match["what"] if match else message
    field = FIELD.search(what)
    place = ".".join(part for part in (path.strip("."), field["name"] if field else "") if part)
    if field:
        what = "is missing" if field["fault"].startswith("missing") else "is not known"
    return Fault(place or "request", what[:1].lower() + what[1:])
