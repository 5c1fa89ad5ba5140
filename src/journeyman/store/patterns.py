"""What is remembered of projects, in the database."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, select, update

from journeyman.domain.errors import UnknownPattern, WrongUse
from journeyman.domain.patterns import (
    MemoryStats,
    Pattern,
    PatternType,
    Recalled,
    Served,
    Source,
    Standing,
    retires,
)
from journeyman.store.columns import from_json, storable, to_json
from journeyman.store.database import Database, exclusively
from journeyman.store.fences import guard
from journeyman.store.ranking import relevant, term_key
from journeyman.store.tables import code_patterns, pattern_showings, pattern_terms

SOME = 500
"""Values that one statement may name."""

_NUMBER = code_patterns.c.number
_TEXTS = ("name", "file", "signature", "snippet", "words", "language", "project", "complexity", "confidence")
_RUN = pattern_showings.c.run_id == bindparam("of_run")


class StoredPatterns:
    """Fits `KeptPatterns` of the codebase."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(
        self, patterns: Sequence[Pattern], terms: Sequence[Mapping[str, int]], at: datetime
    ) -> tuple[int, int]:
        """Store patterns, each with the weights of its terms; returns how many are new and changed."""
        given = {pattern.key: (pattern, own) for pattern, own in zip(patterns, terms, strict=True)}
        clean = self._database.redacted

        def work(connection: Connection) -> tuple[int, int]:
            exclusively(connection, "patterns")
            known = _by_key(connection, list(given))
            fresh = [pair for key, pair in given.items() if key not in known]
            changed = [
                (old, *given[key])
                for key, old in known.items()
                if _may_replace(old, given[key][0]) and _told(old, clean) != _told(given[key][0], clean)
            ]
            for old, pattern, own in changed:
                standing = _standing_of(pattern) if old.standing is Standing.HELD else old.standing
                kept = {"number": old.number, "pinned": old.pinned, "standing": standing}
                _rewrite(connection, msgspec.structs.replace(pattern, **kept), own, at)
            _add(connection, fresh, at)
            return len(fresh), len(changed)

        return await self._database.transact(work)

    async def sweep(self, project: str, sources: Sequence[str], kept: Collection[str]) -> int:
        """Forget what was learnt from sources and is not among the kept keys, unless it is pinned or was shown."""
        found = select(_NUMBER, code_patterns.c.key).where(
            code_patterns.c.project == project,
            code_patterns.c.source.in_(sources),
            code_patterns.c.pinned.is_(False),
            code_patterns.c.times_recalled == 0,
            _NUMBER.not_in(select(pattern_showings.c.number)),
        )

        def work(connection: Connection) -> int:
            exclusively(connection, "patterns")
            gone = [number for number, key in connection.execute(found) if key not in kept]
            _remove(connection, gone)
            return len(gone)

        return await self._database.transact(work)

    async def rank(
        self, projects: Sequence[str], terms: Mapping[str, float], limit: int, kinds: Sequence[PatternType] = ()
    ) -> tuple[Recalled, ...]:
        """Return the active patterns that weighted terms bring up, best first."""

        def work(connection: Connection) -> tuple[Recalled, ...]:
            ranked = relevant(connection, projects, terms, [kind.value for kind in kinds])[:limit]
            patterns = _by_number(connection, [number for _, _, number in ranked])
            return tuple(Recalled(patterns[number], near, score) for score, near, number in ranked)

        return await self._database.look(work)

    async def pattern(self, number: int) -> Pattern:
        """Return a pattern. UnknownPattern."""
        return await self._database.look(lambda connection: _one(connection, number))

    async def listed(
        self, project: str, kinds: Sequence[PatternType] = (), standing: Standing | None = None, limit: int = 50
    ) -> tuple[Pattern, ...]:
        """Return patterns of a project: pinned ones first, then by success and confidence."""
        found = select(code_patterns).where(code_patterns.c.project == project)
        if kinds:
            found = found.where(code_patterns.c.type.in_([kind.value for kind in kinds]))
        if standing is not None:
            found = found.where(code_patterns.c.standing == standing.value)
        worth = code_patterns.c.success_rate * code_patterns.c.confidence
        ordered = found.order_by(code_patterns.c.pinned.desc(), worth.desc(), _NUMBER).limit(limit)
        rows = await self._database.look(lambda connection: connection.execute(ordered).all())
        return tuple(_pattern(row) for row in rows)

    async def known(self, key: str) -> Pattern:
        """Return the pattern of a key, whatever its standing. UnknownPattern."""
        found = await self._database.look(lambda connection: _by_key(connection, [key]))
        if key not in found:
            raise UnknownPattern("no such pattern is remembered", "journeyman memory list shows what there is")
        return found[key]

    async def keyed(self, keys: Sequence[str]) -> dict[str, Pattern]:
        """Return the active patterns of these keys."""
        found = await self._database.look(lambda connection: _by_key(connection, keys))
        return {key: pattern for key, pattern in found.items() if pattern.standing is Standing.ACTIVE}

    async def replace(self, pattern: Pattern, terms: Mapping[str, int], at: datetime) -> None:
        """Store a pattern in place of that of its number. UnknownPattern; WrongUse if another one has its key."""

        def work(connection: Connection) -> None:
            exclusively(connection, "patterns")
            _one(connection, pattern.number)
            other = _by_key(connection, [pattern.key]).get(pattern.key)
            if other is not None and other.number != pattern.number:
                raise WrongUse(
                    f"pattern {other.number} is of that name already", f"journeyman memory show {other.number}"
                )
            _rewrite(connection, pattern, terms, at)

        await self._database.transact(work)

    async def forget(self, number: int) -> None:
        """Remove a pattern with all that was noted of it. UnknownPattern."""

        def work(connection: Connection) -> None:
            _one(connection, number)
            _remove(connection, [number])

        await self._database.transact(work)

    async def recalled(self, numbers: Sequence[int]) -> None:
        """Count that patterns were recalled."""
        if numbers:
            await self._database.transact(lambda connection: _count(connection, numbers))

    async def shown(self, run_id: str, project: str, numbers: Sequence[int]) -> None:
        """Note that a run was shown patterns. Doing it again changes nothing."""

        def work(connection: Connection) -> None:
            guard(connection, run_id, self._database.fences.get(run_id))
            known = set(
                connection.execute(select(pattern_showings.c.number).where(_RUN), {"of_run": run_id}).scalars()
            )
            fresh = [number for number in numbers if number not in known]
            rows = [{"number": number, "run_id": run_id, "project": project} for number in fresh]
            if rows:
                connection.execute(insert(pattern_showings), rows)
                _count(connection, fresh)

        await self._database.transact(work)

    async def turned_out(self, run_id: str, helped: bool | None) -> tuple[Pattern, ...]:
        """Count how a run ended for what it was shown, and return what retired. None takes a count back."""

        def work(connection: Connection) -> tuple[Pattern, ...]:
            guard(connection, run_id, self._database.fences.get(run_id))
            exclusively(connection, "patterns")
            before = {
                number: (old, project)
                for number, old, project in connection.execute(
                    select(pattern_showings.c.number, pattern_showings.c.helped, pattern_showings.c.project).where(
                        _RUN
                    ),
                    {"of_run": run_id},
                )
            }
            connection.execute(update(pattern_showings).where(_RUN).values(helped=helped), {"of_run": run_id})
            usual = {project: _runs_of(connection, project) for _, project in before.values()}
            retired = []
            for number, pattern in _by_number(connection, list(before)).items():
                old, project = before[number]
                if _settle(connection, pattern, _moved(pattern.served, old, helped), usual[project]):
                    retired.append(pattern)
            return tuple(retired)

        return await self._database.transact(work)

    async def stats(self, project: str) -> MemoryStats:
        """Return what a project's memory holds."""
        own = code_patterns.c.project == project

        def work(connection: Connection) -> MemoryStats:
            def counted(column: Any) -> dict[str, int]:
                found = select(column, func.count()).where(own).group_by(column).order_by(column)
                return {row[0]: row[1] for row in connection.execute(found)}

            by_type = counted(code_patterns.c.type)
            pinned = connection.execute(select(func.count()).where(own, code_patterns.c.pinned)).scalar_one()
            recalled = connection.execute(select(func.sum(code_patterns.c.times_recalled)).where(own)).scalar() or 0
            standings, runs = counted(code_patterns.c.standing), _runs_of(connection, project)
            return MemoryStats(project, sum(by_type.values()), by_type, standings, pinned, int(recalled), runs)

        return await self._database.look(work)

    async def projects(self) -> tuple[str, ...]:
        """Return the projects that have patterns."""
        found = select(code_patterns.c.project).distinct().order_by(code_patterns.c.project)
        return tuple(await self._database.look(lambda connection: connection.execute(found).scalars().all()))


