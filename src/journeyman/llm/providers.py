"""Speaks to providers over HTTP: one request, one streamed answer, each failure by its reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from journeyman.domain.errors import ModelOutage, ModelRefused
from journeyman.llm.contract import Question
from journeyman.llm.settings import ModelName, Patience, Providers
from journeyman.llm.wire.anthropic_messages import AnthropicMessages
from journeyman.llm.wire.contract import Assembly, Dialect, Reply, SentOutage
from journeyman.llm.wire.openai_chat import OpenAIChat
from journeyman.llm.wire.reported import error_of

if TYPE_CHECKING:
    import httpx

DIALECTS: dict[str, Dialect] = {
    "openai": OpenAIChat(limit_field="max_completion_tokens", strict_schema=True, tells_schema=False),
    "anthropic": AnthropicMessages(),
    "openrouter": OpenAIChat(),
    "local": OpenAIChat(),
}
LONGEST_ERROR = 65_536
"""Bytes of an error's body that are read."""


class Provider(Protocol):
    """One place that answers questions."""

    def body(self, question: Question, name: str) -> dict[str, Any]:
        """Return the request's JSON for a model of this provider."""
        ...

    async def send(self, model: ModelName, body: bytes, idempotency_key: str) -> Reply:
        """Send a request's JSON and return the whole answer. ModelOutage, ModelRefused or ModelMisbehaved."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class HttpProvider:
    """A provider that is spoken to over HTTP. Nothing is imported or opened before the first request."""

    def __init__(self, provider: str, providers: Providers, clock: Callable[[], datetime]) -> None:
        self._dialect = DIALECTS[provider]
        self._address = providers.address(provider)
        self._key = providers.keys.get(provider, "")
        self._patience = providers.patience
        self._clock = clock
        self._client: httpx.AsyncClient | None = None

    def body(self, question: Question, name: str) -> dict[str, Any]:
        """Return the request's JSON for a model of this provider."""
        return self._dialect.body(question, name)

    async def send(self, model: ModelName, body: bytes, idempotency_key: str) -> Reply:
        """Send a request's JSON and return the whole answer."""
        import httpx

        try:
            async with asyncio.timeout(self._patience.whole):
                return await self._exchange(model, body, idempotency_key)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _outage("timeout", model, "no answer in time", sent=not _unsent(error)) from None
        except httpx.TransportError as error:
            words = " ".join(str(error).split()) or type(error).__name__
            raise _outage("network", model, words, sent=not _unsent(error)) from None
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise ModelRefused(f"{model}: {self._address}: {error}", "check the provider's base URL") from None

    async def close(self) -> None:
        """Close connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _exchange(self, model: ModelName, body: bytes, idempotency_key: str) -> Reply:
        headers = {**self._dialect.headers(self._key), "Idempotency-Key": idempotency_key}
        headers |= {"Content-Type": "application/json", "Accept": "text/event-stream"}
        url = self._address + self._dialect.path()
        async with self._opened().stream("POST", url, content=body, headers=headers) as response:
            if response.status_code != 200:
                raise await self._error(response, model)
            return await _assembled(response, self._dialect.assembly(), model)

    async def _error(self, response: httpx.Response, model: ModelName) -> Exception:
        read = b""
        async for piece in response.aiter_bytes():
            read += piece
            if len(read) > LONGEST_ERROR:
                break
        return error_of(response.status_code, read, response.headers.get("retry-after"), str(model), self._clock())

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = _client(self._address, self._patience)
        return self._client


def _client(address: str, patience: Patience) -> httpx.AsyncClient:
    import httpx

    secure = address.startswith("https:")
    # Without TLS no certificates are loaded, which costs 20 ms; nor is a machine near by reached through a proxy.
    return httpx.AsyncClient(
        verify=secure,
        trust_env=secure,
        timeout=httpx.Timeout(patience.between, connect=patience.connect),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
    )


async def _assembled(response: httpx.Response, assembly: Assembly, model: ModelName) -> Reply:
    from httpx_sse import EventSource, SSEError

    try:
        async for event in EventSource(response).aiter_sse():
            if event.data:
                assembly.take(event.data)
            if assembly.ended:
                break
    except SSEError:
        kind = response.headers.get("content-type", "nothing")
        raise ModelRefused(f"{model}: the server answered {kind}, not a stream", "check the base URL") from None
    return assembly.reply()


def _outage(reason: str, model: ModelName, words: str, *, sent: bool) -> ModelOutage:
    return (SentOutage if sent else ModelOutage)(reason, f"{model}: {words}")


def _unsent(error: Exception) -> bool:
    import httpx

    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
