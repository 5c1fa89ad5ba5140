"""How postings lie in the file: ids as differences, then payloads, packed where that pays."""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterable
from itertools import accumulate
from operator import sub

PACKED_FROM = 24
"""Postings from which on packing pays."""

_ONE = struct.Struct("<IH")

Posting = tuple["array[int]", "array[int]"]
"""The ids of symbols, rising, and the payload of each."""


def encode(entries: bytes) -> bytes:
    """Return postings as they are stored; `entries` are those of `digesting.Batch`, in rising order."""
    if len(entries) == 8:
        entry = int.from_bytes(entries, "little")
        return _ONE.pack(entry >> 16, entry & 0xFFFF)
    both = array("Q", entries)
    return encode_apart(array("I", [entry >> 16 for entry in both]), array("H", [entry & 0xFFFF for entry in both]))


def encode_apart(ids: array[int], payloads: array[int]) -> bytes:
    """Return postings as they are stored, from ids and payloads."""
    if len(ids) == 1:
        return _ONE.pack(ids[0], payloads[0])
    differences = array("I", [ids[0], *map(sub, ids[1:], ids)])
    plain = differences.tobytes() + payloads.tobytes()
    # The first byte tells packed ones from plain ones, whose length is then a multiple of six, plus one.
    return b"\0" + plain if len(ids) < PACKED_FROM else b"\1" + zlib.compress(plain, 6)


def decode(stored: bytes) -> Posting:
    """Return postings. ValueError or zlib.error if they are damaged."""
    if len(stored) == 6:
        id, payload = _ONE.unpack(stored)
        return array("I", (id,)), array("H", (payload,))
    plain = zlib.decompress(memoryview(stored)[1:]) if stored[0] else stored[1:]
    count, rest = divmod(len(plain), 6)
    if rest:
        raise ValueError("postings of a broken length")
    return array("I", accumulate(array("I", plain[: 4 * count]))), array("H", plain[4 * count :])


def joined(parts: Iterable[bytes]) -> bytes:
    """Return stored postings of several segments as one, their ids not overlapping."""
    decoded = sorted((decode(part) for part in parts), key=lambda part: part[0][0])
    ids, payloads = array("I"), array("H")
    for part_ids, part_payloads in decoded:
        ids += part_ids
        payloads += part_payloads
    return encode_apart(ids, payloads)
