"""A request from JSON: whatever comes, a request or BadRequest that names the field."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from journeyman.domain.errors import BadRequest
from journeyman.domain.request import Limits, Request, RunOptions
from journeyman.intake import parse_request
from journeyman.intake.parsing import LONGEST_TASK, check_options, checked

GOOD: dict[str, Any] = {
    "agent": {"model": "openai:a", "instructions": None},
    "repository": {
        "remote_url": "https://example.org/a.git",
        "branch": "main",
        "credentials": {"credential_type": "username_password", "username": "ada", "password": "hunter2222"},
    },
    "task": {
        "id": "t-1",
        "project_id": "p-1",
        "company_id": "c-1",
        "title": "Add it",
        "description": "Add the thing",
        "requirements": ["first"],
        "tags": ["a"],
        "context": {"any": [1, None, {"deep": True}]},
    },
}


def changed(path: str, value: Any) -> bytes:
    """Return the good request with one field set; `...` removes it."""
    document = copy.deepcopy(GOOD)
    *folders, name = path.split(".")
    place = document
    for folder in folders:
        place = place[folder]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return json.dumps(document).encode()


def test_a_good_request() -> None:
    request = checked(parse_request(json.dumps(GOOD).encode()))
    assert json.loads(msgspec.json.encode(request.task)) == GOOD["task"]
    assert request.repository.credentials is not None
    assert "hunter2222" not in repr(request)
    least = parse_request(b'{"repository": {"remote_url": "/a"}, "task": {"description": "do it"}}')
    assert checked(least).task.title == "do it"


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("task", ..., "task"),
        ("repository", ..., "repository"),
        ("task.description", ..., "task.description"),
        ("repository.remote_url", ..., "repository.remote_url"),
        ("repository.credentials.credential_type", ..., "repository.credentials.credential_type"),
        ("task.description", 1, "task.description"),
        ("task.description", None, "task.description"),
        ("task.requirements", "one", "task.requirements"),
        ("task.requirements", ["one", 2], "task.requirements[1]"),
        ("task.context", [], "task.context"),
        ("agent.model", {}, "agent.model"),
        ("repository", "https://example.org", "repository"),
        ("repository.credentials.credential_type", "magic", "repository.credentials.credential_type"),
        ("task.deadline", "now", "task.deadline"),
        ("priority", 1, "priority"),
        ("repository.credentials.token", "x", "repository.credentials.token"),
    ],
)
def test_the_field_is_named(path: str, value: Any, field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_request(changed(path, value))
    assert caught.value.field == field
    assert caught.value.message.startswith(f"{field}: ")
    assert "hunter2222" not in caught.value.line()


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}x", b'{"task":' * 50_000, b"1e999"])
def test_what_is_no_request_at_all(text: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_request(text)


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("task.description", " \n", "task.description"),
        ("task.description", "a\0b", "task.description"),
        ("task.description", "a\ufffdb", "task.description"),
        ("task.title", "a\0b", "task.title"),
        ("task.requirements", ["fine", "a\0b"], "task.requirements"),
        ("task.description", "x" * (LONGEST_TASK + 1), "task.description"),
        ("task.id", "a b", "task.id"),
        ("task.project_id", "a.b", "task.project_id"),
        ("task.company_id", ">", "task.company_id"),
        ("repository.remote_url", " ", "repository.remote_url"),
        ("repository.credentials.username", "", "repository.credentials.username"),
        ("repository.credentials.password", None, "repository.credentials.password"),
        ("repository.credentials", {"credential_type": "key_cert"}, "repository.credentials.private_key"),
        ("repository.credentials", {"credential_type": "access_token"}, "repository.credentials.access_token"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(path: str, value: Any, field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        checked(parse_request(changed(path, value)))
    assert caught.value.field == field
    assert caught.value.advice


@pytest.mark.parametrize("credentials", [{"private_key": "k"}, {"private_key_path": "/k", "key_password": "p"}])
def test_either_form_of_a_key_will_do(credentials: dict[str, str]) -> None:
    request = parse_request(changed("repository.credentials", {"credential_type": "key_cert", **credentials}))
    assert checked(request).repository == request.repository


def test_bytes_of_the_command_line_that_are_no_text_are_refused() -> None:
    request = parse_request(json.dumps(GOOD).encode())
    task = msgspec.structs.replace(request.task, description=b"caf\xe9".decode(errors="surrogateescape"))
    with pytest.raises(BadRequest, match=r"task.description: is not text"):
        checked(msgspec.structs.replace(request, task=task))


@pytest.mark.parametrize(
    ("title", "description", "wanted"),
    [
        ("Add it", "x", "Add it"),
        (" Add\n it ", "x", "Add it"),
        ("", "\n## Add the thing\nmore", "Add the thing"),
        ("", "###\nreal title", "real title"),
        ("", "#", "Change"),
        ("", "x" * 300, "x" * 100),
    ],
)
def test_a_title_is_one_line(title: str, description: str, wanted: str) -> None:
    request = parse_request(json.dumps(GOOD).encode())
    task = msgspec.structs.replace(request.task, title=title, description=description)
    assert checked(msgspec.structs.replace(request, task=task)).task.title == wanted


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (RunOptions(limits=Limits(budget_usd=0)), "budget"),
        (RunOptions(limits=Limits(budget_usd=float("nan"))), "budget"),
        (RunOptions(limits=Limits(budget_usd=1e9)), "budget"),
        (RunOptions(limits=Limits(max_turns=0)), "max-turns"),
        (RunOptions(limits=Limits(time_limit_seconds=0)), "time-limit"),
        (RunOptions(limits=Limits(time_limit_seconds=float("nan"))), "time-limit"),
        (RunOptions(validate=("pytest", " ")), "validate"),
        (RunOptions(validate=("a\0b",)), "validate"),
    ],
)
def test_options_that_make_no_sense(options: RunOptions, field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        check_options(options)
    assert caught.value.field == field
    check_options(RunOptions(limits=Limits(0.01, 1, 0.1), validate=("pytest -q",)))


@given(some.binary())
def test_any_bytes(text: bytes) -> None:
    taken(text)


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(anything)
def test_any_json(value: Any) -> None:
    taken(json.dumps(value).encode())


PLACES = [
    *GOOD,
    *(f"{part}.{name}" for part in GOOD for name in GOOD[part]),
    *(f"repository.credentials.{name}" for name in ("credential_type", "username", "password", "access_token")),
]


@given(some.sampled_from(PLACES), anything)
def test_anything_in_any_field(path: str, value: Any) -> None:
    taken(changed(path, value))


def taken(text: bytes) -> None:
    with suppress(BadRequest):
        request = checked(parse_request(text))
        assert isinstance(request, Request)
        assert request.task.title
        msgspec.json.encode(request)
