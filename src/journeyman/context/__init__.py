"""Owns what a model is shown: how much fits, and what is left out first; refuses to ask one."""

from journeyman.context.packing import Packing, cut_middle, pack, tokens_at_most

__all__ = ["Packing", "cut_middle", "pack", "tokens_at_most"]
