import pytest

from orders.money import cents, share, shown


@pytest.mark.parametrize(
    ("text", "amount"), [("12.50", 1250), ("0.005", 1), ("3", 300), ("-1.20", -120)]
)
def test_cents(text: str, amount: int) -> None:
    assert cents(text) == amount


def test_share_rounds_halves_up() -> None:
    assert share(50, 5) == 3


def test_share_of_nothing() -> None:
    assert share(0, 15) == 0


@pytest.mark.parametrize(("amount", "text"), [(123450, "1,234.50"), (5, "0.05"), (-250, "-2.50")])
def test_shown(amount: int, text: str) -> None:
    assert shown(amount) == text
