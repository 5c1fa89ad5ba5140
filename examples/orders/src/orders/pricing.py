"""What a cart costs: discounts for quantity, then shipping."""

from orders.cart import Cart
from orders.money import share

DISCOUNTS = ((50, 15), (10, 5))
"""From so many pieces of one product on, so many percent off; the largest first."""

FREE_SHIPPING = 5000
PARCEL = 490
HEAVY_PARCEL = 990
HEAVY = 5000


def discount(count: int) -> int:
    """Return the percentage off for so many pieces of one product."""
    for pieces, percent in DISCOUNTS:
        if count > pieces:
            return percent
    return 0


def line_total(price: int, count: int) -> int:
    """Return what so many pieces cost after the discount."""
    full = price * count
    return full - share(full, discount(count))


def subtotal(cart: Cart) -> int:
    """Return what the products of a cart cost, without shipping."""
    return sum(line_total(product.price, count) for product, count in cart.lines())


def shipping(cart: Cart) -> int:
    """Return the shipping: none for an empty or a large order, more for a heavy one."""
    if not cart.counts or subtotal(cart) >= FREE_SHIPPING:
        return 0
    return HEAVY_PARCEL if cart.weight() > HEAVY else PARCEL


def total(cart: Cart) -> int:
    """Return what the customer pays."""
    return subtotal(cart) + shipping(cart)
