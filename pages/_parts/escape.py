"""Text of the data, shown literally where Streamlit would read it as Markdown."""

from __future__ import annotations

import re
import unicodedata

#: every ASCII punctuation character may be escaped in Markdown; a colon starts `:red[…]`, `:material/…:` and emoji
_SPECIAL = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
#: characters that turn the reading direction or hide others (a name must look like what it is)
_HIDDEN = {"Cc", "Cf", "Zl", "Zp"}


def md_escape(text: object) -> str:
    """`text` such that Markdown shows every character as itself, on one line."""
    clean = "".join(" " if unicodedata.category(c) in _HIDDEN else c for c in str(text))
    return _SPECIAL.sub(r"\\\1", clean)
