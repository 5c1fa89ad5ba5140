"""How much an occurrence of a term tells: BM25 over the fields of a chunk, from the payload of its posting."""

from __future__ import annotations

import msgspec

from journeyman.codebase.digesting import LENGTH_SHIFT, NAME, PARENT


class Fields(msgspec.Struct, frozen=True):
    """What the fields count, by an occurrence in the text; `usual` is the length in words that counts as usual."""

    name: float = 5.0
    parent: float = 1.5
    doc: float = 1.0
    saturation: float = 1.2
    length: float = 0.6
    usual: float = 60.0


class Weights(dict[int, float]):
    """The weight of each payload, worked out when it is first met."""

    def __init__(self, fields: Fields) -> None:
        super().__init__()
        self._fields = fields

    def __missing__(self, payload: int) -> float:
        fields = self._fields
        words = 2 ** ((payload >> LENGTH_SHIFT) / 4)
        times = (payload & 15) + fields.doc * (payload >> 4 & 3)
        times += fields.name * bool(payload & NAME) + fields.parent * bool(payload & PARENT)
        damping = fields.saturation * (1 - fields.length + fields.length * words / fields.usual)
        weight = self[payload] = times * (fields.saturation + 1) / (times + damping)
        return weight
