"""What a patient person with a spreadsheet would count in the sample company's tables: plain pandas, no product code.

Each function gives the figures of one planted truth; `measure` gives them all. `python -m tests.oracles.planted_truths`
prints the table that stands in docs/sample-company.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

Figures = dict[str, float]
END = pd.Timestamp("2026-09-30")
NEVER = pd.Timestamp("2200-01-01")
CLOSED = ("won", "lost", "no_decision", "void")


@dataclass(frozen=True)
class Sample:
    """The tables as frames, read when they are asked for."""

    tables: Mapping[str, pa.Table]

    def frame(self, name: str, *columns: str) -> pd.DataFrame:
        """Some columns of a table; dates as timestamps, instants as the local time of China without a zone."""
        frame = self.tables[name].select(list(columns)).to_pandas(date_as_object=False)
        for column in frame.columns:
            if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
                frame[column] = frame[column].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
        return frame

    @cached_property
    def weekly(self) -> pd.DataFrame:
        """The snapshots, one row per opportunity and week."""
        return self.frame(
            "opportunity",
            "opportunity_id",
            "snapshot_date",
            "stage",
            "status",
            "pipeline",
            "segment",
            "team",
            "region",
            "amount_base",
            "probability",
            "expected_close_on",
            "last_activity_on",
            "created_on",
        )

    @cached_property
    def last(self) -> pd.DataFrame:
        """The opportunities as the last snapshot shows them."""
        names = [f for f in self.tables["opportunity"].column_names if f != "extra"]
        frame = self.frame("opportunity", *names)
        frame = frame[frame.snapshot_date == END].set_index("opportunity_id", drop=False)
        frame["closed"] = frame.stage_entered_on.where(frame.stage.isin(CLOSED))
        return frame

    @cached_property
    def visits(self) -> pd.DataFrame:
        """Stage changes with the day of the next one of the same opportunity (NaT: still there)."""
        events = self.frame("stage_change", "opportunity_id", "changed_at", "to_stage", "pipeline")
        events["entered"] = events.changed_at.dt.normalize()
        grouped = events.sort_values("changed_at", kind="stable").groupby("opportunity_id", sort=False)
        events["left"] = grouped.entered.shift(-1)
        events["next"] = grouped.to_stage.shift(-1)
        return events


def win_rate(deals: pd.DataFrame) -> float:
    """Won / (won + lost)."""
    won, lost = (deals.stage == "won").sum(), (deals.stage == "lost").sum()
    return float(won / (won + lost))


def between(dates: pd.Series, start: str, end: str) -> pd.Series:
    """start <= date < end."""
    return (dates >= pd.Timestamp(start)) & (dates < pd.Timestamp(end))


def quote_days(s: Sample) -> Figures:
    """Truth 1: median days in the stage "quote"; who is still there counts as longer than all others."""
    quote = s.visits[s.visits.to_stage == "quote"]
    days = (quote.left.fillna(NEVER) - quote.entered).dt.days
    return {
        "median_2025": float(days[between(quote.entered, "2025-01-01", "2026-01-01")].median()),
        "median_2026": float(days[between(quote.entered, "2026-01-01", "2026-09-01")].median()),
    }


def rival(s: Sample) -> Figures:
    """Truth 2: win rate in the rival's region and elsewhere, and its closeness there, before and after 2026."""
    closed = s.last[s.last.closed.notna()]
    here, late = closed.region == "西南 Southwest", closed.closed >= pd.Timestamp("2026-01-01")
    judged = s.frame("assessment", "opportunity_id", "week", "party", "closeness")
    judged = judged[judged.party == "对手甲 Rival Alpha"].merge(
        s.last[["region"]], left_on="opportunity_id", right_index=True
    )
    judged = judged[judged.region == "西南 Southwest"]
    return {
        "win_before": win_rate(closed[here & ~late]),
        "win_after": win_rate(closed[here & late]),
        "elsewhere_before": win_rate(closed[~here & ~late]),
        "elsewhere_after": win_rate(closed[~here & late]),
        "closeness_2025": float(judged.closeness[between(judged.week, "2025-01-01", "2025-12-01")].mean()),
        "closeness_2026": float(judged.closeness[between(judged.week, "2026-01-01", "2026-10-01")].mean()),
    }


