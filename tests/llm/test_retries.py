from __future__ import annotations

import pytest

from journeyman.domain.errors import ModelMisbehaved, ModelOutage
from journeyman.llm.retries import BACK_OFFS, LONGEST_RETRY_AFTER, Breakers, wait_before_next
from tests.llm.talk import JumpingTime


def waits(failure: ModelOutage | ModelMisbehaved, chance: float = 0.0) -> list[float]:
    found = []
    while (wait := wait_before_next(failure, len(found) + 1, chance)) is not None:
        found.append(wait)
    return found


def test_each_reason_has_its_own_back_off() -> None:
    assert waits(ModelOutage("rate_limit", "")) == [2, 4, 8, 16, 32, 60, 60]
    assert waits(ModelOutage("network", "")) == [0.5, 1, 2, 4, 8]
    assert waits(ModelOutage("timeout", "")) == [1, 2]
    assert waits(ModelMisbehaved("")) == [0.5, 1]
    assert waits(ModelOutage("something new", "")) == waits(ModelOutage("server", ""))


def test_jitter_takes_up_to_half_off() -> None:
    plain, early = waits(ModelOutage("overload", "")), waits(ModelOutage("overload", ""), chance=1.0)
    assert early == [wait / 2 for wait in plain]


def test_a_named_pause_is_respected_and_never_shortened() -> None:
    for chance in (0.0, 0.5, 1.0):
        assert all(wait >= 9 for wait in waits(ModelOutage("rate_limit", "", 9.0), chance))
    assert len(waits(ModelOutage("rate_limit", "", 9.0))) == BACK_OFFS["rate_limit"].tries - 1


def test_a_pause_that_is_too_long_is_not_waited_for() -> None:
    assert waits(ModelOutage("rate_limit", "", LONGEST_RETRY_AFTER + 1)) == []


def test_a_circuit_opens_after_failures_in_a_row_and_lets_one_try_later() -> None:
    time = JumpingTime()
    breakers = Breakers(time, limit=3, pause=30)
    for _ in range(2):
        breakers.failed("openai")
    assert breakers.pause_left("openai") == 0
    breakers.failed("openai")
    assert breakers.pause_left("openai") == 30
    assert breakers.pause_left("anthropic") == 0
    time.now = time.now.replace(second=29)
    assert breakers.pause_left("openai") == 1
    time.now = time.now.replace(second=30)
    assert breakers.pause_left("openai") == 0
    assert breakers.pause_left("openai") == pytest.approx(30), "only one may try"
    breakers.succeeded("openai")
    assert breakers.pause_left("openai") == 0


def test_a_success_forgets_the_failures_before_it() -> None:
    breakers = Breakers(JumpingTime(), limit=2)
    for _ in range(5):
        breakers.failed("openai")
        breakers.succeeded("openai")
    assert breakers.pause_left("openai") == 0
