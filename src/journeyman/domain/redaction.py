"""Takes secrets out of every text that leaves, however they are spelt.

Texts and secrets are compared as skeletons: letters and digits only, lower case. White space, quotation marks, line
breaks, zero-width characters and the two alphabets of base64 make no difference there. Of a skeleton every seventh
place is looked at; a stretch of twelve characters of a secret cannot pass between two of them, so the cost is the
same for one secret and for a thousand.
"""

from __future__ import annotations

import base64
import codecs
import html
import json
import re
import string
import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

MARK = "[redacted]"
SHORTEST = 6
"""Characters of a secret from which on it is looked for everywhere; see `is_weak`."""

SEED, STEP = 6, 7
LOOSE = SEED + STEP - 1
"""Characters of a skeleton from which on a spelling is found whatever stands in between."""

FRAGMENT = 16
"""Characters of a skeleton that count as a leak even if the rest of the secret is missing."""

LONGEST_UNPACKED = 1024**2

_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_DROPPED = bytes(set(range(256)) - set((string.ascii_letters + string.digits).encode()))
_KEPT = frozenset(string.ascii_letters + string.digits)
_SEEDS = struct.Struct(f"{SEED}s{STEP - SEED}x")
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PACKED = (
    re.compile(r"H4sI[A-Za-z0-9+/_\s-]{16,}"),
    re.compile(r"eJ[A-Za-z0-9+/_\s-]{16,}"),
    re.compile(r"1f8b08[0-9a-f\s]{24,}"),
    re.compile(r"1F8B08[0-9A-F\s]{24,}"),
)
"""How gzip and zlib begin in base64 and hexadecimal."""


def is_weak(secret: str) -> bool:
    """Return whether a secret is too short or too common to be looked for everywhere.

    One plain word, fewer than six characters, or hardly different ones: `test`, `postgres`, `000000`. Taking such
    out of every text would destroy the text, so it is taken out only where it stands as a password.
    """
    word = secret.isalpha() and len(secret) < 16 and (secret[1:].islower() or secret.isupper())
    return len(secret) < SHORTEST or word or len(set(secret)) < 4


def spellings(secret: str) -> set[str]:
    """Return the forms in which a secret is commonly seen: plain, quoted, escaped, encoded, reversed."""
    bare = secret.strip()
    forms = {secret, bare, bare[::-1], codecs.encode(bare, "rot13"), html.escape(bare)}
    forms |= {quote(bare, safe=""), quote(quote(bare, safe=""), safe=""), quote_plus(bare)}
    forms |= {json.dumps(bare)[1:-1], json.dumps(bare, ensure_ascii=False)[1:-1], json.dumps(json.dumps(bare))[3:-3]}
    forms |= {"".join(spell.format(ord(letter)) for letter in bare) for spell in ("\\u{:04x}", "\\x{:02x}", "&#{};")}
    forms.update(*map(_encoded, {raw for text in (secret, bare, bare[::-1]) if (raw := text.encode())}))
    return {form for form in forms if len(form) >= SHORTEST}


def _encoded(raw: bytes) -> Iterator[str]:
    """Yield hexadecimal and base64 forms, the latter as they stand in a longer text at each of three alignments."""
    yield raw.hex()
    yield raw.hex().upper()
    for shift, begins in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")[begins:-1]
        yield text
        yield text.translate({ord("+"): "-", ord("/"): "_"})


