"""Speaks to providers over HTTP: one request, one streamed answer, each failure by its reason."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from threading import Thread
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
LINGER = 1.0
"""Seconds that a server has to end a stream after its last event."""

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
        self._dialect = DIALECTS[provider].remembering()
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
        _import_without_command_line()
        import httpx

        try:
            async with asyncio.timeout(self._patience.whole):
                return await self._exchange(model, body, idempotency_key)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _outage("timeout", model, "no answer in time", sent=not _unsent(error)) from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError):
            raise ModelRefused(f"{model}: its base URL or key cannot be used", "check both") from None
        except httpx.TransportError as error:
            words = " ".join(str(error).split()) or type(error).__name__
            raise _outage("network", model, words, sent=not _unsent(error)) from None
        except httpx.DecodingError:
            raise _outage("network", model, "the answer's compression is broken", sent=True) from None

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


def import_ahead() -> None:
    """Import what speaks HTTP in a thread of its own: it takes 0.1 s, in which a run waits for git anyhow."""
    if "httpx" not in sys.modules:
        Thread(target=_import_without_command_line, name="importing", daemon=True).start()


def _import_without_command_line() -> None:
    """Import httpx without its own command line, which brings rich and pygments: a third of the time, and 6 MB."""
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
        importlib.import_module("httpx")
        del sys.modules["httpx._main"]


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

    events = EventSource(response).aiter_sse()
    try:
        async for event in events:
            if event.data:
                assembly.take(event.data)
            if assembly.ended:
                await _read_out(events)
    except SSEError:
        kind = response.headers.get("content-type", "nothing")
        raise ModelRefused(f"{model}: the server answered {kind}, not a stream", "check the base URL") from None
    return assembly.reply()


async def _read_out(events: AsyncGenerator[object, None]) -> None:
    """Read what comes after the last event, so that the connection can be used again. The answer is whole already."""
    import httpx

    try:
        async with asyncio.timeout(LINGER):
            async for _ in events:
                pass
    except (TimeoutError, httpx.TransportError):
        return


def _outage(reason: str, model: ModelName, words: str, *, sent: bool) -> ModelOutage:
    return (SentOutage if sent else ModelOutage)(reason, f"{model}: {words}")


def _unsent(error: Exception) -> bool:
    import httpx

    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
