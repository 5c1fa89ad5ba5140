"""What a protocol is: how a question becomes a request, and how a stream of events becomes a reply."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from journeyman.domain.conversation import ModelTurn, Usage
from journeyman.domain.errors import ModelMisbehaved, ModelOutage
from journeyman.llm.contract import Question


class Reply(msgspec.Struct, frozen=True):
    """A whole answer as a provider gave it. `usage` is None where the provider reported none.

    `stopped_by`: end, calls, length, refusal.
    """

    turn: ModelTurn
    usage: Usage | None
    stopped_by: str = "end"


class Assembly(Protocol):
    """Puts one streamed answer together."""

    def take(self, data: str) -> None:
        """Take the data of the next event. ModelOutage if it reports an error, ModelMisbehaved if it is garbled."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the protocol's last event was taken."""
        ...

    def reply(self) -> Reply:
        """Return the whole answer. ModelOutage if the stream ended before the answer did."""
        ...


class Dialect(Protocol):
    """One protocol as one provider speaks it."""

    def path(self) -> str:
        """Return what is added to the provider's address."""
        ...

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that carry the key."""
        ...

    def body(self, question: Question, name: str) -> dict[str, Any]:
        """Return the request's JSON."""
        ...

    def assembly(self) -> Assembly:
        """Return a fresh assembly for one answer."""
        ...

    def remembering(self) -> Dialect:
        """Return the same for one provider, which may remember what it has put into its final form."""
        ...


class SentOutage(ModelOutage):
    """An outage after the request went out: the provider may bill it."""


def event_of(data: str) -> dict[str, Any]:
    """Return an event's JSON object. ModelMisbehaved if it is none."""
    try:
        event = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise ModelMisbehaved("the provider sent an event that is not JSON", "try again, or another model") from None
    if not isinstance(event, dict):
        raise ModelMisbehaved("the provider sent an event that is not an object", "try again, or another model")
    return event


def cut_off() -> SentOutage:
    """Return the error for a stream that ended too early."""
    return SentOutage("network", "the provider's answer broke off in the middle")


def part(value: object) -> dict[str, Any]:
    """Return a part of an event as an object; empty if it is missing or something else."""
    return value if isinstance(value, dict) else {}


def parts(value: object) -> list[dict[str, Any]]:
    """Return a list of objects of an event; what is no object is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: object) -> str:
    """Return a text of an event; "" if it is missing or something else."""
    return value if isinstance(value, str) else ""


def count_of(value: object) -> int:
    """Return a number of tokens; 0 if it is missing or makes no sense."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def arguments_object(arguments: str) -> dict[str, Any]:
    """Return a call's arguments as an object: providers take no other back. Broken ones are kept as text."""
    try:
        value = msgspec.json.decode(arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"unreadable_arguments": arguments}
