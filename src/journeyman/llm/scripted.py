"""A model that reads its answers from a file: `scripted:PATH`, JSON or YAML.

The file is a list of turns, or one such list for each role:

    coder:
      - calls: [{name: edit_file, arguments: {path: a.py, old: x, new: y}}]
      - text: done
        expect: edited          # must be found in what was said to the model since its last turn

Turn n answers the question that has n turns of the model in it, so nothing is remembered between questions and a
resumed run goes on where it was. Where the script has ended the answer is "Done.".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from journeyman.domain.conversation import ModelTurn, Role, ToolCall, ToolTurn, Usage, UserTurn
from journeyman.domain.errors import ModelRefused
from journeyman.llm.contract import Question
from journeyman.llm.settings import ModelName
from journeyman.llm.wire.contract import Reply

BYTES_PER_TOKEN = 4


class ScriptedCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool call; `arguments` as text are given as they are, broken ones too."""

    name: str
    arguments: dict[str, Any] | str = {}


class ScriptedTurn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer. `text` may be an object: it is given as JSON. `expect`: what must have been said before."""

    text: str | dict[str, Any] = ""
    calls: tuple[ScriptedCall, ...] = ()
    usage: Usage | None = None
    expect: str = ""


Script = dict[Role, tuple[ScriptedTurn, ...]]
DONE = ScriptedTurn(text="Done.")


def read_script(path: Path) -> Script:
    """Return the turns of each role. ModelRefused if the file is missing or is no script."""
    try:
        document = _document(path)
        if isinstance(document, list):
            turns = msgspec.convert(document, tuple[ScriptedTurn, ...])
            return dict.fromkeys(Role, turns)
        return msgspec.convert(document, Script)
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        words = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        raise ModelRefused(f"scripted:{path}: {words}", "name a file with a list of turns") from None


def _document(path: Path) -> Any:
    content = path.read_bytes()
    if path.suffix == ".json":
        return msgspec.json.decode(content)
    import yaml

    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise ValueError(f"is not YAML: {error}") from None


class Scripted:
    """Fits `Provider` without a network."""

    def body(self, question: Question, name: str) -> dict[str, Any]:
        """Return what the answer depends on, and all that a model would have been told."""
        return {
            "model": name,
            "role": question.role.value,
            "turn": sum(isinstance(turn, ModelTurn) for turn in question.turns),
            "system": question.system,
            "turns": msgspec.to_builtins(question.turns),
            "heard": heard_since_last_answer(question),
        }

    async def send(self, model: ModelName, body: bytes, idempotency_key: str) -> Reply:
        """Return the script's turn."""
        asked = msgspec.json.decode(body)
        turns = read_script(Path(model.name)).get(Role(asked["role"]), ())
        turn = turns[asked["turn"]] if asked["turn"] < len(turns) else DONE
        if turn.expect not in asked["heard"]:
            place = f"turn {asked['turn']} of the {asked['role']}"
            raise ModelRefused(f"{model}: {place} expects '{turn.expect}', which was not said", "mend the script")
        return reply_of(turn, asked["turn"], len(body))

    async def close(self) -> None:
        """There is nothing to close."""


def heard_since_last_answer(question: Question) -> str:
    """Return the words and results that came after the model's last turn."""
    heard: list[str] = []
    for turn in question.turns:
        match turn:
            case ModelTurn():
                heard.clear()
            case UserTurn(text):
                heard.append(text)
            case ToolTurn(results):
                heard.extend(result.content for result in results)
    return "\n".join(heard)


def reply_of(turn: ScriptedTurn, number: int, asked_bytes: int) -> Reply:
    """Return a turn of a script as a provider's answer."""
    text = turn.text if isinstance(turn.text, str) else msgspec.json.encode(turn.text).decode()
    calls = tuple(ToolCall(f"call_{number}_{i}", c.name, _arguments(c)) for i, c in enumerate(turn.calls))
    said = len(text) + sum(len(call.arguments) for call in calls)
    usage = turn.usage or Usage(asked_bytes // BYTES_PER_TOKEN + 1, said // BYTES_PER_TOKEN + 1)
    return Reply(ModelTurn(text, calls), usage, "calls" if calls else "end")


def _arguments(call: ScriptedCall) -> str:
    if isinstance(call.arguments, str):
        return call.arguments
    return msgspec.json.encode(call.arguments).decode()
