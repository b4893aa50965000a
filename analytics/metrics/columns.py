"""What the columns of the metrics' rows mean: docs/metrics.md is written from this, a test holds it complete."""

from __future__ import annotations

from types import MappingProxyType

#: column -> meaning; where families differ, "family.column" comes first
MEANINGS = MappingProxyType({
    "pipeline": "the pipeline; stages of different pipelines are never mixed",
    "stage": "the stage's key",
    "next_stage": "the stage that counts as progress, the won stage after the last one",
    "stage_order": "position of the stage in its pipeline, from 1",
    "conversion.n": "the denominator: opportunities that the reading counts",
    "stage_days.n": "what the value is about: opportunities for the means, visits for the quantiles",
    "cycle_days.n": "opportunities that the value is about",
    "win_rate.n": "the denominator, in opportunities",
    "pipeline.n": "open opportunities",
    "n": "the denominator: moves out of open stages",
    "reached": "of n, came to the next stage or further (or won)",
    "conversion.lost": "of n, closed before as lost or no decision",
    "lost": "closed as lost",
    "conversion.open": "of n, may still come",
    "open": "of n, still open",
    "regressed": "of n, moved back out of the stage (may also be counted as reached, lost or open)",
    "out_of_order": "of n, went on, but not to the next stage in order",
    "skipped": "of n, came by passing over the stage",
    "conversion.no_decision": "of lost, those without a decision",
    "no_decision": "closed without a decision",
    "won": "closed as won",
    "value": "the metric; null where it cannot be known, `reason` says why",
    "low": "lower limit of the 95 % interval; null where there is none",
    "high": "upper limit of the 95 % interval; null where there is none",
    "cumulative": "product of the values from the first stage to this one",
    "amount_n": "amount of n at entry, base currency, of those that have one",
    "amount_reached": "amount of reached",
    "amount_value": "the value weighted by amounts; null where those that came further, or the others, have none",
    "amount_low": "lower limit of amount_value, at the effective sample size",
    "amount_high": "upper limit of amount_value, at the effective sample size",
    "amount_missing": "of n, without an amount: they weigh nothing in what is said of amounts",
    "skip_rate": "skipped / n",
    "regress_rate": "regressed / n",
    "p75": "days after which three of four have left the stage, over the visits of the last two years",
    "immature": "of open, those younger than p75: too early to say; null where p75 is not known",
    "immature_share": "immature / n",
    "horizon": "days within which the value asks to have come further",
    "void": "left out of n: void",
    "deleted": "left out of n: gone from the exports while still open",
    "conversion.future": "left out of n: put off until a later day",
    "future": "left out of n: put off until a later day",
    "amount_reason": "why there is no `amount_value`: no_amounts, or amounts_missing",
    "undated": "of n, nobody knows since when: counted where no period is asked for; where that is all of n, there is "
               "no value",
    "entry_unknown": "left out of n: nobody knows since when (there before the data begin)",
    "invalid": "left out of n: ended before it began, or outside the working-day calendar",
    "approximate": "of n, began some day between two exports; the later day is taken",
    "stage_days.events": "of n, have left the stage (T1: have come further)",
    "cycle_days.events": "of n, have closed",
    "events": "of n, the moves in question",
    "stage_days.censored": "still in the stage (T1: beside n, not in it)",
    "censored": "of n, still open: counted for as long as they have lasted",
    "hours": "the mean in hours, where all lasted less than a day and every instant is known",
    "won_amount": "amount won, base currency",
    "lost_amount": "amount lost, base currency",
    "won_amount_missing": "of won, without an amount",
    "lost_amount_missing": "of lost, without an amount",
    "shrunk": "the rate drawn towards `parent`: (won + k · parent) / (n + k), k = win_rate.shrinkage of the settings",
    "parent": "rate of the same stage over all groups, or within the first of several groups",
    "default_probability": "what the settings promise for the stage",
    "path_unknown": "left out of n: closed, but nobody knows which stages it came to",
    "open_overdue": "open on the as-of date and past their expected close; null per month or quarter, and where no "
                    "open one has an expected close",
    "amount": "their amount, base currency, of those that have one",
    "weighted": "amount times the default probability of the stage",
    "weighted_missing": "of n, in a stage without a default probability",
    "paused": "of n, paused",
    "overdue": "of n, past their expected close",
    "reason": "why there is no value",
})

#: code of `reason` -> meaning
REASONS = MappingProxyType({
    "nobody_entered": "nobody in the denominator",
    "not_observed": "nobody has been watched for as long as the horizon",
    "few_events": "fewer events than `standards.min_events`",
    "not_reached": "more than the asked share are still there",
    "nothing_closed": "nothing closed in the period",
    "few_closed": "fewer closed than `win_rate.shown_minimum`",
    "nothing_created": "nothing created in the period",
    "nothing_moved": "no moves in the period",
    "nothing_open": "nothing open",
    "entry_unknown": "nobody knows since when any of them is there",
    "amounts_missing": "more than one of five has no amount: the known ones do not speak for the others",
    "no_amounts": "not one of them, or of one side of them, has an amount",
})


def meaning(family: str, column: str) -> str:
    """What a column means in a family; KeyError if nobody has written it down."""
    return MEANINGS.get(f"{family}.{column}") or MEANINGS[column]
