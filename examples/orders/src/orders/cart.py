"""What a customer wants to buy."""

from dataclasses import dataclass, field

from orders.catalog import Catalog, Product


@dataclass
class Cart:
    """Products and how many of each."""

    catalog: Catalog
    counts: dict[str, int] = field(default_factory = dict)

    def add(self, code: str, count: int = 1) -> None:
        """Put some of a product in; an unknown one raises KeyError."""
        if count < 1:
            raise ValueError('count must be at least 1')
        self.catalog.find(code)
        self.counts[code] = self.counts.get(code, 0)+count

    def remove(self, code: str) -> None:
        """Take all of a product out."""
        self.counts.pop(code, None)

    def lines(self) -> list[tuple[Product, int]]:
        """Return the products and counts, in the order in which they were put in."""
        return [ (self.catalog.find(code), count) for code, count in self.counts.items() ]

    def weight(self) -> int:
        """Return the weight of everything in grams."""
        return sum(product.weight * count for product, count in self.lines())
