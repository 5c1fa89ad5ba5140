import pytest

from orders.catalog import Catalog


def test_find(catalog: Catalog) -> None:
    assert catalog.find("POT").price == 2400


def test_find_names_what_is_unknown(catalog: Catalog) -> None:
    with pytest.raises(KeyError, match="no product HAT"):
        catalog.find("HAT")


def test_search_is_sorted_by_price(catalog: Catalog) -> None:
    assert [product.code for product in catalog.search("tea")] == ["TEA", "POT"]
