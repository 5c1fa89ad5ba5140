from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, Role, ToolCall, ToolResult, ToolTurn, Usage, UserTurn
from journeyman.domain.errors import ModelRefused
from journeyman.llm.scripted import read_script
from tests.llm.talk import Asking, question

SCRIPT = """
coder:
  - calls: [{name: ls, arguments: {path: .}}, {name: cat, arguments: '{broken'}]
    usage: {input_tokens: 7, output_tokens: 3}
  - text: done
    expect: a.py
planner:
  - text: {steps: [one]}
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)
    return path


async def test_turn_n_answers_the_question_with_n_turns_in_it(script: Path) -> None:
    async with Asking() as asking:
        name = f"scripted:{script}"
        first = await asking.models.ask(question(name))
        calls = (ToolCall("call_0_0", "ls", '{"path":"."}'), ToolCall("call_0_1", "cat", "{broken"))
        assert (first.turn, first.usage, first.stopped_by) == (ModelTurn("", calls), Usage(7, 3), "calls")
        turns = (UserTurn("x"), first.turn, ToolTurn((ToolResult("call_0_0", "ls", "a.py b.py"),)))
        assert (await asking.models.ask(question(name, key="1", turns=turns))).turn == ModelTurn("done")
        beyond = (*turns, ModelTurn("done"), UserTurn("and?"))
        assert (await asking.models.ask(question(name, key="2", turns=beyond))).turn == ModelTurn("Done.")


async def test_another_process_goes_on_where_the_first_was(script: Path) -> None:
    turns = (UserTurn("x"), ModelTurn("…"), UserTurn("a.py"))
    for _ in range(2):
        async with Asking() as asking:
            assert (await asking.models.ask(question(f"scripted:{script}", turns=turns))).turn.text == "done"


async def test_what_is_expected_must_have_been_said_since_the_last_turn(script: Path) -> None:
    turns = (UserTurn("a.py"), ModelTurn("…"), UserTurn("something else"))
    async with Asking() as asking:
        with pytest.raises(ModelRefused, match=r"turn 1 of the coder expects 'a\.py'"):
            await asking.models.ask(question(f"scripted:{script}", turns=turns))


async def test_each_role_has_its_turns_and_objects_are_json(script: Path) -> None:
    assert json.loads(str(read_script(script)[Role.PLANNER][0].text).replace("'", '"')) == {"steps": ["one"]}


async def test_a_plain_list_is_for_every_role(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text('[{"text": "hello"}]')
    assert {turns[0].text for turns in read_script(path).values()} == {"hello"}
    assert set(read_script(path)) == set(Role)


@pytest.mark.parametrize(
    "content", ["{", "coder: 7", "cook: []", "coder: [{txt: x}]", "\x00", "- [", "- text: [1]", "3"]
)
async def test_a_file_that_is_no_script_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(content)
    async with Asking() as asking:
        for name in (path, tmp_path / "missing.yaml", tmp_path):
            with pytest.raises(ModelRefused) as refused:
                asking.models.check(f"scripted:{name}", None)
            assert "\n" not in refused.value.message


@given(st.binary(max_size=80))
def test_any_bytes_are_a_script_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    for ending in ("yaml", "json"):
        path = tmp_path_factory.getbasetemp() / f"any.{ending}"
        path.write_bytes(content)
        with contextlib.suppress(ModelRefused):
            read_script(path)
