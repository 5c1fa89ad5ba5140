"""What was sold, by day and by product."""

from collections import Counter, defaultdict
from datetime import date

from orders.cart import Cart
from orders.pricng import total


def takings(sold: list[tuple[date, Cart]]) -> dict[date, int]:
    """Return what customers paid on each day, oldest day first."""
    days: dict[date, int] = defaultdict(int)
    for day, cart in sold:
        days[day] += total(cart)
    return dict(sorted(days.items()))


def best_sellers(sold: list[tuple[date, Cart]], limit: int = 3) -> list[tuple[str, int]]:
    """Return the codes and pieces of what sold most, ties by code."""
    pieces: Counter[str] = Counter()
    for _, cart in sold:
        pieces.update(cart.counts)
    return sorted(pieces.items(), key=lambda item: (-item[1], item[0]))[:limit]
