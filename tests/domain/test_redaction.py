"""No spelling of a secret gets through, and what is no secret stays."""

from __future__ import annotations

import base64
import codecs
import gzip
import html
import json
import time
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journeyman.domain.redaction import FRAGMENT, MARK, Redactor, is_weak

TOKEN = 'ghp_X9+/k"Zr&7 äQ\\w-2m?Lp=='
PLAIN = "sk-proj-Zq83LmVt0xWcYb71"
KEY = "-----BEGIN KEY-----\n" + "\n".join(f"{i:02}" + "aB3dE5gH7jK9" * 5 for i in range(25)) + "\n-----END KEY-----\n"


def woven(secret: str, between: str, every: int = 3) -> str:
    return between.join(secret[start : start + every] for start in range(0, len(secret), every))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: secret,
    "reversed": lambda secret: secret[::-1],
    "url": lambda secret: quote(secret, safe=""),
    "url twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "form": quote_plus,
    "html": html.escape,
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    "json": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "json in ASCII": lambda secret: json.dumps(secret)[1:-1],
    "rot13": lambda secret: codecs.encode(secret, "rot13"),
}

DISGUISES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "zero-width": lambda secret: woven(secret, "\u200b", 1),
    "soft hyphens": lambda secret: woven(secret, "\u00ad"),
    "lines": lambda secret: woven(secret, "\n"),
    "lines of a diff": lambda secret: woven(secret, "\n+", 9),
    "quoted parts": lambda secret: woven(secret, '" + "', 5),
    "spaces": lambda secret: woven(secret, " ", 1),
    "hex with colons": lambda secret: woven(secret.encode().hex(), ":", 2),
    "base64 in lines": lambda secret: woven(base64.b64encode(secret.encode()).decode(), "\n", 7),
    "%XX": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "\\u": lambda secret: "".join(f"\\u{ord(character):04x}" for character in secret),
    "\\x": lambda secret: "".join(f"\\x{ord(character):02x}" for character in secret),
    "entities": lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    "colours": lambda secret: woven(secret, "\x1b[31m", 1),
    "reversed base64": lambda secret: base64.b64encode(secret[::-1].encode()).decode(),
}

PACKED: dict[str, Callable[[str], str]] = {
    "gzip": lambda secret: base64.b64encode(gzip.compress(f"it is {secret}!".encode())).decode(),
    "gzip in lines": lambda secret: base64.encodebytes(gzip.compress(f"{secret}".encode())).decode().strip(),
    "gzip url": lambda secret: base64.urlsafe_b64encode(gzip.compress(f"it is {secret}!".encode())).decode(),
    "zlib": lambda secret: base64.b64encode(zlib.compress(f"it is {secret}!".encode())).decode(),
    "gzip hex": lambda secret: gzip.compress(secret.encode()).hex(),
    "gzip HEX": lambda secret: gzip.compress(secret.encode()).hex().upper(),
}


@pytest.mark.parametrize("secret", [TOKEN, PLAIN, "simple-token-123456", "abc4ef"])
@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=list(SPELLINGS))
def test_common_spellings(spell: Callable[[str], str], secret: str) -> None:
    text = f"https://user:{spell(secret)}@example.org"
    assert Redactor([secret]).text(text) == f"https://user:{MARK}@example.org"


@pytest.mark.parametrize("secret", [PLAIN, "simple-token-123456"])
@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=list(DISGUISES))
def test_disguises(disguise: Callable[[str], str], secret: str) -> None:
    cleaned = Redactor([secret]).text(f"it is <{disguise(secret)}>.")
    assert MARK in cleaned
    # At an end of the secret a sign may stay, or the part of an encoding that depends on its neighbours.
    assert len(cleaned) <= len(f"it is <{MARK}>.") + 4


@pytest.mark.parametrize("pack", PACKED.values(), ids=list(PACKED))
def test_compressed(pack: Callable[[str], str]) -> None:
    for after in (".", " ", " 8 more words", "\nab", " abc", "=", "\nA"):
        text = f"see {pack(PLAIN)}{after}"
        cleaned = Redactor([PLAIN]).text(text)
        assert MARK in cleaned
        assert pack(PLAIN)[:24] not in cleaned
        assert Redactor([PLAIN]).text(cleaned) == cleaned
        assert Redactor(["another-secret-1234"]).text(text) == text


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "\nmore"])
@pytest.mark.parametrize("secret", [TOKEN, PLAIN, "hunter42"])
def test_base64_at_every_alignment(encode: Callable[[bytes], bytes], before: str, after: str, secret: str) -> None:
    whole = encode(f"{before}{secret}{after}".encode()).decode()
    cleaned = Redactor([secret]).text(whole)
    assert MARK in cleaned
    # What stays is around the secret: of itself at most the bits that share a character with a neighbour.
    stayed = len(cleaned) - len(MARK)
    assert stayed <= len(encode(before.encode())) + len(encode(after.encode())) + 4


def test_a_key_of_many_lines() -> None:
    redactor = Redactor([KEY])
    lines = KEY.splitlines()
    assert redactor.text(f"key: {KEY}!") == f"key: {MARK}!"
    assert redactor.text(KEY.replace("\n", "\r\n")) == f"-----BEGIN KEY-----\r\n{MARK}\r\n-----END KEY-----\r\n"
    assert redactor.text("    " + "\n    ".join(lines[1:4])) == f"    {MARK}"
    assert redactor.text(lines[5][:30]) == MARK
    assert lines[5] not in redactor.text(json.dumps({"key": KEY}))
    assert redactor.text(base64.b64encode(KEY.encode()).decode()).count(MARK) == 1
    assert redactor.text("-----BEGIN KEY-----\n…\n-----END KEY-----") == "-----BEGIN KEY-----\n…\n-----END KEY-----"


