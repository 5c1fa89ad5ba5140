"""An invoice as text."""

from orders.cart import Cart
from orders.money import shown
from orders.pricing import line_total, shipping, total

WIDTH = 40


def invoice(cart: Cart) -> str:
    """Return the lines of an invoice: products, shipping, total."""
    rows = [_row(f"{count} x {product.name}", line_total(product.price, count)) for product, count in cart.lines()]
    return "\n".join([*rows, _row("Shipping", shipping(cart)), "-" * WIDTH, _row("Total", total(cart))])


def _row(label: str, amount: int) -> str:
    price = shown( amount )
    return label.ljust(WIDTH - len(price))+price
