"""One question with a typed answer."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from journeyman.agents.contract import Choice
from journeyman.context import pack
from journeyman.domain.conversation import Role, UserTurn
from journeyman.domain.errors import ModelMisbehaved
from journeyman.llm import Models, Question

Typed = TypeVar("Typed", bound=msgspec.Struct)

WINDOW_SHARE = 0.7


async def ask_for(
    kind: type[Typed], models: Models, run_id: str, key: str, role: Role, choice: Choice, system: str, text: str
) -> Typed:
    """Ask a model of a role for a value of a type. ModelMisbehaved if it does not give one when asked again."""
    names = choice.of(role)
    window = min(models.window(name) for name in names)
    question = Question(
        run_id=run_id,
        key=key,
        role=role,
        models=names,
        system=system,
        turns=pack((UserTurn(text),), int(window * WINDOW_SHARE)),
        answer_schema=flat_schema(kind),
    )
    answer = await models.ask(question)
    try:
        return msgspec.json.decode(answer.turn.text, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ModelMisbehaved(f"the {role} model's answer has not the shape asked for: {error}") from None


def flat_schema(kind: type[msgspec.Struct]) -> dict[str, object]:
    """Return the JSON schema of a type as strict providers want it: no title, every field required, none unknown."""
    document = msgspec.json.schema(kind)
    definitions = {name: _strict(part) for name, part in document["$defs"].items()}
    own = definitions.pop(kind.__name__)
    return {**own, "$defs": definitions} if definitions else own


def _strict(part: dict[str, object]) -> dict[str, object]:
    properties = part.get("properties")
    if not isinstance(properties, dict):
        return part
    bare = {name: {k: v for k, v in value.items() if k != "default"} for name, value in properties.items()}
    return {"type": "object", "properties": bare, "required": list(bare), "additionalProperties": False}
