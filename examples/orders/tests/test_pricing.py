import pytest

from orders.cart import Cart
from orders.catalog import Catalog, Product
from orders.pricing import discount, line_total, shipping, subtotal, total


@pytest.mark.parametrize(
    ("count", "percent"), [(1, 0), (9, 0), (10, 5), (49, 5), (50, 15), (200, 15)]
)
def test_discount(count: int, percent: int) -> None:
    assert discount(count) == percent


def test_line_total_without_discount() -> None:
    assert line_total(350, 3) == 1050


def test_line_total_with_discount() -> None:
    assert line_total(350, 20) == 6650


def test_small_order_pays_shipping(cart: Cart) -> None:
    cart.add("TEA")
    assert shipping(cart) == 490


def test_heavy_order_pays_more(cart: Cart) -> None:
    cart.add("CUP", 8)
    assert subtotal(cart) == 4792
    assert shipping(cart) == 490
    cart.catalog = Catalog([Product("CUP", "Iron cup", 599, 900)])
    assert shipping(cart) == 990


def test_large_order_ships_free(cart: Cart) -> None:
    cart.add("POT", 3)
    assert total(cart) == 7200


def test_empty_cart_costs_nothing(cart: Cart) -> None:
    assert total(cart) == 0