def test_a_long_piece_of_a_secret_is_a_leak_and_a_short_one_is_not() -> None:
    redactor = Redactor([PLAIN])
    bones = "".join(character for character in PLAIN if character.isalnum())
    assert redactor.text(f"<{bones[:FRAGMENT]}>") == f"<{MARK}>"
    assert redactor.text(f"<{bones[-FRAGMENT:]}>") == f"<{MARK}>"
    assert redactor.text(f"<{PLAIN[:8]}>") == f"<{PLAIN[:8]}>"
    halves = f"first = '{PLAIN[: len(PLAIN) // 2]}', second = '{PLAIN[len(PLAIN) // 2 :]}'"
    assert redactor.text(halves) == halves, "not promised: pieces with words between them"


def test_white_space_around_a_secret_does_not_hide_it() -> None:
    assert Redactor(["token-123456\n"]).text("it is token-123456.") == f"it is {MARK}."


@pytest.mark.parametrize("secret", ["test", "password", "postgres", "ADMIN", "Secret", "abc", "12345", "00000000"])
def test_a_weak_secret_is_taken_out_only_where_it_is_one(secret: str) -> None:
    assert is_weak(secret)
    redactor = Redactor([secret])
    text = f"def {secret}(mode={secret}): return {secret!r}  # {secret}, {secret}s and {secret}"
    assert redactor.text(text) == text
    assert redactor.text(f"postgresql://ada:{secret}@db/x") == f"postgresql://ada:{MARK}@db/x"
    assert redactor.text(f'{{"password": "{secret}"}}') == f'{{"password": "{MARK}"}}'
    assert redactor.text(f"PGPASSWORD={secret} psql") == f"PGPASSWORD={MARK} psql"


@pytest.mark.parametrize("secret", ["hunter2", "s3cret!", "correcthorsebatterystaple", "Tr0ub4dor&3", "gT7kPq"])
def test_other_short_secrets_are_taken_out_everywhere(secret: str) -> None:
    assert not is_weak(secret)
    assert Redactor([secret]).text(f"x{secret}y") == f"x{MARK}y"


def test_nothing_known_changes_nothing() -> None:
    for redactor in (Redactor([]), Redactor(["", " \n"])):
        assert redactor.text("password=anything H4sIAAAAAAAAAAAAAAAAAAAAAAAA") == (
            "password=anything H4sIAAAAAAAAAAAAAAAAAAAAAAAA"
        )


def test_values_keep_their_shape_and_json_stays_json() -> None:
    redactor = Redactor([PLAIN])
    value = {"a": [PLAIN, 1, None], PLAIN: {"b": f"<{PLAIN}>"}}
    clean = {"a": [MARK, 1, None], MARK: {"b": f"<{MARK}>"}}
    assert redactor.value(value) == clean
    assert json.loads(redactor.json(json.dumps(value))) == clean
    escaped = '{"a": "' + "".join(f"\\u{ord(character):04x}" for character in PLAIN) + '"}'
    assert json.loads(redactor.json(escaped)) == {"a": MARK}
    parts = {"a": PLAIN[:12], "b": PLAIN[12:]}
    assert json.loads(redactor.json(json.dumps(parts))) == parts
    assert redactor.json('{"a": "' + PLAIN) == '{"a": "' + MARK
    assert redactor.json('{"a" : 1}') == '{"a" : 1}'


texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=60)
secrets = some.text(some.characters(exclude_categories=["Cs"]), min_size=6, max_size=30)


@given(some.lists(secrets, min_size=1, max_size=4), some.lists(texts, min_size=2, max_size=5))
def test_no_secret_stays_in_any_text(known: list[str], parts: list[str]) -> None:
    text = known[0].join(parts)
    cleaned = Redactor(known).text(text)
    for secret in known:
        hidden = any(secret[i:] and MARK.startswith(secret[i:]) for i in range(len(secret))) or secret in MARK
        if secret.strip() and not is_weak(secret.strip()) and not hidden and not secret.startswith("]"):
            assert secret not in cleaned


words = some.text(some.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), min_size=20)


@given(words, some.data())
def test_a_disguised_secret_is_found_wherever_it_stands(secret: str, data: some.DataObject) -> None:
    between = data.draw(some.lists(some.sampled_from(["", " ", "\n", "-", "\u200b", '"+"']), min_size=len(secret)))
    disguised = "".join(character + sign for character, sign in zip(secret, between, strict=False))
    before, after = data.draw(texts), data.draw(texts)
    assert is_weak(secret) or Redactor([secret]).finds(f"{before}{disguised.swapcase()}{after}")


@given(texts, some.lists(secrets, max_size=3))
def test_cleaning_twice_is_cleaning_once(text: str, known: list[str]) -> None:
    redactor = Redactor([secret for secret in known if not set(secret) & set(MARK)])
    assert redactor.text(redactor.text(text)) == redactor.text(text)


def test_speed_does_not_depend_on_how_many_secrets_are_known() -> None:
    text = "    return self.connection.execute(statement)  # an ordinary line of code\n" * 30_000
    few = Redactor([f"token-{i}-0123456789abcdef" for i in range(2)])
    many = Redactor([KEY, *(f"token-{i}-0123456789abcdef" for i in range(200))])
    seconds = {name: min(_seconds(each, text) for _ in range(5)) for name, each in (("2", few), ("201", many))}
    for name, each in seconds.items():
        print(f"redaction, {name} secrets: {len(text) / 1e6 / each:.0f} MB/s")
    assert seconds["201"] < 3 * seconds["2"]
    assert len(text) / 1e6 / seconds["201"] > 10


def _seconds(redactor: Redactor, text: str) -> float:
    began = time.process_time()
    assert redactor.text(text) == text
    return time.process_time() - began
