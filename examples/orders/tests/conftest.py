import pytest

from orders.cart import Cart
from orders.catalog import Catalog, Product


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(
        [
            Product("TEA", "Green tea", 350, 100),
            Product("POT", "Tea pot", 2400, 1200),
            Product("CUP", "Cup", 599, 250),
        ]
    )


@pytest.fixture
def cart(catalog: Catalog) -> Cart:
    return Cart(catalog)