def _skeleton(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").translate(_LOWER, _DROPPED)


class Redactor:
    """Knows secrets and takes them out of texts and values."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if secret.strip()}
        weak = {secret.strip() for secret in known if is_weak(secret.strip())}
        strong = {secret for secret in known if secret.strip() not in weak}
        forms = {form for secret in strong for form in spellings(_without_armour(secret))}
        self._exact = sorted(forms | strong, key=lambda form: (-len(form), form))
        self._needles = sorted({bones for form in forms if len(bones := _skeleton(form)) >= LOOSE})
        self._seeds = frozenset(chain.from_iterable(map(_seeds_of, self._needles)))
        self._short = tuple(form for form in self._exact if len(_skeleton(form)) < LOOSE)
        self._in_place = _as_password(weak)

    def text(self, text: str) -> str:
        """Return the text with every known secret replaced by a mark."""
        if self._in_place is not None:
            text = self._in_place.sub(lambda match: match[1] + MARK, text)
        if "\x1b" in text and not self._is_clean(plain := _COLOURS.sub("", text)):
            text = plain
        for packed in _PACKED if self._exact else ():
            text = packed.sub(self._unpacked, text)
        return self._bare(text)

    def finds(self, text: str) -> bool:
        """Return whether a secret stands in a text, or in what a text was unpacked to."""
        return self.text(text) != text

    def value(self, value: Any) -> Any:
        """Return plain data, such as JSON holds, without secrets in any of its texts and keys."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list | tuple) else value

    def json(self, text: str) -> str:
        """Return a JSON text without secrets, also those that JSON spells with escapes; broken JSON as any text."""
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return self.text(text)
        clean = self.value(value)
        return text if clean == value else msgspec.json.encode(clean).decode()

    def _bare(self, text: str) -> str:
        if self._is_clean(text):
            return text
        for form in self._exact:
            text = text.replace(form, MARK)
        return self._without_pieces(text)

    def _is_clean(self, text: str) -> bool:
        if any(form in text for form in self._short):
            return False
        bones = _skeleton(text)
        padded = bones + bytes(-len(bones) % STEP)
        return self._seeds.isdisjoint(chain.from_iterable(_SEEDS.iter_unpack(padded)))

    def _without_pieces(self, text: str) -> str:
        """Return the text without what is a secret, or a long piece of one, once other characters are left out."""
        spans = list(self._pieces(_skeleton(text)))
        if not spans:
            return text
        places = [place for place, character in enumerate(text) if character in _KEPT]
        parts, after = [], 0
        for begins, ends in spans:
            parts += [text[after : places[begins]], MARK]
            after = places[ends - 1] + 1
        return "".join([*parts, text[after:]])

    def _pieces(self, bones: bytes) -> Iterator[tuple[int, int]]:
        after = 0
        for place in range(0, len(bones), STEP):
            if place >= after and bones[place : place + SEED] in self._seeds:
                begins, ends = self._longest(bones, place, after)
                if ends > begins:
                    yield begins, ends
                    after = ends

    def _longest(self, bones: bytes, place: int, least: int) -> tuple[int, int]:
        """Return the longest piece of a secret around a place, (0, 0) if none is long enough to count."""
        seed, found = bones[place : place + SEED], (0, 0)
        for needle in self._needles:
            offset = needle.find(seed)
            while offset >= 0:
                begins, ends = _grown(bones, place, needle, offset, least)
                if ends - begins >= min(FRAGMENT, len(needle)) and ends - begins > found[1] - found[0]:
                    found = begins, ends
                offset = needle.find(seed, offset + 1)
        return found

    def _unpacked(self, match: re.Match[str]) -> str:
        """Return a mark for a compressed text that holds a secret, anything else as it is."""
        data = "".join(match[0].split())
        try:
            # What follows may belong to the match too: the stream knows where it ends.
            hexadecimal = data[:2] in ("1f", "1F")
            raw = bytes.fromhex(data[: len(data) & ~1]) if hexadecimal else base64.urlsafe_b64decode(_as_url(data))
            inside = zlib.decompressobj(47).decompress(raw, LONGEST_UNPACKED).decode("latin-1")
        except (ValueError, zlib.error):
            return match[0]
        return match[0] if self._bare(inside) == inside else MARK


def _without_armour(secret: str) -> str:
    """Return a private key's own lines: those around it are the same for all keys."""
    return "\n".join(line for line in secret.splitlines() if "-----" not in line) or secret


def _seeds_of(needle: bytes) -> Iterator[bytes]:
    for place in range(len(needle) - SEED + 1):
        seed = needle[place : place + SEED]
        # Long keys hold stretches such as AAAAAA, which are no secret and stand in much else.
        if len(needle) <= 4 * FRAGMENT or len(set(seed)) > 2:
            yield seed


def _grown(bones: bytes, place: int, needle: bytes, offset: int, least: int) -> tuple[int, int]:
    """Return how far text and needle are the same to the left and to the right."""
    begins, left = place, offset
    while begins > least and left > 0 and bones[begins - 1] == needle[left - 1]:
        begins, left = begins - 1, left - 1
    ends, right = place + SEED, offset + SEED
    while ends < len(bones) and right < len(needle) and bones[ends] == needle[right]:
        ends, right = ends + 1, right + 1
    return begins, ends


def _as_url(data: str) -> str:
    whole = data.replace("+", "-").replace("/", "_")
    return whole[: len(whole) - len(whole) % 4] if len(whole) % 4 == 1 else whole + "=" * (-len(whole) % 4)


def _as_password(weak: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds weak secrets where they stand as a password: in an address, or behind such a name."""
    words = "|".join(re.escape(word) for word in sorted(weak, key=len, reverse=True))
    if not words:
        return None
    before = r"(?:://[^\s/:@]*:|(?:passw\w*|pwd|secret|token|\w*key|auth\w*)[\"']?\s*[:=]\s*[\"']?)"
    return re.compile(rf"((?i:{before}))(?:{words})(?=[@\"'\s,;&)}}]|$)")
