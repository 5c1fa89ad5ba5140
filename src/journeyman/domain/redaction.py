"""Takes a run's secrets out of every text that leaves."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

import msgspec

MARK = "[redacted]"
SHORTEST = 6


def spellings(secret: str) -> set[str]:
    """Return the forms in which a secret is commonly seen: plain, quoted, encoded, reversed, its lines."""
    bare = secret.strip()
    forms = {secret, bare, bare[::-1], quote(bare, safe=""), quote_plus(bare)}
    forms.update({msgspec.json.encode(bare).decode()[1:-1]}, *map(_encoded, {secret.encode(), bare.encode()}))
    forms.update(line.strip() for line in secret.splitlines() if len(line.strip()) >= 20)
    return {form for form in forms if len(form) >= SHORTEST}


def _encoded(raw: bytes) -> Iterator[str]:
    """Yield hexadecimal and base64 forms, the latter as they stand in a longer text at each of three alignments."""
    yield raw.hex()
    yield raw.hex().upper()
    for shift, begins in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")[begins:-1]
        yield text
        yield text.translate({ord("+"): "-", ord("/"): "_"})


class Redactor:
    """Knows a run's secrets. Plain searches are several times faster here than one pattern of all forms."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in spellings(secret)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def text(self, text: str) -> str:
        """Return the text with every known secret replaced by a mark."""
        for form in self._forms:
            text = text.replace(form, MARK)
        return text
