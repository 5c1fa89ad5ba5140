import pytest

from orders.cart import Cart
from orders.stock import OutOfStock, Stock


def test_reserve(cart: Cart) -> None:
    stock = Stock()
    stock.receive("TEA", 5)
    cart.add("TEA", 5)
    stock.reserve(cart)
    assert stock.pieces["TEA"] == 0


def test_reserve_is_all_or_nothing(cart: Cart) -> None:
    stock = Stock()
    stock.receive("TEA", 5)
    cart.add("TEA", 2)
    cart.add("POT")
    with pytest.raises(OutOfStock, match="POT"):
        stock.reserve(cart)
    assert stock.pieces["TEA"] == 5