def _standing_of(pattern: Pattern) -> Standing:
    """Return how a pattern is taken in: what anybody may have written waits for a person."""
    return Standing.HELD if pattern.source.outside else pattern.standing


def _may_replace(old: Pattern, new: Pattern) -> bool:
    if new.source is Source.PERSON or old.standing is Standing.HELD:
        return True
    return not (new.source.outside or old.pinned or old.source is Source.PERSON)


def _told(pattern: Pattern, clean: Callable[[str], str]) -> tuple[Any, ...]:
    """Return what a pattern says as it is stored, for a comparison."""
    texts = (pattern.signature, pattern.snippet, pattern.words, *pattern.tags, *pattern.dependencies)
    facts = (pattern.source, pattern.language, pattern.complexity, pattern.confidence)
    return (*(clean(storable(text)) for text in texts), *facts)


def _row(pattern: Pattern, at: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(pattern, name) for name in _TEXTS},
        "language": pattern.language[:32],
        "key": pattern.key,
        "type": pattern.type.value,
        "source": pattern.source.value,
        "tags": to_json(pattern.tags),
        "dependencies": to_json(pattern.dependencies),
        "pinned": pattern.pinned,
        "standing": pattern.standing.value,
        "learned_at": at,
    }


def _add(connection: Connection, fresh: Sequence[tuple[Pattern, Mapping[str, int]]], at: datetime) -> None:
    if not fresh:
        return
    unused = {"helped": 0, "failed": 0, "success_rate": Served().rate, "times_recalled": 0}
    rows = [{**_row(pattern, at), "standing": _standing_of(pattern).value, **unused} for pattern, _ in fresh]
    connection.execute(insert(code_patterns), rows)
    keys = [pattern.key for pattern, _ in fresh]
    numbers = {
        key: number
        for some in _parts(keys)
        for number, key in connection.execute(
            select(_NUMBER, code_patterns.c.key).where(code_patterns.c.key.in_(some))
        )
    }
    _index(connection, [(numbers[pattern.key], pattern.project, own) for pattern, own in fresh])


