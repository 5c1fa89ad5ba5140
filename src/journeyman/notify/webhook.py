"""Notifications by HTTP, signed so that the receiver knows they are ours."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from journeyman.domain.errors import BadSettings, Outage
from journeyman.domain.runs import Notification
from journeyman.notify.contract import delivery_id

if TYPE_CHECKING:
    import httpx

SIGNATURE = "X-Journeyman-Signature-256"
DELIVERY = "X-Journeyman-Delivery"


def signature(secret: str, body: bytes) -> str:
    """Return the header's value for a body: a receiver computes it again over the raw bytes, and compares."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class SignedWebhook:
    """Fits `Channel`. Redirects are not followed: the signed body goes to the configured address alone.

    BadSettings if the address is not one of http or https.
    """

    def __init__(self, url: str, secret: str, *, timeout_seconds: float = 10.0) -> None:
        self._url = url
        self._host = _host(url)
        self._secret = secret
        self._timeout_seconds = timeout_seconds
        self._client: httpx.AsyncClient | None = None

    async def send(self, notification: Notification) -> None:
        """Deliver; Outage if the receiver did not answer with a success."""
        # Imported here alone: most processes send nothing, and it costs a quarter of a second.
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._timeout_seconds, trust_env=False)
        body = msgspec.json.encode(notification)
        headers = {"Content-Type": "application/json", SIGNATURE: signature(self._secret, body)}
        headers[DELIVERY] = delivery_id(notification)
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise self._outage(type(error).__name__) from error
        if not answer.is_success:
            raise self._outage(f"status {answer.status_code}")

    async def close(self) -> None:
        """Close connections."""
        if self._client is not None:
            await self._client.aclose()

    def _outage(self, reason: str) -> Outage:
        # An address may hold a key in its path or query, so the host alone is named.
        return Outage(f"the webhook at {self._host} did not take it: {reason}", "it is sent again")


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") and parts.port != 0 else None
    except ValueError:
        host = None
    if host is None:
        raise BadSettings("the webhook's address is not a URL", "use https://HOST/PATH")
    return host
