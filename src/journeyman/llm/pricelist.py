"""Looks up what a model costs and can take in: the settings first, then the table of genai-prices.

That package is slow to import, so what was found is kept in a small file, for the package's version.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from journeyman.llm.accounting import FREE, Rate, Rates
from journeyman.llm.settings import ModelName, Price, Providers, model_name

DEFAULT_WINDOW = 128_000
LOCAL_WINDOW = 32_768

CACHE_WRITE_SHARE = 1.25
"""The price of a prompt token that Anthropic writes to its cache for five minutes, as a part of the plain price."""


class Listed(msgspec.Struct, frozen=True):
    """What the table says of a model; None where it says nothing."""

    rates: Rates | None = None
    window: int | None = None


class _Kept(msgspec.Struct):
    version: str = ""
    models: dict[str, Listed] = {}


class PriceList:
    """Prices and windows by model name."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers
        self._kept: _Kept | None = None

    def rates(self, model: str) -> Rates | None:
        """Return a model's prices; None if they are not known."""
        override = self._providers.prices.get(model)
        name = model_name(model)
        if override is not None:
            return Rates((Rate(_with_cache_writes(override, name)),))
        return FREE if _is_free(name) else self._listed(name).rates

    def window(self, model: str) -> int:
        """Return the tokens a model can take in."""
        override = self._providers.windows.get(model)
        if override is not None:
            return override
        name = model_name(model)
        if _is_free(name):
            return LOCAL_WINDOW if name.provider == "local" else DEFAULT_WINDOW
        return self._listed(name).window or DEFAULT_WINDOW

    def _listed(self, name: ModelName) -> Listed:
        kept = self._kept = self._kept or self._read()
        if str(name) not in kept.models:
            kept.models[str(name)] = looked_up(name)
            self._write(kept)
        return kept.models[str(name)]

    def _read(self) -> _Kept:
        from importlib.metadata import version as version_of

        version = version_of("genai-prices")
        try:
            text = self._providers.price_cache.read_bytes() if self._providers.price_cache else b"{}"
            kept = msgspec.json.decode(text, type=_Kept)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            kept = _Kept()
        return kept if kept.version == version else _Kept(version)

    def _write(self, kept: _Kept) -> None:
        """Keep what was found; where that is not possible, the next process looks it up again."""
        path = self._providers.price_cache
        if path is None:
            return
        try:
            _replace(path, msgspec.json.encode(kept))
        except OSError:
            return


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)


def _with_cache_writes(price: Price, name: ModelName) -> Price:
    """Return a price of the settings; where that is silent, writing to Anthropic's cache costs more than input."""
    if name.provider != "anthropic" or price.cache_write_per_million is not None:
        return price
    return msgspec.structs.replace(price, cache_write_per_million=price.input_per_million * CACHE_WRITE_SHARE)


def _is_free(name: ModelName) -> bool:
    return name.provider in ("local", "scripted")


def looked_up(name: ModelName) -> Listed:
    """Return what genai-prices knows of a model; costs a third of a second the first time."""
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(input_tokens=1), name.name, provider_id=name.provider)
    except LookupError:
        return Listed()
    return Listed(_rates(vars(found.model_price)), found.model.context_window)


def _rates(prices: Mapping[str, Any]) -> Rates | None:
    """Return the prices by threshold: the package names one price, or a base and tiers, for each kind of token."""
    if prices.get("input_mtok") is None or prices.get("output_mtok") is None:
        return None
    starts = {0, *(tier.start for price in prices.values() for tier in getattr(price, "tiers", ()))}
    return Rates(tuple(Rate(_price(prices, start), start) for start in sorted(starts)))


def _price(prices: Mapping[str, Any], start: int) -> Price:
    def dollars(kind: str) -> float | None:
        price = prices.get(kind)
        if price is None or not hasattr(price, "tiers"):
            return None if price is None else float(price)
        fitting = [tier.price for tier in price.tiers if tier.start <= start]
        return float(fitting[-1] if fitting else price.base)

    return Price(
        dollars("input_mtok") or 0.0,
        dollars("output_mtok") or 0.0,
        dollars("cache_read_mtok"),
        dollars("cache_write_mtok"),
    )
