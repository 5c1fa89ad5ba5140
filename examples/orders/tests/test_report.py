from datetime import date

import pytest

from orders.cart import Cart
from orders.catalog import Catalog
from orders.report import best_sellers, takings

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def sold(catalog: Catalog) -> list[tuple[date, Cart]]:
    return [
        (TUESDAY, Cart(catalog, {"POT": 3})),
        (MONDAY, Cart(catalog, {"TEA": 2})),
        (MONDAY, Cart(catalog, {"CUP": 3, "TEA": 1})),
    ]


def test_takings_by_day(sold: list[tuple[date, Cart]]) -> None:
    assert takings(sold) == {MONDAY: 1190 + 2637, TUESDAY: 7200}


def test_takings_are_in_order(sold: list[tuple[date, Cart]]) -> None:
    assert list(takings(sold)) == [MONDAY, TUESDAY]


def test_best_sellers(sold: list[tuple[date, Cart]]) -> None:
    assert best_sellers(sold, 2) == [("CUP", 3), ("POT", 3)]
