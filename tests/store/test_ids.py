from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from journeyman.store.ids import uuid7

TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))


@given(TIMES, TIMES, st.integers(0, 2**74 - 1), st.integers(0, 2**74 - 1))
def test_ids_sort_by_time_and_hold_all_chance(first: datetime, second: datetime, one: int, two: int) -> None:
    ids = [uuid7(first, one), uuid7(second, two)]
    milliseconds = [int(at.timestamp() * 1000) for at in (first, second)]
    if milliseconds[0] != milliseconds[1]:
        assert (ids[0] < ids[1]) == (milliseconds[0] < milliseconds[1])
    else:
        assert (ids[0] == ids[1]) == (one == two)
    assert UUID(ids[0]).version == 7
    assert UUID(ids[0]).variant == "specified in RFC 4122"
