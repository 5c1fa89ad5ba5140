"""Owns git: clones, trees, commits, pushes and how credentials travel; refuses to know what a change is for."""

from journeyman.git.contract import Author, Checkout, Checkouts, Head, Repositories, Workspace

__all__ = ["Author", "Checkout", "Checkouts", "Head", "Repositories", "Workspace"]