def leaver(s: Sample, seller: str = "S001", left: str = "2025-10-31") -> Figures:
    """Truth 3: how far the accounts of one seller hang on him, and what becomes of them after he has gone."""
    day = pd.Timestamp(left)
    account = s.frame("account", "account_id", "owner_id", "snapshot_date")
    mine = set(account[(account.owner_id == seller) & (account.snapshot_date < day)].account_id)
    acts = s.frame("activity", "account_id", "contact_id", "owner_id", "occurred_at")
    acts = acts[acts.account_id.isin(mine)]
    before = acts[(acts.occurred_at < day) & (acts.occurred_at >= day - pd.Timedelta(days=90))]
    mostly = before.groupby("contact_id").owner_id.agg(lambda x: x.value_counts().index[0])
    contact = s.frame("contact", "contact_id", "account_id", "status", "snapshot_date")
    contact = contact[contact.account_id.isin(mine)]
    closed = s.last[s.last.closed.notna() & s.last.account_id.isin(mine)]
    late = closed.closed > day + pd.Timedelta(days=14)
    return {
        "accounts": float(len(mine)),
        "contacts_mostly_his": float((mostly == seller).mean()),
        "touches_90_days_before": float(len(before)),
        "touches_90_days_after": float(between(acts.occurred_at, "2025-11-01", "2026-01-30").sum()),
        "status_before": float(contact[contact.snapshot_date == "2025-10-29"].status.mean()),
        "status_after": float(contact[contact.snapshot_date == "2026-04-29"].status.mean()),
        "win_before": win_rate(closed[~late]),
        "win_after": win_rate(closed[late]),
    }


def pushes(s: Sample) -> Figures:
    """Truth 4: of the deals due in a quarter two weeks before its end, the share due later a week after it."""
    moved: dict[str, list[bool]] = {"team": [], "others": []}
    for end in pd.date_range("2024-03-31", "2026-06-30", freq="QE"):
        weeks = s.weekly.snapshot_date.drop_duplicates().sort_values()
        before, after = (
            weeks[weeks <= end - pd.Timedelta(days=14)].max(),
            weeks[weeks > end + pd.Timedelta(days=6)].min(),
        )
        due = s.weekly[(s.weekly.snapshot_date == before) & (s.weekly.status == "open") & (s.weekly.segment == "KA")]
        due = due[(due.expected_close_on > before) & (due.expected_close_on <= end)]
        now = (
            s.weekly[(s.weekly.snapshot_date == after) & (s.weekly.status == "open")]
            .set_index("opportunity_id")
            .expected_close_on
        )
        later = due.opportunity_id.map(now) > end
        mine = due.team == "大客户南区 KA South"
        moved["team"] += later[mine].tolist()
        moved["others"] += later[~mine].tolist()
    return {
        "due": float(len(moved["team"])),
        "pushed": float(np.mean(moved["team"])),
        "pushed_others": float(np.mean(moved["others"])),
    }


def tender(s: Sample) -> Figures:
    """Truth 5: of the KA deals whose stay in tender preparation ended, the share that moved on, by day of entry."""
    visits = s.visits[(s.visits.to_stage == "tender_preparation") & s.visits.next.notna()]
    onward = visits.next.isin(("bidding", "negotiation", "won"))
    return {
        "passed_before": float(onward[between(visits.entered, "2025-04-01", "2026-04-01")].mean()),
        "passed_after": float(onward[between(visits.entered, "2026-04-01", "2026-10-01")].mean()),
        "n_after": float(between(visits.entered, "2026-04-01", "2026-10-01").sum()),
    }


def simpson(s: Sample) -> Figures:
    """Truth 6: win rates of two quarters, per segment and in total."""
    closed = s.last[s.last.closed.notna() & s.last.status.isin(["won", "lost"])]
    segment = _segment_at_close(s)
    figures = {}
    for name, start, end in (("q2", "2025-04-01", "2025-07-01"), ("q3", "2025-07-01", "2025-10-01")):
        quarter = closed[between(closed.closed, start, end)]
        known = quarter.opportunity_id.map(segment)
        figures |= {
            f"ka_{name}": win_rate(quarter[known == "KA"]),
            f"smb_{name}": win_rate(quarter[known == "SMB"]),
            f"total_{name}": win_rate(quarter),
            f"ka_share_{name}": float((known == "KA").mean()),
        }
    return figures


