from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.errors import ModelOutage, ModelRefused
from journeyman.llm.wire.reported import error_of, seconds_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def error(status: int, body: bytes = b"", retry_after: str | None = None):
    return error_of(status, body, retry_after, "openai:gpt-5", NOW)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (429, "rate_limit"),
        (503, "overload"),
        (529, "overload"),
        (500, "server"),
        (502, "server"),
        (504, "timeout"),
        (408, "timeout"),
        (409, "server"),
    ],
)
def test_what_may_pass_is_an_outage_with_its_reason(status: int, reason: str) -> None:
    outage = error(status, b'{"error": {"message": "slow down"}}', "7")
    assert isinstance(outage, ModelOutage)
    assert (outage.reason, outage.retry_after, outage.message) == (reason, 7.0, "openai:gpt-5: slow down")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_a_person_must_mend_is_refused_with_advice(status: int) -> None:
    refused = error(status, b'{"error": "nope"}')
    assert isinstance(refused, ModelRefused)
    assert "nope" in refused.message
    assert refused.advice


def test_used_up_credit_is_no_rate_limit() -> None:
    body = b'{"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}'
    assert isinstance(error(429, body), ModelRefused)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0.25", 0.25),
        ("-5", 0.0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header, NOW) == seconds


@given(st.integers(300, 599), st.binary(max_size=50), st.none() | st.text(max_size=30))
def test_every_answer_has_one_line(status: int, body: bytes, retry_after: str | None) -> None:
    found = error(status, body, retry_after)
    assert isinstance(found, ModelOutage | ModelRefused)
    assert "\n" not in found.message
