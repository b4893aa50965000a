"""Text of the data, shown literally where Streamlit would read it as Markdown."""

from __future__ import annotations

import re
import unicodedata

#: every ASCII punctuation character may be escaped in Markdown; a colon starts `:red[…]`, `:material/…:` and emoji
_SPECIAL = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
#: what Markdown makes a link of without any markup; an invisible word joiner in it makes it plain text
_LINKS = re.compile(r"(https?(?=://)|www(?=\.)|@(?=[-\w]))", re.IGNORECASE)
#: characters that turn the reading direction or hide others (a name must look like what it is)
_HIDDEN = {"Cc", "Cf", "Zl", "Zp"}

#: "n = 3,130" is one word: no line breaks in it
_COUNT = re.compile(r"\bn = (?=\d)")


def md_escape(text: object) -> str:
    """`text` such that Markdown shows every character as itself, on one line, and makes no link of an address."""
    clean = "".join(" " if unicodedata.category(c) in _HIDDEN else c for c in str(text))
    clean = _COUNT.sub("n\u00a0=\u00a0", clean)
    return _SPECIAL.sub(r"\\\1", _LINKS.sub("\\1\u2060", clean))
