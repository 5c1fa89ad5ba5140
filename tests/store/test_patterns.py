"""The memory's tables, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from journeyman.domain.errors import UnknownPattern, WrongUse
from journeyman.domain.patterns import Pattern, PatternType, Served, Source, Standing
from journeyman.store.database import Database
from journeyman.store.patterns import StoredPatterns
from journeyman.store.ranking import CANDIDATES, COMMON, relevant
from tests.store.rows import START

FIX = Pattern(
    type=PatternType.FIX,
    name="Fix the rebate",
    project="acme/shop",
    source=Source.HISTORY,
    snippet="- a\n+ b\0",
    language="python",
    signature="def total(order)",
    file="shop/orders.py",
    tags=("fix", "tested"),
    dependencies=("tests/test_orders.py",),
    words="rebate total",
    complexity=3,
    confidence=0.9,
)
TERMS = {"fix": 100, "rebate": 200}


@pytest.fixture
def patterns(database: Database) -> StoredPatterns:
    return StoredPatterns(database)


async def taken_in(patterns: StoredPatterns, pattern: Pattern = FIX, terms: dict[str, int] = TERMS) -> int:
    await patterns.keep([pattern], [terms], START)
    return (await patterns.known(pattern.key)).number


async def test_a_pattern_is_kept_whole(patterns: StoredPatterns) -> None:
    number = await taken_in(patterns)
    kept = await patterns.pattern(number)
    assert kept == replace(FIX, number=number, learned_at=START, snippet="- a\n+ b\ufffd")


async def test_learning_again_changes_what_is_told_and_keeps_how_it_served(patterns: StoredPatterns) -> None:
    number = await taken_in(patterns)
    await patterns.shown("r1", FIX.project, [number])
    await patterns.turned_out("r1", True)
    assert await patterns.keep([FIX, FIX], [TERMS, TERMS], START) == (0, 0)
    assert await patterns.keep([replace(FIX, snippet="new")], [{"new": 9}], START) == (0, 1)
    kept = await patterns.pattern(number)
    assert (kept.snippet, kept.served, kept.times_recalled) == ("new", Served(1, 0), 1)
    assert await patterns.rank([FIX.project], {"rebate": 1.0}, 5) == ()
    assert [each.pattern.number for each in await patterns.rank([FIX.project], {"new": 1.0}, 5)] == [number]


async def test_a_run_counts_once_however_often_it_is_told(patterns: StoredPatterns) -> None:
    number = await taken_in(patterns)
    for _ in range(2):
        await patterns.shown("r1", FIX.project, [number])
        await patterns.turned_out("r1", False)
    assert (await patterns.pattern(number)).served == Served(0, 1)
    await patterns.turned_out("r1", True)
    assert (await patterns.pattern(number)).served == Served(1, 0)
    await patterns.turned_out("r1", None)
    assert (await patterns.pattern(number)).served == Served()
    await patterns.turned_out("another run", True)
    assert (await patterns.pattern(number)).served == Served()


async def test_what_does_not_help_retires_and_what_is_pinned_does_not(patterns: StoredPatterns) -> None:
    number = await taken_in(patterns)
    pinned = await taken_in(patterns, replace(FIX, name="pinned"))
    await patterns.replace(replace(await patterns.pattern(pinned), pinned=True), TERMS, START)
    good = await taken_in(patterns, replace(FIX, name="good"))
    retired = []
    for at in range(12):
        await patterns.shown(f"good{at}", FIX.project, [good])
        await patterns.turned_out(f"good{at}", True)
        await patterns.shown(f"bad{at}", FIX.project, [number, pinned])
        retired += [each.number for each in await patterns.turned_out(f"bad{at}", False)]
    assert retired == [number]
    assert (await patterns.pattern(number)).standing is Standing.RETIRED
    assert (await patterns.pattern(pinned)).standing is Standing.ACTIVE
    found = {each.pattern.number for each in await patterns.rank([FIX.project], {"rebate": 1.0}, 9)}
    assert found == {pinned, good}
    assert (await patterns.stats(FIX.project)).runs == Served(12, 12)


async def test_the_rarest_terms_tell_most(patterns: StoredPatterns) -> None:
    many = [replace(FIX, name=f"common {at}") for at in range(60)]
    await patterns.keep(many, [{"common": 200}] * len(many), START)
    rare = await taken_in(patterns, replace(FIX, name="rare"), {"rare": 200})
    found = await patterns.rank([FIX.project], {"common": 1.0, "rare": 1.0, "absent": 1.0}, 5)
    assert found[0].pattern.number == rare
    assert all(0 < each.relevance <= 1 for each in found)
    assert await patterns.rank([FIX.project], {}, 5) == ()
    assert await patterns.rank([FIX.project], {"rare": 1.0}, 5, [PatternType.COMMAND]) == ()


async def test_of_a_common_term_only_the_heaviest_are_looked_at(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'memory.sqlite'}")
    patterns = StoredPatterns(database)
    steps = []
    for count in (COMMON, 3 * COMMON):
        given = [replace(FIX, name=f"common {at}") for at in range(count)]
        await patterns.keep(given, [{"common": 1 + at % 200, "usual": 9} for at in range(count)], START)
        taken = 0

        def step() -> int:
            nonlocal taken
            taken += 1
            return 0

        def asked(connection: Connection) -> list[tuple[float, float, int]]:
            connection.connection.driver_connection.set_progress_handler(step, 100)  # type: ignore[union-attr]
            return relevant(connection, [FIX.project], {"common": 1.0, "usual": 0.5}, [])

        found = await database.look(asked)
        assert found[0][1] == max(relevance for _, relevance, _ in found)
        steps.append(taken)
    assert steps[1] < 1.2 * steps[0]
    assert len(found) == CANDIDATES
    await database.close()


async def test_forgetting_leaves_nothing(patterns: StoredPatterns) -> None:
    number = await taken_in(patterns)
    await patterns.shown("r1", FIX.project, [number])
    await patterns.forget(number)
    assert await patterns.projects() == ()
    assert await patterns.rank([FIX.project], {"rebate": 1.0}, 5) == ()
    assert (await patterns.stats(FIX.project)).runs == Served()
    for asking in (patterns.pattern(number), patterns.forget(number), patterns.known(FIX.key)):
        with pytest.raises(UnknownPattern):
            await asking


async def test_two_patterns_cannot_be_the_same(patterns: StoredPatterns) -> None:
    number = await taken_in(patterns)
    other = await taken_in(patterns, replace(FIX, name="other"))
    with pytest.raises(WrongUse, match=f"pattern {number} is of that name already"):
        await patterns.replace(replace(await patterns.pattern(other), name=FIX.name), TERMS, START)


async def test_two_processes_may_learn_at_once(url: str) -> None:
    databases = [Database(url) for _ in range(2)]
    many = [replace(FIX, name=f"fix {at}") for at in range(50)]
    told = await asyncio.gather(
        *(StoredPatterns(database).keep(many, [TERMS] * len(many), START) for database in databases)
    )
    assert sorted(told) == [(0, 0), (50, 0)]
    assert (await StoredPatterns(databases[0]).stats(FIX.project)).patterns == 50
    for database in databases:
        await database.close()


async def test_secrets_are_not_kept(url: str) -> None:
    database = Database(url, redacted=lambda text: text.replace("hunter2", "***"))
    patterns = StoredPatterns(database)
    secret = replace(FIX, snippet="login('hunter2')", words="hunter2", tags=("hunter2",))
    await patterns.keep([secret], [TERMS], START)
    (kept,) = await patterns.listed(FIX.project)
    assert "hunter2" not in repr(kept)
    await database.close()