def _segment_at_close(s: Sample) -> pd.Series:
    """Segment in the first snapshot that shows the opportunity's final stage."""
    weekly = s.weekly[s.weekly.stage.isin(CLOSED)]
    return weekly.drop_duplicates("opportunity_id", keep="first").set_index("opportunity_id").segment


def presales(s: Sample) -> Figures:
    """Truth 7: closed KA deals with a necessary-condition score below 40: their share of hours, of wins, win rate."""
    checks = s.frame("checklist", "opportunity_id", "kind", "assessed_on", "value")
    checks = checks[checks.kind == "necessary_condition"]
    newest = checks[checks.assessed_on == checks.groupby("opportunity_id").assessed_on.transform("max")]
    score = newest.groupby("opportunity_id").value.mean() * 100
    hours = s.frame("support_request", "opportunity_id", "hours").groupby("opportunity_id").hours.sum()
    closed = s.last[s.last.closed.notna() & (s.last.pipeline == "ka")]
    weak = closed.opportunity_id.map(score) < 40
    spent = closed.opportunity_id.map(hours).fillna(0)
    had = spent > 0
    return {
        "hours_share": float(spent[weak].sum() / spent.sum()),
        "deals_share": float(weak[had].mean()),
        "wins_share": float((weak & (closed.stage == "won")).sum() / (closed.stage == "won").sum()),
        "win_weak": win_rate(closed[weak & had]),
        "win_others": win_rate(closed[~weak & had]),
    }


def closeness(s: Sample) -> Figures:
    """Truth 8: win rate by our closeness 28 days before the close, and how well it and the CRM's probability rank."""
    judged = s.frame("assessment", "opportunity_id", "week", "party", "closeness")
    judged = judged[judged.party == "us"].merge(
        s.last.loc[s.last.status.isin(["won", "lost"]), ["closed", "stage", "pipeline"]],
        left_on="opportunity_id",
        right_index=True,
    )
    age = (judged.closed - judged.week).dt.days
    judged = judged[(age >= 28) & (age < 56)].sort_values("week").drop_duplicates("opportunity_id", keep="last")
    won, near = judged.stage == "won", judged.closeness
    weekly = s.weekly[["opportunity_id", "snapshot_date", "probability"]].merge(
        judged[["opportunity_id", "closed", "stage"]], on="opportunity_id", suffixes=("", "_end")
    )
    weekly = weekly[weekly.snapshot_date <= weekly.closed - pd.Timedelta(days=28)]
    said = weekly.sort_values("snapshot_date").drop_duplicates("opportunity_id", keep="last")
    truth = (said.stage == "won").astype(float)
    return {
        "n": float(len(judged)),
        "win_below_40": float(won[near < 40].mean()),
        "win_40_60": float(won[(near >= 40) & (near < 60)].mean()),
        "win_from_60": float(won[near >= 60].mean()),
        "auc_closeness": auc(near, won),
        "auc_probability": auc(said.probability, truth == 1),
        "brier_probability": float(((said.probability - truth) ** 2).mean()),
        "brier_base_rate": float(truth.mean() * (1 - truth.mean())),
    }


def auc(score: pd.Series, won: pd.Series) -> float:
    """Chance that a won deal had the higher score than a lost one (ties count half)."""
    ranks = score.rank()
    n, m = int(won.sum()), int((~won).sum())
    return float((ranks[won].sum() - n * (n + 1) / 2) / (n * m))


def threads(s: Sample) -> Figures:
    """Truth 9: share of open deals with at most one contact, in one team and in the other SMB teams."""
    chain = s.frame("opportunity_contact", "opportunity_id", "contact_id", "snapshot_date")
    people = chain[chain.snapshot_date == END].groupby("opportunity_id").contact_id.nunique()
    deals = s.last[(s.last.status == "open") & (s.last.segment == "SMB")]
    single = deals.opportunity_id.map(people).fillna(0) <= 1
    mine = deals.team == "中小东区 SMB East"
    return {"single": float(single[mine].mean()), "single_others": float(single[~mine].mean())}


def channel(s: Sample) -> Figures:
    """Truth 10: median days from creation to the win, channel deals of one region against those of the others."""
    won = s.last[(s.last.stage == "won") & (s.last.sales_mode == "channel") & (s.last.pipeline == "smb")]
    days, here = (won.closed - won.created_on).dt.days, won.region == "华南 South"
    return {
        "median_south": float(days[here].median()),
        "median_others": float(days[~here].median()),
        "n_south": float(here.sum()),
    }


