import pytest

from orders.cart import Cart


def test_adding_twice_counts_up(cart: Cart) -> None:
    cart.add("TEA")
    cart.add("TEA", 2)
    assert cart.counts == {"TEA": 3}


def test_adding_nothing_is_refused(cart: Cart) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        cart.add("TEA", 0)


def test_remove(cart: Cart) -> None:
    cart.add("TEA")
    cart.remove("TEA")
    cart.remove("CUP")
    assert cart.lines() == []


def test_weight(cart: Cart) -> None:
    cart.add("TEA", 2)
    cart.add("POT")
    assert cart.weight() == 1400
