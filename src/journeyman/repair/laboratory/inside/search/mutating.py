"""Further calls of a function, made from those that were seen: values of the same types, within the same bounds."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

_REACHED = 500
"""Objects looked at in one call."""


def further_calls(seen: Sequence[dict[str, Any]], most: int, chance: random.Random) -> list[dict[str, Any]]:
    """Return the calls that were seen and some with one argument changed."""
    calls = list(seen)
    if not seen or not any(name not in ("self", "cls") for name in seen[0]):
        return calls
    for _ in range(most):
        call = dict(chance.choice(seen))
        name = chance.choice([name for name in call if name not in ("self", "cls")])
        try:
            pool = [each[name] for each in seen if name in each and type(each[name]) is type(call[name])]
            pool = _within(call, call[name]) if _made_elsewhere(call[name]) else pool
            call[name] = changed(call[name], pool, chance)
            calls.append(copy.deepcopy(call))
        except Exception:
            continue
    return calls


def _made_elsewhere(value: Any) -> bool:
    return type(value).__module__ != "builtins"


def _within(call: dict[str, Any], value: Any) -> list[Any]:
    """Return the objects of a value's type that can be reached from a call: identity means something to them."""
    found: list[Any] = []
    known: set[int] = set()
    waiting = list(call.values())
    while waiting and len(known) < _REACHED:
        thing = waiting.pop(0)
        if id(thing) in known or isinstance(thing, (str, bytes, int, float)):
            continue
        known.add(id(thing))
        if type(thing) is type(value):
            found.append(thing)
        if isinstance(thing, dict):
            waiting += [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, tuple, set, frozenset)):
            waiting += list(thing)
        else:
            waiting += list(getattr(thing, "__dict__", {}).values())
    return found


def changed(value: Any, pool: Sequence[Any], chance: random.Random) -> Any:
    """Return a value of the same type within the bounds of a pool; a thing that cannot be made is one of the pool."""
    if isinstance(value, bool) or value is None:
        return chance.choice(list(pool))
    if isinstance(value, int):
        return _number(pool, chance)
    if isinstance(value, float):
        return chance.uniform(min(pool), max(pool)) if min(pool) < max(pool) else value * chance.random()
    if isinstance(value, str):
        return _text(pool, chance)
    if type(value) in (list, tuple):
        return type(value)(_elements(pool, chance))
    if type(value) in (set, frozenset):
        return type(value)(each for each in sorted(set().union(*pool), key=repr) if chance.random() < 0.6)
    if type(value) is dict:
        items = [item for each in pool for item in each.items()]
        return dict(item for item in items if chance.random() < 0.6)
    return chance.choice(list(pool))


def _number(pool: Sequence[int], chance: random.Random) -> int:
    low, high = min(pool), max(pool)
    if low == high:
        low, high = min(0, low), max(0, high)
    return chance.randint(low, high)


def _text(pool: Sequence[str], chance: random.Random) -> str:
    letters = "".join(pool)
    length = chance.randint(min(map(len, pool)), max(map(len, pool)))
    one = chance.choice(list(pool))
    kind = chance.randrange(4)
    if kind == 0 and len(one) > 1:
        cut = chance.randrange(len(one))
        return (one[cut:] + one[:cut])[: max(length, 1)]
    if kind == 1 and one:
        place = chance.randrange(len(one))
        return one[:place] + chance.choice(letters) + one[place + 1 :]
    if kind == 2:
        return chance.choice((one.swapcase(), one.upper(), one.lower()))
    return "".join(chance.choice(letters) for _ in range(length)) if letters else one


def _elements(pool: Sequence[Sequence[Any]], chance: random.Random) -> list[Any]:
    """Return a sequence with lengths and elements as seen, in order or without repetition if all seen are so."""
    length = chance.randint(min(map(len, pool)), max(map(len, pool)))
    every = [each for one in pool for each in one]
    if not every:
        return []
    made = [chance.choice(every) for _ in range(length)]
    numbers = [each for each in every if type(each) is int]
    if len(numbers) == len(every):
        made = [_number(numbers, chance) for _ in range(length)]
    elif chance.random() < 0.5:
        made = [changed(each, [o for o in every if type(o) is type(each)], chance) for each in made]
    if all(_unique(one) for one in pool):
        made = [each for number, each in enumerate(made) if each not in made[:number]]
    if all(_sorted(one) for one in pool):
        made = sorted(made)
    return made


def _unique(values: Sequence[Any]) -> bool:
    return all(each not in values[:number] for number, each in enumerate(values[:50]))


def _sorted(values: Sequence[Any]) -> bool:
    try:
        return all(not b < a for a, b in zip(values, values[1:]))
    except TypeError:
        return False
