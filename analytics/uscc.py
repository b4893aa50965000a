"""The unified social credit code of Chinese companies (GB 32100-2015): is it one, and does its check digit fit? Pure.

18 characters: registration authority, kind of entity, 6 digits of the region, 9 of the body (organisation code, GB
11714) and a check character. The alphabet leaves out I, O, S, V and Z: a letter's value is its place in it, not its
distance from A. Nothing is ever corrected, and no code is refused for its first character: more have been added later.
Formulas: METHOD B16.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PATTERN = re.compile(rf"[{ALPHABET}]{{2}}\d{{6}}[{ALPHABET}]{{10}}", re.ASCII)
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def normalised(code: str) -> str:
    """The code as it is compared: full-width characters made narrow, upper case, no spaces and hyphens.

    >>> normalised(" 9135-0100 Ｍ000100y43 ")
    '91350100M000100Y43'
    """
    return re.sub(r"[\s\-–—]", "", unicodedata.normalize("NFKC", code).upper())


def is_valid(code: str) -> bool:
    """Has a normalised code the right form and the right check character?

    >>> is_valid("91350100M000100Y43"), is_valid("91350100M000100Y4Z")
    (True, False)
    """
    return bool(_PATTERN.fullmatch(code)) and check_character(code) == code[17]


def check_character(code: str) -> str:
    """The 18th character that belongs to the first 17: 31 - (sum of value x 3^place mod 31), 31 being 0."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(code[:17], _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def is_body_valid(code: str) -> bool:
    """Does the body's own check character fit (11 - sum mod 11, 10 is X, 11 is 0)? Only ever a warning."""
    body = code[8:17]
    total = sum(ALPHABET_OF_BODIES.index(c) * w for c, w in zip(body[:8], _BODY_WEIGHTS, strict=True))
    return body[8] == "0123456789X0"[11 - total % 11]


#: bodies are older than the code: their letters are all 26, A = 10
ALPHABET_OF_BODIES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def valid(codes: Iterable[str]) -> set[str]:
    """Those of some normalised codes that are valid."""
    return {code for code in set(codes) if isinstance(code, str) and is_valid(code)}
