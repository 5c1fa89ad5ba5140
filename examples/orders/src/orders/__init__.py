"""Carts, prices, stock and invoices of a small shop."""