def stalled(s: Sample) -> Figures:
    """Truth 11: open deals a year old that never left their first stage and were not touched for half a year."""
    moves = s.visits.groupby("opportunity_id").size()
    old = s.last[(s.last.status == "open") & (s.last.created_on < END - pd.Timedelta(days=365))]
    still = (old.opportunity_id.map(moves) == 1) & (END - old.last_activity_on > pd.Timedelta(days=180))
    teams = old[still].team.value_counts()
    return {
        "team": float(teams.get("大客户西区 KA West", 0)),
        "next_team": float(teams.drop("大客户西区 KA West").max()),
    }


def response(s: Sample) -> Figures:
    """Truth 12: median hours to the first response, requests without one counted as longer than all others."""
    asked = s.frame("support_request", "team", "requested_at", "first_response_at")
    hours = (asked.first_response_at - asked.requested_at).dt.total_seconds().div(3600).fillna(np.inf)
    mine, late = asked.team == "售前东区 Presales East", asked.requested_at >= pd.Timestamp("2026-04-01")
    return {
        "before": float(hours[mine & ~late].median()),
        "after": float(hours[mine & late].median()),
        "others_after": float(hours[~mine & late].median()),
    }


def forecast(s: Sample) -> Figures:
    """Truth 13: amount x probability of the open deals due in a quarter, against what of them was won in it."""
    promised = won = 0.0
    closed = s.last.closed.where(s.last.stage == "won")
    for start in pd.date_range("2024-01-01", "2026-07-01", freq="QS"):
        weeks = s.weekly.snapshot_date.drop_duplicates()
        at, end = weeks[weeks < start].max(), start + pd.offsets.QuarterEnd(0)
        due = s.weekly[
            (s.weekly.snapshot_date == at) & (s.weekly.status == "open") & (s.weekly.expected_close_on <= end)
        ]
        amount = due.amount_base.astype(float).fillna(0)
        promised += float((amount * due.probability).sum())
        won += float(amount[due.opportunity_id.map(closed) <= end].sum())
    return {"promised_million": promised / 1e6, "won_million": won / 1e6, "ratio": promised / won}


def duplicates(s: Sample) -> Figures:
    """Truth 14: open deals of one company code, product line and type that stand there more than once."""
    account = s.frame("account", "account_id", "uscc", "snapshot_date")
    code = account[account.snapshot_date == END].set_index("account_id").uscc
    deals = s.last[s.last.status == "open"].assign(uscc=lambda x: x.account_id.map(code)).dropna(subset=["uscc"])
    sizes = deals.groupby(["product_line", "uscc", "type"]).size()
    extra = (sizes[sizes > 1] - 1).groupby("product_line").sum()
    line = "边缘网关 Edge gateway"
    return {"line": float(extra.get(line, 0)), "others": float(extra.drop(line, errors="ignore").sum())}


def promoted(s: Sample) -> Figures:
    """Truth 15: accounts whose segment changes from SMB to KA between two snapshots."""
    account = s.frame("account", "account_id", "segment", "snapshot_date")
    first, last = (
        account[account.snapshot_date == d].set_index("account_id").segment for d in ("2025-03-26", "2025-09-24")
    )
    return {"accounts": float(((first == "SMB") & (last == "KA")).sum())}


TRUTHS = {
    f.__name__: f
    for f in (
        quote_days,
        rival,
        leaver,
        pushes,
        tender,
        simpson,
        presales,
        closeness,
        threads,
        channel,
        stalled,
        response,
        forecast,
        duplicates,
        promoted,
    )
}


def measure(tables: Mapping[str, pa.Table]) -> dict[str, Figures]:
    """Truth -> figure -> value."""
    sample = Sample(tables)
    return {name: count(sample) for name, count in TRUTHS.items()}


def document(figures: Mapping[str, Figures]) -> str:
    """The figures as the table of docs/sample-company.md."""
    rows = ["| truth | counted by hand |", "|---|---|"]
    for name, values in figures.items():
        rows.append(
            f"| `{name}` | "
            + " · ".join(f"{k} {v:.3g}" if v < 1000 else f"{k} {v:,.0f}" for k, v in values.items())
            + " |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    from data import demo

    print(document(measure(demo.build())))
