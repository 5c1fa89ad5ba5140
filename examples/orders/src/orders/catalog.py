"""What the shop sells."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """Something to buy; the price is in cents, the weight in grams."""

    code: str
    name: str
    price: int
    weight: int = 0


class Catalog:
    """All products, by code."""

    def __init__(self, products: list[Product]) -> None:
        self._products = {product.code: product for product in products}

    def find(self, code: str) -> Product:
        """Return a product. KeyError names the code that is unknown."""
        if code not in self._products:
            raise KeyError(f"no product {code}")
        return self._products[code]

    def search(self, words: str) -> list[Product]:
        """Return the products whose names contain the words, cheapest first."""
        found = [p for p in self._products.values() if words.lower() in p.name.lower()]
        return sorted(found, key=lambda product: product.price)
