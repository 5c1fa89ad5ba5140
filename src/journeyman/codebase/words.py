"""Takes text apart into the terms that are indexed and searched: words, identifiers and the parts of identifiers."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

LONGEST_TERM = 48
"""Longer words are keys, hashes and packed data."""

WORD = re.compile(r"[^\W\d]\w+")
_PARTS = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+")
_APART = bytes(byte if byte >= 128 or chr(byte).isalnum() or byte == 95 else 32 for byte in range(256))
"""Spaces for what is in no word; what is not ASCII is looked at when such a word is first met."""

MOST_WORDS = 400_000
"""Words whose terms are remembered at once."""

STOP = frozenset(
    """
    a about above after all also am an and any are as at be because been before being below between both but
    by can could did do does doing done down each either else few for from further get got had has have having
    he her here hers him his how however if in into is it its itself just let like may me might more most must
    my no nor not now of off on once only or other our out over own same she should so some still such than
    that the their them then there these they this those though through to too under until up use used using
    very via was we were what when where which while who whom why will with within without would yes yet you
    your self cls def return import none true false null elif lambda pass const var function new end etc eg ie
    """.split()  # noqa: SIM905 - a list of words, not of strings
)
"""Words that tell nothing, of English and of every program."""


class Terms(dict[str, tuple[str, ...]]):
    """Texts to the terms of their words, remembering: a repository uses few words often."""

    def __missing__(self, text: str) -> tuple[str, ...]:
        if len(self) >= MOST_WORDS:
            self.clear()
        if text.isalpha() or (text.isascii() and text.isidentifier()):
            found = terms_of(text)
        else:
            found = tuple(chain.from_iterable(map(terms_of, WORD.findall(text))))
        self[text] = found
        return found

    def in_text(self, text: str) -> list[str]:
        """Return the terms of a text in their order, each as often as it occurs."""
        return list(chain.from_iterable(map(self.__getitem__, WORD.findall(text))))


def apart(content: bytes) -> bytes:
    """Return UTF-8 with spaces between its words, as long as before. A word may hold marks that are not ASCII."""
    return content.translate(_APART)


def terms_of(word: str) -> tuple[str, ...]:
    """Return the terms of one word, none if it tells nothing.

    `makeQuerySets` gives `makequerysets make query set`, `sha256` gives `sha256 sha`: only parts are stems.
    """
    length = len(word)
    if not 1 < length <= LONGEST_TERM:
        return ()
    if word[1:].islower() and word.isalpha():
        only = _told(word)
        return (only,) if only else ()
    parts = _PARTS.findall(word)
    told = [part for part in map(_told, parts) if part]
    whole = word.lower().strip("_")
    if len(parts) != 1 or not whole.isalpha():
        told.insert(0, whole)
    return tuple(dict.fromkeys(told))


def mute_term(name: str) -> str:
    """Return the term of a name that no word of tells anything, `get` or `f`: such names are indexed where they are
    called, inherited from or imported, since who uses them is asked as well. Surrogates are replaced."""
    return f"={name[:LONGEST_TERM]}".encode(errors="replace").decode()


@lru_cache(50_000)
def _told(part: str) -> str:
    """Return the term of a part of a word; empty if it tells nothing."""
    found = stem(part.lower())
    return "" if len(found) < 2 or found in STOP else found


def stem(word: str) -> str:
    """Return a word without the endings of plurals, past tenses and gerunds, so that their forms meet."""
    length = len(word)
    if length < 4 or not word.isascii():
        return word
    if word.endswith("ies") and length > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word[-1] == "s" and word[-2] not in "sui":
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return _undoubled(word[: -len(ending)])
    return word[:-1] if word[-1] == "e" and len(word) > 4 else word


def _undoubled(stemmed: str) -> str:
    """Return `stop` for `stopp`, as in stopped; `miss` stays."""
    if len(stemmed) > 3 and stemmed[-1] == stemmed[-2] and stemmed[-1] not in "lsz":
        return stemmed[:-1]
    return stemmed[:-1] if stemmed[-1] == "e" and len(stemmed) > 4 else stemmed
