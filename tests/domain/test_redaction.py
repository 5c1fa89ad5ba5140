"""No spelling of a secret gets through."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journeyman.domain.redaction import MARK, Redactor

TOKEN = 'ghp_X9+/k"Zr&7 äQ\\w-2m?Lp=='
KEY = "-----BEGIN KEY-----\n" + "\n".join(f"{i:02}" + "aB3dE5gH7jK9" * 5 for i in range(25)) + "\n-----END KEY-----\n"

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: secret,
    "reversed": lambda secret: secret[::-1],
    "url": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    "json": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
}


@pytest.mark.parametrize("secret", [TOKEN, "simple-token-123456", "abcdef"])
@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=list(SPELLINGS))
def test_common_spellings(spell: Callable[[str], str], secret: str) -> None:
    text = f"https://user:{spell(secret)}@example.org"
    assert Redactor([secret]).text(text) == f"https://user:{MARK}@example.org"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "\nmore"])
def test_base64_at_every_alignment(encode: Callable[[bytes], bytes], before: str, after: str) -> None:
    whole = encode(f"{before}{TOKEN}{after}".encode()).decode()
    cleaned = Redactor([TOKEN]).text(whole)
    assert MARK in cleaned
    # What stays is around the secret: of itself at most the bits that share a character with a neighbour.
    stayed = len(cleaned) - len(MARK)
    assert stayed <= len(encode(before.encode())) + len(encode(after.encode())) + 3


def test_a_key_of_many_lines() -> None:
    redactor = Redactor([KEY])
    lines = KEY.splitlines()
    assert redactor.text(f"key: {KEY}!") == f"key: {MARK}!"
    assert redactor.text(KEY.replace("\n", "\r\n")).count(MARK) == len([line for line in lines if len(line) >= 20])
    assert redactor.text("    " + "\n    ".join(lines[1:4])) == f"    {MARK}\n    {MARK}\n    {MARK}"
    assert lines[5] not in redactor.text(json.dumps({"key": KEY}))


def test_white_space_around_a_secret_does_not_hide_it() -> None:
    assert Redactor(["token-123456\n"]).text("it is token-123456.") == f"it is {MARK}."


def test_short_secrets_and_none_at_all_change_nothing() -> None:
    assert Redactor(["abc", ""]).text("abcabc") == "abcabc"
    assert Redactor([]).text("anything") == "anything"


texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=60)
secrets = some.text(some.characters(exclude_categories=["Cs"]), min_size=6, max_size=30)


@given(some.lists(secrets, min_size=1, max_size=4), some.lists(texts, min_size=2, max_size=5))
def test_no_secret_stays_in_any_text(known: list[str], parts: list[str]) -> None:
    text = known[0].join(parts)
    cleaned = Redactor(known).text(text)
    for secret in known:
        if not any(secret[i:] and MARK.startswith(secret[i:]) for i in range(len(secret))) and secret not in MARK:
            assert secret not in cleaned


def test_speed_with_a_key_and_tokens() -> None:
    redactor = Redactor([KEY, *(f"token-{i}-0123456789abcdef" for i in range(5))])
    text = "    return self.connection.execute(statement)  # an ordinary line of code\n" * 30_000
    seconds = min(_seconds(redactor, text) for _ in range(3))
    print(f"redaction of a key and five tokens: {len(text) / 1e6 / seconds:.0f} MB/s")
    assert len(text) / 1e6 / seconds > 5


def _seconds(redactor: Redactor, text: str) -> float:
    began = time.perf_counter()
    assert redactor.text(text) == text
    return time.perf_counter() - began
