"""Environments of two repositories have nothing in common, and what nobody uses goes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from journeyman.sandbox import keeping
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.environments import EnvironmentCache
from journeyman.sandbox.keeping import DAY, Keep, Ready

NOW = 1_800_000_000.0


def kept(root: Path, name: str, *, days: float, size: int = 10) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"x" * size)
    keeping.remember(folder, Ready(), NOW - days * DAY)
    return folder


@pytest.mark.parametrize(
    ("keep", "removed"),
    [
        (Keep(days=30, gigabytes=1), ["old"]),
        (Keep(days=90, gigabytes=1), []),
        (Keep(days=90, gigabytes=3500e-9), ["old"]),
        (Keep(days=90, gigabytes=1500e-9), ["old", "week", "cache"]),
        (Keep(days=0, gigabytes=0), ["old", "week", "cache"]),
    ],
)
def test_the_longest_unused_go_first_and_those_of_today_stay(tmp_path: Path, keep: Keep, removed: list[str]) -> None:
    kept(tmp_path, "a/python/today", days=0.5, size=1000)
    kept(tmp_path, "a/python/week", days=7, size=1000)
    kept(tmp_path, "b/cache", days=2, size=1000)
    kept(tmp_path, "b/node/old", days=60, size=1000)
    assert [folder.name for folder in keeping.prune(tmp_path, keep, NOW)] == removed
    left = {folder.name for folder, _, _ in keeping.notes(tmp_path)}
    assert left == {"today", "week", "cache", "old"} - set(removed)
    assert all(not (tmp_path / place).exists() for place in ("b/node/old", "a/python/week") if place[-4:] in removed)


async def test_what_is_being_made_stays(tmp_path: Path) -> None:
    folder = kept(tmp_path, "a/python/old", days=60)
    async with keeping.locked(folder):
        assert keeping.prune(tmp_path, Keep(), NOW) == ()
    async with keeping.locked(folder, shared=True):
        assert keeping.prune(tmp_path, Keep(), NOW) == ()
    assert keeping.prune(tmp_path, Keep(), NOW) == (folder,)


def test_use_is_remembered_and_a_half_written_note_is_none(tmp_path: Path) -> None:
    folder = kept(tmp_path, "a/python/old", days=60)
    assert keeping.remembered(folder, NOW) == Ready(size=10)
    assert keeping.prune(tmp_path, Keep(), NOW) == ()
    keeping.note_of(folder).write_text("{")
    assert keeping.remembered(folder, NOW) is None


async def test_an_install_prunes_what_is_too_old(back_end: Bubblewrap, tree: Path, tmp_path: Path) -> None:
    root, time = tmp_path / "environments", [NOW]
    (tree / "a.py").write_text("")
    variables = {"PATH": os.environ["PATH"]}
    cache = EnvironmentCache(back_end, root, home=tmp_path, variables=variables, clock=lambda: time[0])
    await cache.prepare(tree, repository="one")
    time[0] += 31 * DAY
    await cache.prepare(tree, repository="two")
    shelves = {keeping.shelf(root, name): name for name in ("one", "two")}
    assert {shelves[folder.parent.parent] for folder, _, _ in keeping.notes(root) if folder.name != "cache"} == {
        "two"
    }


POISON = "mkdir -p /env/cache/uv && echo poison > /env/cache/mark && echo poison > /env/setup/mark"


async def test_one_repository_cannot_poison_another_s(back_end: Bubblewrap, tree: Path, tmp_path: Path) -> None:
    """The same files and the same commands: yet what the first has written the second never sees."""
    variables = {"PATH": os.environ["PATH"]}
    cache = EnvironmentCache(back_end, tmp_path / "environments", home=tmp_path, variables=variables)
    setup = ("cat /env/cache/mark /env/setup/mark 2>/dev/null | grep poison && exit 1; " + POISON,)
    first, second = await asyncio.gather(
        *(cache.prepare(tree, setup, repository=name) for name in ("https://example.org/a", "https://example.org/b"))
    )
    assert not first.cached
    assert not second.cached
    assert first.mounts[0].source != second.mounts[0].source
    assert (await cache.prepare(tree, setup, repository="https://example.org/a.git/")).cached


def test_a_repository_s_address_has_one_form(tmp_path: Path) -> None:
    same = {keeping.shelf(tmp_path, f"https://example.org/a{end}") for end in ("", "/", ".git", ".git/")}
    assert len(same) == 1
    assert keeping.shelf(tmp_path, "https://example.org/b") not in same
