"""What a reservation books."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import Role
from journeyman.domain.exchanges import Reservation
from journeyman.domain.spending import DOLLAR, held_for, units


def reservation(usd: float) -> Reservation:
    return Reservation("run", "key", Role.CODER, "m", 1, 1, usd, "hash", price_known=True)


def test_a_reservation_books_what_its_digits_say() -> None:
    exact = [n * DOLLAR // 1000 for n in range(1000)]
    assert [held_for(reservation(n / 1000)).held_cost for n in range(1000)] == exact
    assert [math.ceil(n / 1000 * DOLLAR) for n in range(1000)] != exact


@given(st.floats(0, 1000))
def test_a_call_that_costs_its_worst_case_never_costs_more_than_was_booked(usd: float) -> None:
    assert units(usd) <= held_for(reservation(usd)).held_cost <= units(usd) + 1
