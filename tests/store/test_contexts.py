"""What sessions in editors are at, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from journeyman.domain.attention import KEPT, MOST_EDITS, CodeContext, Spot
from journeyman.store.contexts import StoredContexts
from journeyman.store.database import Database
from tests.store.rows import START

AT = CodeContext("/shop", "me", "a.py", 3, 7, ("a.py", "b\0.py"), (Spot("a.py", 3),))


@pytest.fixture
def contexts(database: Database) -> StoredContexts:
    return StoredContexts(database)


async def test_what_is_told_anew_replaces_and_the_rest_stays(contexts: StoredContexts) -> None:
    await contexts.note(AT, START)
    later = START + timedelta(minutes=5)
    kept = await contexts.note(CodeContext("/shop", "me", recent_edits=(Spot("c.py"), Spot("a.py", 3))), later)
    assert (kept.file, kept.line, kept.column) == ("a.py", 3, 7)
    assert kept.recent_edits == (Spot("c.py"), Spot("a.py", 3))
    found = await contexts.of("/shop", "me", later)
    assert found is not None
    assert (found.open_files, found.recent_edits, found.noted_at) == (
        AT.open_files,
        kept.recent_edits,
        later,
    )
    moved = await contexts.note(CodeContext("/shop", "me", "z.py", 1), later)
    assert (moved.file, moved.line, moved.column) == ("z.py", 1, 0)


async def test_sessions_and_trees_are_apart_and_can_be_forgotten(contexts: StoredContexts) -> None:
    await contexts.note(AT, START)
    assert await contexts.of("/shop", "you", START) is None
    assert await contexts.of("/other", "me", START) is None
    await contexts.forget("/shop", "me")
    assert await contexts.of("/shop", "me", START) is None


async def test_it_is_forgotten_after_a_time(contexts: StoredContexts, database: Database) -> None:
    await contexts.note(AT, START)
    assert await contexts.of("/shop", "me", START + KEPT) is not None
    assert await contexts.of("/shop", "me", START + KEPT + timedelta(seconds=1)) is None
    await contexts.note(CodeContext("/shop", "you"), START + KEPT + timedelta(seconds=1))
    assert await contexts.of("/shop", "me", START) is None


async def test_only_so_much_is_kept(database: Database) -> None:
    contexts = StoredContexts(database, most=5)
    many = tuple(Spot(f"{number}.py") for number in range(3 * MOST_EDITS))
    kept = await contexts.note(CodeContext("/shop", "me", recent_edits=many), START)
    assert kept.recent_edits == many[:MOST_EDITS]
    for number in range(5):
        await contexts.note(CodeContext("/shop", f"{number}"), START + timedelta(seconds=number + 1))
    now = START + timedelta(hours=1)
    assert await contexts.of("/shop", "me", now) is None
    assert await contexts.of("/shop", "0", now) is not None


async def test_two_at_once_lose_nothing(contexts: StoredContexts) -> None:
    edits = [CodeContext("/shop", "me", recent_edits=(Spot(f"{number}.py"),)) for number in range(10)]
    await asyncio.gather(*(contexts.note(each, START) for each in edits))
    found = await contexts.of("/shop", "me", START)
    assert found is not None
    assert {spot.path for spot in found.recent_edits} == {f"{number}.py" for number in range(10)}
