"""Amounts of money, as whole cents."""

from decimal import ROUND_HALF_UP, Decimal


def cents(text: str) -> int:
    """Return an amount such as "12.50" in cents, halves rounded up."""
    return int((Decimal(text) * 100).quantize(Decimal("1"), rounding=ROUND_HALF_UP))


def share(amount: int, percent: int) -> int:
    """Return a percentage of an amount, halves rounded up."""
    return int((Decimal(amount) * percent / 100).quantize(Decimal("1"), rounding=ROUND_HALF_UP))


def shown(amount: int) -> str:
    """Return an amount for people, such as "1,234.50"."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"
