"""What a provider's own words about an error mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from journeyman.domain.errors import JourneymanError, ModelOutage, ModelRefused
from journeyman.llm.wire.contract import SentOutage, part, text_of

OVERLOAD = (503, 529)
TRY_AGAIN = (408, 409, 425)
USED_UP = ("insufficient_quota", "billing_error", "credit balance")
KINDS = {"overloaded_error": 529, "rate_limit_error": 429, "rate_limit_exceeded": 429, "timeout_error": 504}


def outage_of(error: Mapping[str, Any]) -> SentOutage:
    """Return the outage that an error inside a stream reports."""
    code = error.get("code")
    status = code if isinstance(code, int) else KINDS.get(text_of(error.get("type")) or text_of(code), 500)
    return SentOutage(reason_of(status), f"the provider broke off: {_words(error)}")


def error_of(status: int, body: bytes, retry_after: str | None, model: str, now: datetime) -> JourneymanError:
    """Return the error for an answer that is not 200. `model` is the full name, for the message."""
    error = _error_part(body)
    words = _words(error) or f"HTTP {status}"
    if status in (401, 403):
        return ModelRefused(f"{model}: the key was not accepted ({words})", "check the provider's API key")
    if status == 404:
        return ModelRefused(f"{model}: not known to the provider ({words})", "check the name, and the base URL")
    if status == 402 or any(mark in f"{error} {words}" for mark in USED_UP):
        return ModelRefused(f"{model}: no credit left ({words})", "top up the account, or name another model")
    if status == 429 or status >= 500 or status in TRY_AGAIN:
        return ModelOutage(reason_of(status), f"{model}: {words}", seconds_of(retry_after, now))
    return ModelRefused(f"{model}: the provider refused the request ({words})", "check the model's name and limits")


def reason_of(status: int) -> str:
    """Return the reason of an outage for an HTTP status."""
    if status == 429:
        return "rate_limit"
    return "overload" if status in OVERLOAD else "timeout" if status in (408, 504) else "server"


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """Return a Retry-After header in seconds from now; None if there is none that can be read."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after)) if float(retry_after) < float("inf") else None
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


def _error_part(body: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    error = part(document).get("error")
    return error if isinstance(error, dict) else {"message": text_of(error) or text_of(part(document).get("message"))}


def _words(error: Mapping[str, Any]) -> str:
    return " ".join((text_of(error.get("message")) or text_of(error.get("type"))).split())[:300]
