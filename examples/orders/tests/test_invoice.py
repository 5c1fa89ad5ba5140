from orders.cart import Cart
from orders.invoice import WIDTH, invoice


def test_invoice(cart: Cart) -> None:
    cart.add("TEA", 2)
    lines = invoice(cart).splitlines()
    assert lines[0].startswith("2 x Green tea")
    assert lines[0].endswith("7.00")
    assert lines[-1].endswith("11.90")


def test_lines_are_equally_wide(cart: Cart) -> None:
    cart.add("POT")
    assert {len(line) for line in invoice(cart).splitlines()} == {WIDTH}
