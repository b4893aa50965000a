"""Sentences of errors: a question is asked only where there is something to ask."""

from __future__ import annotations

import pytest

from data.errors import LANGUAGES, MvpodError, _catalogue

ASKING = sorted(code for code, texts in _catalogue().items() if "{hint}" in texts["en"])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", ASKING)
def test_a_question_without_a_near_word_is_not_asked(code: str, lang: str) -> None:
    asked, silent = (MvpodError(code, hint=hint).text(lang) for hint in ("NEAR", ""))
    assert "NEAR" in asked
    assert not any(mark in silent for mark in ("''", "“”", "Did you mean", "是否指"))
    assert set(silent) <= set(asked)
    assert len(silent) < len(asked)


def test_an_unknown_dimension_is_told_all_that_there_are() -> None:
    from data.scope import Filters

    with pytest.raises(MvpodError) as caught:
        Filters.of({"zzz": ["1"]})
    assert "segment" in caught.value.text("en")
    assert "Did you mean" not in caught.value.text("en")
