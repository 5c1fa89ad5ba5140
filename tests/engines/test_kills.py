"""Real processes, really killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.engines.flows import Line
from tests.engines.victim import LENGTH, Victim


def killed_at_random(url: str, line: Path, kills: int, seed: int) -> int:
    """Run to the end with kills on the way; return how many hit a flow at work."""
    chance, hit = random.Random(seed), 0
    for _ in range(kills):
        victim = Victim(url, line, "r1")
        assert victim.hear() == "ready"
        time.sleep(chance.uniform(0, 0.03))
        hit += victim.kill()
    assert Victim(url, line, "r1").hear_out() == ["ready", "COMPLETE"]
    return hit


def check(line: Line, hit: int) -> None:
    """Every step ended; one begun and not recorded may have happened again, at most one for each kill."""
    happened = [words.split() for words in line.read()]
    ended = [(int(number), run) for kind, number, run in happened if kind == "ended"]
    begun = [(int(number), run) for kind, number, run in happened if kind == "begun"]
    assert {number for number, _ in ended} == {*range(LENGTH), 99}
    assert sum(Counter(begun).values()) - len(set(begun)) <= hit
    firsts = list(dict.fromkeys(number for number, _ in begun))
    assert firsts == [*range(LENGTH), 99]
    assert len({run for _, run in ended}) == LENGTH


def test_twenty_kills_lose_nothing_and_repeat_only_what_was_at_work(url: str, tmp_path: Path) -> None:
    hit = killed_at_random(url, tmp_path / "line", 20, seed=1)
    check(Line(tmp_path / "line"), hit)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(5))
def test_many_kills(url: str, tmp_path: Path, seed: int) -> None:
    hit = killed_at_random(url, tmp_path / "line", 40, seed=seed)
    check(Line(tmp_path / "line"), hit)


def test_processes_share_runs_and_never_do_one_twice(url: str, tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    victims = [Victim(url, tmp_path / "line", *order) for order in (names, names[::-1], ["b", "c", "a"])]
    outputs = [victim.hear_out() for victim in victims]
    assert [victim.process.exitcode for victim in victims] == [0, 0, 0]
    assert {word for output in outputs for word in output} <= {"ready", "held", "COMPLETE"}
    happened = Line(tmp_path / "line").read()
    assert len(happened) == len(set(happened)) == 2 * 3 * (LENGTH + 1)
