"""How postings lie in the file: blocks of neighbouring terms, each packed; like things side by side pack well."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate, chain
from operator import sub

import msgspec

ID_SHIFT = 32
"""An entry is a symbol's id, shifted by so many bits, and its payload, which has sixteen."""

BLOCK_BYTES = 12_000
"""Bytes of entries from which on a block is full: a search unpacks one for each of its terms."""

PACKING = 2
"""How hard zlib tries: at 6, a twentieth would be saved in three times the time."""

AHEAD = 64
"""Blocks that wait to be packed by another thread."""

_ENTRY = 8

Posting = tuple["array[int]", "array[int]"]
"""The ids of symbols, rising, and the payload of each."""


class _Block(msgspec.Struct, frozen=True, array_like=True):
    """Terms, how many entries each has, and of all of them ids, as differences within a term, then payloads."""

    terms: list[str]
    counts: bytes
    ids: bytes
    payloads: bytes


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Block).decode


def blocks(terms: Iterable[tuple[str, bytes | bytearray]]) -> Iterator[tuple[str, bytes]]:
    """Yield packed blocks of entries, each with its first term; the terms come in their order, the ids rising."""
    with ThreadPoolExecutor(1) as thread:
        pending: deque[tuple[str, Future[bytes]]] = deque()
        for names, parts in _grouped(terms):
            pending.append((names[0], thread.submit(zlib.compress, _packed(names, parts), PACKING)))
            if len(pending) > AHEAD:
                first, packed = pending.popleft()
                yield first, packed.result()
        for first, packed in pending:
            yield first, packed.result()


def _grouped(terms: Iterable[tuple[str, bytes | bytearray]]) -> Iterator[tuple[list[str], list[bytes | bytearray]]]:
    names: list[str] = []
    parts: list[bytes | bytearray] = []
    size = 0
    for term, entries in terms:
        names.append(term)
        parts.append(entries)
        size += len(entries) + len(term)
        if size >= BLOCK_BYTES:
            yield names, parts
            names, parts, size = [], [], 0
    if names:
        yield names, parts


def _packed(terms: list[str], parts: list[bytes | bytearray]) -> bytes:
    counts = array("I", [len(part) // _ENTRY for part in parts])
    entries = b"".join(parts)
    ids, payloads = array("I", entries)[1::2], array("H", entries)[:: _ENTRY // 2]
    before = array("I", [0]) + ids[:-1]
    for start in accumulate(counts[:-1]):
        before[start] = 0
    differences = array("I", map(sub, ids, before))
    return _pack(_Block(terms, counts.tobytes(), differences.tobytes(), payloads.tobytes()))


def posting(packed: bytes, term: str) -> Posting | None:
    """Return what a block has of a term. zlib.error, msgspec.DecodeError or ValueError if it is damaged."""
    block = _unpack(zlib.decompress(packed))
    if term not in block.terms:
        return None
    number = block.terms.index(term)
    counts = array("I", block.counts)
    start = sum(counts[:number])
    return _slice(array("I", block.ids), array("H", block.payloads), start, start + counts[number])


def opened(packed: bytes) -> dict[str, bytes]:
    """Return the terms of a block with their entries. zlib.error, msgspec.DecodeError or ValueError if damaged."""
    block = _unpack(zlib.decompress(packed))
    ids, payloads = array("I", block.ids), array("H", block.payloads)
    found, start = {}, 0
    for term, end in zip(block.terms, accumulate(array("I", block.counts)), strict=True):
        found[term] = _entries(_slice(ids, payloads, start, end))
        start = end
    return found


def _slice(ids: array[int], payloads: array[int], start: int, end: int) -> Posting:
    if not start < end <= len(ids) == len(payloads):
        raise ValueError("postings of a broken length")
    return array("I", accumulate(ids[start:end])), payloads[start:end]


def _entries(of: Posting) -> bytes:
    """Return a posting's entries as they are gathered."""
    return array("I", chain.from_iterable(zip(of[1], of[0], strict=True))).tobytes()


def joined(parts: Iterable[Posting]) -> Posting:
    """Return postings of several segments as one, their ids not overlapping."""
    ids, payloads = array("I"), array("H")
    for part_ids, part_payloads in sorted(parts, key=lambda part: part[0][0]):
        ids += part_ids
        payloads += part_payloads
    return ids, payloads


def gathered(parts: Iterable[bytes]) -> bytes:
    """Return the entries of several segments as one, their ids not overlapping."""
    ordered = sorted(parts, key=_first)
    return b"".join(ordered)


def _first(entries: bytes) -> int:
    return int.from_bytes(entries[:_ENTRY], sys.byteorder)
