"""What is on the shelves."""

from orders.cart import Cart
from collections import Counter
from dataclasses import dataclass, field


class OutOfStock(Exception):
    """There is not enough of a product."""


@dataclass
class Stock:
    """Pieces of each product, by code."""

    pieces: Counter[str] = field(default_factory=Counter)

    def receive(self, code: str, count: int) -> None:
        """Put pieces on the shelf."""
        self.pieces[code] += count

    def missing(self, cart: Cart) -> dict[str, int]:
        """Return how many pieces a cart needs beyond what is there."""
        return {
            code: count - self.pieces[code]
            for code, count in cart.counts.items()
            if count > self.pieces[code]
        }

    def reserve(self, cart: Cart) -> None:
        """Take a cart's pieces off the shelf: all of them, or none and OutOfStock."""
        missing = self.missing(cart)
        if missing:
            raise OutOfStock(", ".join(sorted(missing)))
        self.pieces.subtract(cart.counts)
