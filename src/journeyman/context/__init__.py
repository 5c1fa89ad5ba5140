"""Owns what a model is shown: how much fits, and what is left out first; refuses to ask one."""

from journeyman.context.contract import Pack, Part, Piece, tokens_in
from journeyman.context.packing import Packing, cut_middle, pack, tokens_at_most

__all__ = ["Pack", "Packing", "Part", "Piece", "cut_middle", "pack", "tokens_at_most", "tokens_in"]
