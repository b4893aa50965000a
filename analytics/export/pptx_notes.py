"""What the speaker can read: the whole comment, and for every chart its definition, population and view in words."""

from __future__ import annotations

from typing import Any

from analytics.cards import Card, Look
from analytics.export.pptx_text import clean
from analytics.metrics.registry import REGISTRY
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp


def write(page: Any, slide: Slide, look: Look, stamp: Stamp) -> None:
    """The notes of a slide; nothing where the template's notes have no place for text."""
    frame = page.notes_slide.notes_text_frame
    if frame is None:
        return
    lines = [slide.item.comment, slide.item.previous and look.t("slides.before", comment=slide.item.previous)]
    told: set[str | None] = set()
    for card in slide.cards:
        lines += ["", card.title, card.measured, *card.notes]
        if card.definition_key and card.definition_key not in told:
            lines += _definition(card, look)
        told.add(card.definition_key)
    lines += ["", f"{look.t('pack.view')}: {stamp.words}", f"{look.t('pack.link')}: {stamp.link}"]
    frame.text = "\n".join(clean(line) for text in lines if text is not None for line in text.split("\n")).strip("\n")


def _definition(card: Card, look: Look) -> list[str]:
    metric = REGISTRY[str(card.definition_key)]
    told = {"metric": f"{metric.label[look.lang]} ({metric.key})", "definition": metric.definition[look.lang],
            "formula": metric.formula[look.lang], "population": metric.population[look.lang], "source": metric.source}
    return [f"{look.t(f'pack.{key}')}: {text}" for key, text in told.items()]
