"""Every text a user reads, in both languages: `t(key, lang, **fields)` and the catalogues beside this file.

A catalogue is a TOML file of `[some.key]` tables with the sentences `en` and `zh`. `{name}` in a sentence is
filled with the field of that name. `en_one` is the English sentence for exactly one (field `n` is 1). A key
stands in one catalogue only. A missing key or field is a defect, raised at once and caught by the tests;
user-facing failures with a code live in data/messages.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from data.errors import LANGUAGES, full_width, nearest
from data.scope import UNKNOWN
from data.settings import Settings

__all__ = ["LANGUAGES", "catalogue", "dimension_label", "full_width", "has", "label", "labels", "t"]


def t(key: str, lang: str, **fields: Any) -> str:
    """The text `key` in `lang` ("en" or "zh") with its fields filled in.

    KeyError names the nearest key when there is no such text, or the field that the text needs.

    >>> t("common.opportunities", "en", n=1), t("common.opportunities", "en", n=2)
    ('1 opportunity', '2 opportunities')
    >>> t("common.hours_unit", "en", n="+1")
    '+1 hour'
    """
    texts = catalogue()
    if key not in texts:
        raise KeyError(f"no text {key!r}; did you mean {nearest(key, list(texts))!r}?")
    entry = texts[key]
    sentence = entry[lang]
    if lang == "en" and "en_one" in entry and str(fields.get("n")).lstrip("+−") == "1":
        sentence = entry["en_one"]
    if "{" not in sentence:
        return sentence
    return _filled(sentence, _Fields(key, fields), lang)


def _filled(sentence: str, fields: _Fields, lang: str) -> str:
    """The sentence with its fields; in Chinese a Latin word that a field brings stands apart from the characters,
    and a Chinese one does not."""
    if lang != "zh":
        return sentence.format_map(fields)
    told = ""
    for literal, name, spec, _ in _PARTS.parse(sentence):
        told += literal
        if name is None:
            continue
        word = format(fields[name], spec or "")
        if _HAN.match(word[:1]) and re.search(r"[\u4e00-\u9fff] $", told):  # a space that was meant for a number
            told = told[:-1]
        told += f" {word}" if _meets(literal[-1:], word[:1]) else word
        told += _APART if _LATIN.match(word[-1:]) else _CLOSE if _HAN.match(word[-1:]) else ""
    told = re.sub(rf"{_CLOSE} (?=[\u4e00-\u9fff])", "", told).replace(_CLOSE, "")
    return re.sub(rf"{_APART}(?=[\u4e00-\u9fff])", " ", told).replace(_APART, "")


def _meets(left: str, right: str) -> bool:
    return bool(_HAN.match(left) and _LATIN.match(right))


#: hold the place of a space, or of none, until it is known what follows
_APART, _CLOSE = "\ue0ff", "\ue0fe"
_LATIN, _HAN, _PARTS = re.compile("[A-Za-z]"), re.compile("[\u4e00-\u9fff]"), string.Formatter()


def has(key: str) -> bool:
    """Is there a text of that name?"""
    return key in catalogue()


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """key -> {"en": …, "zh": …, maybe "en_one": …} from all catalogues; ValueError for a key that stands twice."""
    texts: dict[str, Mapping[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for key, entry in _flat(tomllib.loads(path.read_text(encoding="utf-8"))):
            if key in texts:
                raise ValueError(f"{path.name}: the text {key!r} stands twice")
            if not set(LANGUAGES) <= set(entry) <= {*LANGUAGES, "en_one"}:
                raise ValueError(f"{path.name}: {key!r} has {sorted(entry)}, expected {', '.join(LANGUAGES)}")
            texts[key] = {**entry, "zh": full_width(entry["zh"])}
    return texts


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Mapping[str, str]]]:
    """`[a.b]` is a table in a table for TOML and one key for us."""
    texts = {k: v for k, v in tree.items() if isinstance(v, str)}
    if texts:
        yield prefix, texts
    for name, branch in tree.items():
        if isinstance(branch, Mapping):
            yield from _flat(branch, f"{prefix}.{name}" if prefix else name)


class _Fields(dict[str, Any]):
    def __init__(self, key: str, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self._key = key

    def __missing__(self, name: str) -> str:
        raise KeyError(f"the text {self._key!r} needs the field {name!r}")


def dimension_label(dimension: str, lang: str) -> str:
    """What a filter or group dimension (contracts.DIMENSIONS, month, quarter, stage) is called."""
    return t(f"dimension.{dimension}", lang)


def label(dimension: str, value: str | None, lang: str, settings: Settings | None = None) -> str:
    """What one value of a dimension is called.

    Segments, pipelines and stages are named by the organisation's settings; fixed value lists (status, type,
    sales mode, exit kind …) by the catalogue `value.<dimension>.<value>`; everything else is shown as it came.
    A stage is named by the first pipeline that has it; use `settings.stage_label` where the pipeline is known.

    >>> label("type", "renewal", "zh"), label("region", "East", "zh"), label("team", None, "en")
    ('续签', 'East', 'Not known')
    """
    if value is None or _is_unknown(value):
        return t("value.unknown", lang)
    named = _from_settings(dimension, value, lang, settings) if settings else None
    if named:
        return named
    key = f"value.{dimension}.{value}"
    return t(key, lang) if has(key) else str(value)


def _is_unknown(value: Any) -> bool:
    if isinstance(value, str):
        return value == UNKNOWN
    from pandas import isna  # here, because the command line's help needs no tables

    return bool(isna(value))


def labels(dimension: str, values: Iterable[str | None], lang: str, settings: Settings | None = None) -> dict[Any, str]:
    """value -> what it is called (see `label`), in the order given."""
    return {value: label(dimension, value, lang, settings) for value in values}


def _from_settings(dimension: str, value: str, lang: str, settings: Settings) -> str | None:
    if dimension == "segment":
        named: Iterable[Any] = settings.segments
    elif dimension == "pipeline":
        named = settings.pipelines
    elif dimension in ("stage", "next_stage", "from_stage", "to_stage"):
        named = (stage for pipeline in settings.pipelines for stage in pipeline.stages)
    else:
        return None
    for item in named:
        if item.key == value and item.label:
            return item.label.get(lang) or item.label.get("en")
    return None
