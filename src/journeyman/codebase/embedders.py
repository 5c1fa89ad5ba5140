"""What turns texts into vectors: an endpoint, or a function of an installed package. Both fit `Embedder`."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Sequence

import msgspec

from journeyman.domain.errors import BadSettings, ModelOutage

AT_ONCE = 32
SECONDS = 30.0


class _Data(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Answer(msgspec.Struct):
    data: list[_Data]


class HttpEmbedder:
    """Asks an endpoint that speaks OpenAI's protocol for embeddings. `url` ends before `/embeddings`."""

    def __init__(self, url: str, model: str, key: str) -> None:
        self.name = f"{url.rstrip('/')} {model}"
        self._url, self._model, self._key = url.rstrip("/"), model, key

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vector of each text."""
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        found: list[list[float]] = []
        try:
            async with httpx.AsyncClient(timeout=SECONDS, headers=headers) as web:
                for at in range(0, len(texts), AT_ONCE):
                    asked = {"model": self._model, "input": list(texts[at : at + AT_ONCE])}
                    async with asyncio.timeout(SECONDS):  # of httpx, an answer that drips in may take for ever
                        answer = await web.post(f"{self._url}/embeddings", json=asked)
                    answer.raise_for_status()
                    data = msgspec.json.decode(answer.content, type=_Answer).data
                    found += [each.embedding for each in sorted(data, key=lambda each: each.index)]
        except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError, TimeoutError) as error:
            why = str(error)[:200] or f"no answer in {SECONDS:.0f} s"
            raise ModelOutage("network", f"the embedder gives no vectors: {why}") from None
        return found


class PackagedEmbedder:
    """Calls a function of an installed package, `module:function`: from a list of texts to a list of vectors."""

    def __init__(self, named: str) -> None:
        self.name = named
        module, _, attribute = named.partition(":")
        try:
            self._function = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            raise BadSettings(f"embedder: {named}: {error}", "install the package, or name module:function") from None

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vector of each text."""
        try:
            found = self._function(list(texts))
            found = await found if inspect.isawaitable(found) else found
            return [[float(number) for number in vector] for vector in found]
        except Exception as error:  # it is not our code
            raise ModelOutage("server", f"the embedder {self.name} failed: {type(error).__name__}: {error}") from None
