"""What an import tells besides errors: a code and fields, and a sentence in each language (data/messages/*.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.errors import sentence


@dataclass(frozen=True)
class Note:
    """Something that was decided or noticed: `code` is stable, `fields` fill the sentence."""

    code: str
    fields: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, code: str, **fields: Any) -> Note:
        """A note; lists become tuples, so that notes stay hashable."""
        return cls(code, tuple((k, tuple(v) if isinstance(v, (list, set)) else v) for k, v in fields.items()))

    def __str__(self) -> str:
        return self.text()

    def text(self, lang: str = "en") -> str:
        """The sentence in `lang` ('en' or 'zh')."""
        return sentence(self.code, lang, **dict(self.fields))
