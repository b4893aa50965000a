"""Errors that a user can act on: a code, fields, and a sentence in each language.

Every known failure is one `MvpodError(code, **fields)`. The sentence says where, what was found, what was
expected and what to do; it is built from the fields, so that a test can read the fields and a page can show
the sentence in the viewer's language. Everything else is a defect and keeps its traceback in the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from tomllib import load
from typing import Any

LANGUAGES = ("en", "zh")
#: The question after the nearest word, with the blank before it.
_HINT = re.compile(r" ?[^ .。?？:：,，][^.。?？]*\{hint\}[^.。?？]*[?？]")


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    """code -> {language: sentence}, from all files of data/messages/."""
    sentences: dict[str, dict[str, str]] = {}
    for path in sorted((Path(__file__).parent / "messages").glob("*.toml")):
        with path.open("rb") as file:
            sentences.update(load(file))
    return {code: {**said, "zh": full_width(said["zh"])} for code, said in sentences.items()}


def full_width(text: str) -> str:
    """Chinese text with Chinese punctuation, however it was typed; `{fields}`, 1:2, 1,000 and links stay as they are.

    >>> print(full_width("样本太少(n = {n:,}):见 https://a.b, 第 1:2 条"))
    样本太少（n = {n:,}）：见 https://a.b， 第 1:2 条
    """
    parts = re.split(r"(\{[^{}]*\})", text)
    held = "".join(part if i % 2 == 0 else chr(0xE000 + i) for i, part in enumerate(parts))  # one mark a field
    held = re.sub(rf"(?<={_CHINESE})\(([^()]*)\)|\(([^()]*)\)(?={_CHINESE})|\(([^()]*{_CHINESE}[^()]*)\)",
                  lambda m: f"（{m[1] or m[2] or m[3] or ''}）", held)
    held = re.sub(r"(?<![A-Za-z0-9])[,:;!?]|[,:;!?](?![A-Za-z0-9/])", lambda m: _WIDE[m[0]], held)
    return re.sub("[\ue000-\uefff]", lambda m: parts[ord(m[0]) - 0xE000], held)


_WIDE = dict(zip(",:;!?", "，：；！？", strict=True))
_CHINESE = r"[\ue000-\uefff\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”]"


def sentence(code: str, lang: str, **fields: Any) -> str:
    """The sentence of `code` in `lang`, filled with `fields`: for what is reported without being an error."""
    text = _catalogue()[code][lang]
    if fields.get("hint") == "":  # nothing is near: nothing is asked
        text = _HINT.sub("", text)
    return text.format_map(_Shown(fields, lang=lang))


class MvpodError(Exception):
    """A failure with a name. `code` is stable (tests and scripts may rely on it), `fields` fill the sentence."""

    def __init__(self, code: str, **fields: Any) -> None:
        if code not in _catalogue():
            raise KeyError(f"no message for error code {code!r}")
        self.code = code
        self.fields = fields
        super().__init__(self.text("en"))

    def text(self, lang: str = "en") -> str:
        """The sentence in `lang` ('en' or 'zh')."""
        return f"{self.code}: " + sentence(self.code, lang, **self.fields)


#: fields that count something and are written with a comma for thousands: others may be years, lines or ports
_COUNTS = ("count", "rows")


class _Shown(dict[str, Any]):
    """Fields as they are shown: lists joined (sentences by a blank), sentences within a sentence in its language, a
    missing field visible instead of a second error."""

    def __init__(self, fields: Mapping[str, Any], lang: str) -> None:
        super().__init__(fields)
        self._lang = lang

    def __getitem__(self, key: str) -> Any:
        value = self.get(key, "?")
        if key in _COUNTS and isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        if isinstance(value, (list, tuple, set, frozenset)):
            said = [str(self._said(v)) for v in value]
            return (" " if all(s.endswith((".", "。")) for s in said) else ", ").join(said)
        return self._said(value)

    def _said(self, value: Any) -> Any:
        return value.text(self._lang) if hasattr(value, "text") else value


def nearest(word: str, words: list[str]) -> str:
    """The nearest of `words` to `word`, or '' when none is near: the hint behind "did you mean"."""
    lowered = {w.casefold(): w for w in words}
    found = get_close_matches(word.casefold(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else ""
