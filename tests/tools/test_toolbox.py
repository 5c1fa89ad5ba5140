"""What becomes of a call that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from journeyman.domain.conversation import ToolCall, ToolSpec
from journeyman.tools import Tool, ToolRefused, ToolSet
from tests.tools.calling import use

SCHEMA = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "lines": {"type": "integer"},
        "deep": {"type": "boolean"},
        "who": {"type": ["string", "null"]},
    },
    "required": ["path"],
}


async def echo(given: Mapping[str, Any]) -> str:
    return msgspec.json.encode(given).decode()


async def moody(given: Mapping[str, Any]) -> str:
    raise ToolRefused("not today", "ask\ntomorrow")


BOX = ToolSet(
    [
        Tool(ToolSpec("echo", "", SCHEMA), echo),
        Tool(ToolSpec("moody", "", {"type": "object"}), moody, changes_files=True, origin="far"),
    ]
)


def test_what_is_known_of_a_tool() -> None:
    assert [spec.name for spec in BOX.specs] == ["echo", "moody"]
    assert (BOX.changes_files("echo"), BOX.changes_files("moody"), BOX.changes_files("none")) == (False, True, False)
    assert (BOX.origin("echo"), BOX.origin("moody"), BOX.origin("none")) == ("own", "far", "own")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("nothing", "{}", "there is no tool 'nothing': the tools are echo, moody"),
        ("echo", '{"path": "a"', "the arguments of echo are not a JSON object"),
        ("echo", '["path"]', "the arguments of echo are not a JSON object"),
        ("echo", '{"path": "\\ud800"}', "the arguments of echo are not a JSON object"),
        ("echo", "[" * 100_000, "the arguments of echo are not a JSON object"),
        ("echo", '{"path": ' + "[" * 100_000, "the arguments of echo are not a JSON object"),
        ("echo", "", "echo needs the argument 'path'"),
        ("echo", '{"path": 1}', "the argument 'path' of echo must be of type string"),
        ("echo", '{"path": null}', "the argument 'path' of echo must be of type string"),
        ("echo", '{"path": "a", "lines": "3"}', "the argument 'lines' of echo must be of type integer"),
        ("echo", '{"path": "a", "deep": 1}', "the argument 'deep' of echo must be of type boolean"),
        ("echo", '{"path": "a", "file": "b"}', "echo knows no argument 'file': it takes path, lines, deep, who"),
        ("moody", "{}", "not today: ask tomorrow"),
    ],
)
async def test_a_fault_is_told_in_words(name: str, arguments: str, words: str) -> None:
    result = await BOX.use(ToolCall("7", name, arguments))
    assert (result.call_id, result.name, result.ok) == ("7", name, False)
    assert result.content.startswith(words)


async def test_a_null_for_what_may_be_left_out_is_left_out() -> None:
    result = await use(BOX, "echo", path="a", lines=None, deep=None, who=None)
    assert (result.ok, result.content) == (True, '{"path":"a","who":null}')


@given(some.text())
async def test_no_text_of_a_model_breaks_the_toolbox(arguments: str) -> None:
    result = await BOX.use(ToolCall("1", "echo", arguments))
    assert result.ok is False
