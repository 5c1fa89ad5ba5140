"""How postings lie in the file: blocks of neighbouring terms, each packed; ids as differences, then payloads."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import sub

import msgspec

ID_SHIFT = 32
"""An entry is a symbol's id, shifted by so many bits, and its payload, which has sixteen."""

BLOCK_BYTES = 8_000
"""Bytes of entries from which on a block is full: a search unpacks one for each of its terms."""

PACKING = 3
"""How hard zlib tries: at 6, a twentieth would be saved in three times the time."""

Posting = tuple["array[int]", "array[int]"]
"""The ids of symbols, rising, and the payload of each."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, bytes]).decode


def blocks(terms: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield blocks of encoded postings, each with its first term; the terms come in their order."""
    block: dict[str, bytes] = {}
    first, size = "", 0
    for term, encoded in terms:
        first = first if block else term
        block[term] = encoded
        size += len(encoded) + len(term)
        if size >= BLOCK_BYTES:
            yield first, zlib.compress(_pack(block), PACKING)
            block, size = {}, 0
    if block:
        yield first, zlib.compress(_pack(block), PACKING)


def opened(block: bytes) -> dict[str, bytes]:
    """Return the terms of a block with their encoded postings. zlib.error or msgspec.DecodeError if it is damaged."""
    return _unpack(zlib.decompress(block))


def encode(entries: bytes | bytearray) -> bytes:
    """Return entries, in rising order, as they are stored."""
    if len(entries) == 8:
        return bytes(entries[4:] + entries[:2])
    return encode_apart(array("I", entries)[1::2], array("H", entries)[::4])


def encode_apart(ids: array[int], payloads: array[int]) -> bytes:
    """Return postings as they are stored, from ids and payloads."""
    return array("I", [ids[0], *map(sub, ids[1:], ids)]).tobytes() + payloads.tobytes()


def decode(stored: bytes) -> Posting:
    """Return postings. ValueError if they are damaged."""
    count, rest = divmod(len(stored), 6)
    if rest:
        raise ValueError("postings of a broken length")
    return array("I", accumulate(array("I", stored[: 4 * count]))), array("H", stored[4 * count :])


def joined(parts: Iterable[bytes]) -> bytes:
    """Return stored postings of several segments as one, their ids not overlapping."""
    decoded = sorted((decode(part) for part in parts), key=lambda part: part[0][0])
    ids, payloads = array("I"), array("H")
    for part_ids, part_payloads in decoded:
        ids += part_ids
        payloads += part_payloads
    return encode_apart(ids, payloads)