def _index(connection: Connection, entries: Iterable[tuple[int, str, Mapping[str, int]]]) -> None:
    rows = sorted(
        (term_key(project, term), weight, number)
        for number, project, terms in entries
        for term, weight in terms.items()
    )
    if not rows:
        return
    # What was taken in once stays findable by the same terms, should two of them ever have the same hash. There are
    # many rows and nothing but numbers in them, so neither statements nor secrets are looked at for each.
    marks = ", ".join(["?" if connection.dialect.paramstyle == "qmark" else "%s"] * 3)
    statement = f"INSERT INTO pattern_terms (term, weight, number) VALUES ({marks}) ON CONFLICT DO NOTHING"
    connection.exec_driver_sql(statement, rows, execution_options={"clean": True})


def _rewrite(connection: Connection, pattern: Pattern, terms: Mapping[str, int], at: datetime) -> None:
    connection.execute(update(code_patterns).where(_number_is(pattern.number)).values(_row(pattern, at)))
    connection.execute(delete(pattern_terms).where(pattern_terms.c.number == pattern.number))
    _index(connection, [(pattern.number, pattern.project, terms)])


def _remove(connection: Connection, numbers: Sequence[int]) -> None:
    for some in _parts(numbers):
        for table in (pattern_terms, pattern_showings, code_patterns):
            connection.execute(delete(table).where(table.c.number.in_(some)))


