"""What the room is told: keys, addresses, prices and patience, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from journeyman.domain.errors import ModelRefused

ADDRESSES = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "openrouter": "https://openrouter.ai/api/v1",
}
"""Where providers live unless the settings say otherwise."""

PROVIDERS = ("openai", "anthropic", "openrouter", "local", "scripted")


class Price(msgspec.Struct, frozen=True):
    """Dollars for a million tokens. A cache price of None is the input price."""

    input_per_million: float
    output_per_million: float
    cache_read_per_million: float | None = None
    cache_write_per_million: float | None = None


class Patience(msgspec.Struct, frozen=True):
    """Seconds until a request counts as lost: to connect, between two pieces of an answer, in all.

    Giving up early is dear: what was sent is charged in full, and asked again.
    """

    connect: float = 10.0
    between: float = 900.0
    whole: float = 3600.0


class Providers(msgspec.Struct, frozen=True):
    """How to reach providers and what they cost; keys of the mappings are provider names or `provider:name`.

    `price_cache` is a file to keep looked-up prices in (None: look up each time).
    """

    keys: Mapping[str, str] = {}
    addresses: Mapping[str, str] = {}
    prices: Mapping[str, Price] = {}
    windows: Mapping[str, int] = {}
    patience: Patience = Patience()
    price_cache: Path | None = None

    def __repr__(self) -> str:
        return f"Providers(keys of {', '.join(sorted(self.keys)) or 'none'}, …)"

    def address(self, provider: str) -> str:
        """Return where a provider is spoken to, without a slash at the end; "" if nowhere."""
        address = (self.addresses.get(provider) or ADDRESSES.get(provider, "")).rstrip("/")
        # Its clients add the version themselves; people who know the other providers write it too.
        return address.removesuffix("/v1") if provider == "anthropic" else address

    def check(self, model: ModelName) -> None:
        """Raise ModelRefused if the address or the key of a model's provider is missing or cannot be one."""
        provider, address = model.provider, self.address(model.provider)
        if not address:
            raise ModelRefused(f"{model}: no address of a local server", "set JOURNEYMAN_LOCAL_URL to its base URL")
        if not address.startswith(("http://", "https://")) or not _plain(address):
            raise ModelRefused(f"{model}: the base URL of {provider} is no http or https URL", "mend the setting")
        key, variable = self.keys.get(provider, ""), f"{provider.upper()}_API_KEY"
        if not key and provider != "local":
            raise ModelRefused(f"{model}: no key for {provider}", f"set {variable}")
        if not _plain(key):
            raise ModelRefused(f"{model}: the key holds characters that no key has", f"set {variable} again")


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


class ModelName(msgspec.Struct, frozen=True):
    """A model's name in its two parts."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


def model_name(text: str) -> ModelName:
    """Return the parts of `provider:name`. ModelRefused for an unknown provider or an empty name."""
    provider, _, name = text.partition(":")
    if provider not in PROVIDERS or not name.strip():
        known = ", ".join(f"{provider}:NAME" for provider in PROVIDERS)
        raise ModelRefused(f"unknown model '{text}'", f"name one of {known}, or none")
    return ModelName(provider, name)
