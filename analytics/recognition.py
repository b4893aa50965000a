"""What is known of files before they are imported, as tables for people: what they feed, and what their lacks cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analytics.i18n import has, t
from analytics.out_of_reach import Lack, out_of_reach
from data.mapping.recognise import Feed, Fit, Recognised

#: Known as soon as two snapshots can be compared, without any export bringing it.
#: A profile that knows fewer columns of every file is not near.
NEAREST = 3
_LATER = "opportunity.stage_entered_on"


def verdict(found: Recognised, lang: str) -> str:
    """Which system the files come from, in a sentence."""
    if found.best and found.certainty == "sure":
        sure = t("recognise.sure", lang, profile=found.best.profile)
        return sure if found.is_ready else f"{sure} {t('recognise.stops', lang, files=_joined(found.best.stops, lang))}"
    if found.certainty == "several":
        return t("recognise.several", lang, profiles=", ".join(f.profile for f in found.fits if f.is_fit))
    said = t("recognise.none", lang)
    near = max(found.fits, key=_known, default=None)
    near = near if near and _known(near) >= NEAREST else None
    lacking = _lacking(near, lang) if near else ""
    return f"{said} {t('recognise.nearest', lang, profile=near.profile, lacking=lacking)}" if near and lacking else said


def _known(fit: Fit) -> int:
    return max((len(feed.fed) for feed in fit.feeds), default=0)


def files(found: Recognised, fit: Fit, lang: str) -> pd.DataFrame:
    """One row per file and table that it feeds: file, table, understood, told_by, state ("" = of use)."""
    rows = [{"file": feed.file, "table": table_name(feed.target, lang),
             "understood": t("recognise.of", lang, n=feed.understood, all=feed.columns),
             "told_by": t("recognise.by.columns" if feed.by_columns else "recognise.by.name", lang),
             "state": _state(feed, lang)} for feed in fit.feeds]
    told = {feed.file for feed in fit.feeds}
    rows += [_row(name, t("recognise.nothing", lang)) for name in fit.unused if name not in told]
    rows += [_row(name, t("recognise.unread.stops" if name in fit.unread else "recognise.unread", lang,
                          reason=error.text(lang))) for name, error in found.unread]
    return pd.DataFrame(rows, columns=["file", "table", "understood", "told_by", "state"])


def lacks(fit: Fit, lang: str) -> pd.DataFrame:
    """What no file brings and which metrics that costs: missing, lost_n, lost_metrics; the dearest first."""
    rows = [{"missing": _name(lack.what, lang), "lost_n": len(lack.metrics), "lost_metrics": _lost(lack, lang)}
            for lack in out_of_reach(fit.fed())]
    return pd.DataFrame(rows, columns=["missing", "lost_n", "lost_metrics"])


def as_json(found: Recognised) -> dict[str, Any]:
    """Everything, for programs: keys instead of words."""
    best = found.best
    return {
        "certainty": found.certainty, "profile": best.profile if best else None,
        "stops": list(best.stops) if best else [],
        "profiles": [{"profile": fit.profile, "fits": fit.is_fit, "score": fit.score, "unused": list(fit.unused),
                      "missing": list(fit.missing), "files": [_feed_json(feed) for feed in fit.feeds]}
                     for fit in found.fits],
        "unread": {name: error.code for name, error in found.unread},
        "not_measured": {lack.what: [m.key for m in lack.metrics] for lack in out_of_reach(best.fed())} if best else {},
    }


def _feed_json(feed: Feed) -> dict[str, Any]:
    return {"file": feed.file, "table": feed.target, "columns": feed.columns, "understood": feed.understood,
            "by": "columns" if feed.by_columns else "name", "lacking": list(feed.lacking), "fed": sorted(feed.fed),
            "problem": feed.problem.code if feed.problem else None, "stops": feed.stops}


def table_name(table: str, lang: str) -> str:
    """What a canonical table is called, or a list that helps to read the others."""
    key = next((k for k in (f"cli.table.{table}", f"recognise.helper.{table}") if has(k)), "")
    return t(key, lang) if key else table


def field_name(column: str, lang: str) -> str:
    """What a canonical column is called."""
    key = f"field.{column}"
    return t(key, lang) if has(key) else column


def _name(what: str, lang: str) -> str:
    table, _, column = what.partition(".")
    return f"{table_name(table, lang)}: {field_name(column, lang)}" if column else table_name(table, lang)


def _lost(lack: Lack, lang: str) -> str:
    names = _joined([metric.label[lang] for metric in lack.metrics], lang)
    return t("recognise.later", lang, metrics=names) if lack.what == _LATER else names


def _state(feed: Feed, lang: str) -> str:
    if feed.is_usable:
        return ""
    if feed.problem is not None:
        return t("recognise.unread.stops" if feed.stops else "recognise.unread", lang, reason=feed.problem.text(lang))
    return t("recognise.lacking.stops" if feed.stops else "recognise.lacking", lang, columns=fields(feed.lacking, lang))


def _lacking(fit: Fit, lang: str) -> str:
    """Of the profile that comes nearest: what keeps its files from being of use, else the tables without a file."""
    short = [f"{feed.file}: {fields(feed.lacking, lang)}" for feed in fit.feeds if not feed.is_usable]
    return _joined(short or [table_name(table, lang) for table in fit.missing[:1]], lang)


def fields(columns: Sequence[str], lang: str) -> str:
    """What canonical columns are called, one after the other."""
    return _joined([field_name(column, lang) for column in columns], lang)


def _joined(names: Sequence[str], lang: str) -> str:
    return ("、" if lang == "zh" else ", ").join(names)


def _row(file: str, state: str) -> dict[str, str]:
    return {"file": file, "table": "", "understood": "", "told_by": "", "state": state}