def _count(connection: Connection, numbers: Sequence[int]) -> None:
    for some in _parts(numbers):
        once_more = {"times_recalled": code_patterns.c.times_recalled + 1}
        connection.execute(update(code_patterns).where(_NUMBER.in_(some)).values(once_more))


def _moved(served: Served, old: bool | None, new: bool | None) -> Served:
    """Return the counts after a run's ending changed."""
    helped = served.helped + (new is True) - (old is True)
    return Served(helped, served.failed + (new is False) - (old is False))


def _settle(connection: Connection, pattern: Pattern, served: Served, usual: Served) -> bool:
    """Store how a pattern has served; returns whether it retires by that."""
    retired = pattern.standing is Standing.ACTIVE and not pattern.pinned and retires(served, usual)
    values: dict[str, Any] = {"helped": served.helped, "failed": served.failed, "success_rate": served.rate}
    if retired:
        values["standing"] = Standing.RETIRED.value
    connection.execute(update(code_patterns).where(_number_is(pattern.number)).values(values))
    return retired


def _runs_of(connection: Connection, project: str) -> Served:
    """Return how the runs of a project ended that were shown something."""
    own = pattern_showings.c.project == project
    counted = func.count(func.distinct(pattern_showings.c.run_id))
    found = select(pattern_showings.c.helped, counted).where(own).group_by(pattern_showings.c.helped)
    ends: dict[bool | None, int] = {row[0]: row[1] for row in connection.execute(found)}
    return Served(ends.get(True, 0), ends.get(False, 0))


def _number_is(number: int) -> ColumnElement[bool]:
    return _NUMBER.in_([number])


def _one(connection: Connection, number: int) -> Pattern:
    row = connection.execute(select(code_patterns).where(_number_is(number))).first()
    if row is None:
        raise UnknownPattern(f"no pattern {number} is remembered", "journeyman memory list shows what there is")
    return _pattern(row)


def _by_number(connection: Connection, numbers: Sequence[int]) -> dict[int, Pattern]:
    found = (select(code_patterns).where(_NUMBER.in_(some)) for some in _parts(numbers))
    return {row.number: _pattern(row) for statement in found for row in connection.execute(statement)}


def _by_key(connection: Connection, keys: Sequence[str]) -> dict[str, Pattern]:
    found = (select(code_patterns).where(code_patterns.c.key.in_(some)) for some in _parts(keys))
    return {row.key: _pattern(row) for statement in found for row in connection.execute(statement)}


def _parts(values: Sequence[Any]) -> Iterable[builtins.list[Any]]:
    return (list(values[start : start + SOME]) for start in range(0, len(values), SOME))


def _pattern(row: Row[Any]) -> Pattern:
    return Pattern(
        **{name: getattr(row, name) for name in _TEXTS},
        type=PatternType(row.type),
        source=Source(row.source),
        tags=from_json(row.tags, tuple[str, ...]),
        dependencies=from_json(row.dependencies, tuple[str, ...]),
        served=Served(row.helped, row.failed),
        times_recalled=row.times_recalled,
        pinned=row.pinned,
        standing=Standing(row.standing),
        number=row.number,
        learned_at=row.learned_at,
    )
