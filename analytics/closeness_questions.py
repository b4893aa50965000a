"""Questions about closeness. A part of `analytics.ask.Ask`; the data come through it.

Names of contacts are masked here unless the scope of the view allows them (`Scope.show_names`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import closeness, closeness_accounts
from analytics.closeness_accounts import masked
from analytics.view import View
from data.errors import MvpodError
from data.scope import Filters
from data.settings import Settings

if TYPE_CHECKING:
    from analytics.win_trend import Horizon
    from data.queries import Slice

#: Dimensions that an account has by itself; filters on others do not choose among accounts.
OF_ACCOUNTS = ("segment", "ownership", "industry", "region", "team", "owner_id", "account_id")
#: How a board can be ordered.
SORTS = ("alerts", "fallen", "risen", "fallen_period", "weak", "amount")
#: Weeks that a small line and a trend show.
SPARK_WEEKS, TREND_WEEKS = 26, 104
#: Most accounts of one person that are looked at together.
MEMBERS = 500


class ClosenessQuestions:
    """What `Ask` can be asked about closeness (METHOD B1 to B5, B11)."""

    if TYPE_CHECKING:
        settings: Settings

        def _asked(self, query: str, view: View | Slice, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _names(self, of: str, ids: Iterable[Any], as_of: date) -> dict[str, str]: ...
        def _horizon(self, view: View) -> Horizon: ...
        def metric(self, key: str, view: View, by: Sequence[str] = (), **options: int) -> pd.DataFrame: ...
        def _seen(self, view: View, opportunity_id: str) -> tuple[pd.DataFrame, View]: ...

    def closeness_summary(self, view: View) -> pd.DataFrame:
        """How many accounts stand where, per segment (columns: sql/closeness_summary.sql). No rows: not measured."""
        return self._closeness(view, "summary", **self._alert_rules())

    def closeness_weeks(self, view: View, weeks: int = TREND_WEEKS) -> pd.DataFrame:
        """Mean closeness per week and segment, `mean`: that of four weeks (columns: sql/closeness_weeks.sql)."""
        frame = self._closeness(view, "weeks", since=view.as_of - timedelta(weeks=weeks))
        means = frame.groupby("segment", sort=False)["closeness"].transform(
            lambda s: s.rolling(4, min_periods=1).mean()
        )
        return frame.assign(mean=means)

    def closeness_board(self, view: View, sort: str = "alerts", *, words: str = "", limit: int = 100) -> pd.DataFrame:
        """Accounts as they stand in the last week that ended by the as-of date (columns: sql/closeness_board.sql,
        closeness_accounts.board, holder_name, owner_name). `attrs["total"]`: how many there are of this kind;
        `attrs["orphaned"]`: of how many the one has gone who held them alone.

        `sort`: alerts (first those whose one holder has gone, then where a score or an important contact fell; the
        largest open amount first), fallen, risen (over the weeks of the settings; accounts with open deals),
        fallen_period (since the start of the view's period), weak, amount (all, by open amount).
        """
        found = self._board_rows(view, sort, words, limit)
        kinds = {name: int(found[name].iloc[0]) if len(found) else 0 for name in ("total", "orphaned")}
        frame = self._on_board(view, found)
        frame.attrs |= kinds
        return frame

    def closeness_movers(self, view: View, limit: int = 6) -> pd.DataFrame:
        """Accounts that lost and won most over the last weeks, the largest loss first (columns of closeness_board)."""
        fallen, risen = (self._board_rows(view, sort, "", limit) for sort in ("fallen", "risen"))
        parts = [part for part in (fallen, risen.iloc[::-1]) if len(part)] or [fallen]
        return self._on_board(view, pd.concat(parts, ignore_index=True))

    def _board_rows(self, view: View, sort: str, words: str, limit: int) -> pd.DataFrame:
        if sort not in SORTS:
            raise ValueError(f"{sort} is none of {SORTS}")
        return self._closeness(view, "board", **self._alert_rules(), sort=sort, words=words.strip(), limit=limit)

    def _on_board(self, view: View, found: pd.DataFrame) -> pd.DataFrame:
        """Rows of sql/closeness_board.sql as a board shows them."""
        found, courses = found.drop(columns=["total", "orphaned"]), self._courses(view, found["account_id"])
        return self._with_people(closeness_accounts.board(found, courses, self.settings.closeness), view.as_of)

    def closeness_shifts(self, view: View) -> pd.DataFrame:
        """Which group of accounts came closer or drifted off since the start of the view's period, among all sellers
        held relationships alone, owners, teams, segments, regions, industries and ownerships (columns:
        closeness_accounts.SHIFTS, name, is_active of a person)."""
        found = closeness_accounts.shifts(self._closeness(view, "shifts", **self._alert_rules()))
        people = found["dimension"].isin(["holder_id", "owner_id"])
        names = self._names("owner", found.loc[people, "value"], view.as_of)
        return found.assign(name=[names.get(v, v) for v in found["value"]])

    def closeness_loss(self, view: View) -> dict[str, Any]:
        """With whom closeness was lost since the start of the period, and what became of the accounts; empty where it
        was really lost with nobody (closeness_accounts.lost_with).

        "group": the row of `closeness_shifts`, held (mean person dependence at the start), is_active (None: not known),
        since and until (the days between which most of it was lost; None: the weeks do not show it); "weeks": its
        accounts week by week (closeness_accounts.weeks_of); "wins": win rate of its accounts before and since the fall,
        two rows of n, won, value, low, high (no rows: when they fell is not known).
        """
        row = closeness_accounts.lost_with(self.closeness_shifts(view))
        if row is None:
            return {}
        members = self._closeness(view, "members", dimension=row["dimension"], value=row["value"], limit=MEMBERS,
                                  **self._alert_rules())
        start = min(view.start or view.as_of, view.as_of - timedelta(weeks=TREND_WEEKS))
        course = self._closeness(view, "course", ids=list(members["account_id"]), since=start - timedelta(weeks=4))
        weeks = closeness_accounts.weeks_of(course)
        days = closeness_accounts.fall(weeks, row["closeness_before"], row["closeness_now"], view.start)
        active = members["is_active"].iloc[0]
        group = row | {"held": float(members["dependence_start"].mean()),
                       "is_active": None if pd.isna(active) else bool(active),
                       "since": days[0] if days else None, "until": days[1] if days else None}
        return {"group": group, "weeks": weeks, "wins": self._wins_around(view, members["account_id"], group["since"])}

    def _wins_around(self, view: View, accounts: Iterable[str], day: date | None) -> pd.DataFrame:
        """The win rate of some accounts before and since a day, as far back as the store knows all closings."""
        columns = ["n", "won", "value", "low", "high"]
        if day is None:
            return pd.DataFrame(columns=columns)
        mine = of_accounts(view)
        mine = mine.with_(filters=mine.filters.with_(account_id=list(accounts)))
        before = mine.with_(start=self._horizon(view).complete_from, end=day - timedelta(days=1))
        found = [self.metric("win_rate.count", side)[columns] for side in (before, mine.with_(start=day))]
        return pd.concat(found, ignore_index=True)

    def holders(self, view: View, limit: int = 50) -> pd.DataFrame:
        """Who holds relationships alone: the seller leaves and takes the customer (columns: sql/closeness_holders.sql,
        holder_name). The largest open amount first."""
        frame = self._closeness(view, "holders", **self._alert_rules(), limit=limit)
        total = int(frame["total"].iloc[0]) if len(frame) else 0
        names = self._names("owner", frame["holder_id"], view.as_of)
        frame = frame.drop(columns="total").assign(
            holder_name=frame["holder_id"].map(lambda i: names.get(i, i)).astype("str")
        )
        frame.attrs["total"] = total
        return frame

    def account_story(self, view: View, account_id: str) -> dict[str, Any]:
        """Everything of one account on the last day judged by the as-of date, within the viewer's scope; filters do not
        hide it. "account": the row of the mart with names; "course": its weeks; "formula", "departments", "people",
        "coverage", "map", "relations", "gaps", "trust": tables (see the questions of these names).
        Raises MvpodError E_ACCOUNT.
        """
        case = self._case(view, account_id)
        rules = self.settings.closeness
        return {
            "account": case.row,
            "course": self._course(view, account_id),
            "formula": closeness_accounts.formula(case.result, rules),
            "departments": case.result.departments,
            "people": self._person_rows(case, view),
            "coverage": closeness_accounts.coverage(case.people, case.result.departments),
            "map": case.map,
            "relations": case.relations,
            "gaps": closeness_accounts.gaps(case.people, case.result.departments),
            "trust": self._trusts(case),
        }

    def closeness_formula(self, view: View, account_id: str) -> dict[str, pd.DataFrame]:
        """The formula with the account's own numbers: "formula" (closeness_accounts.formula), "departments"
        (analytics.closeness.Account), "people" (analytics.closeness.people, names masked)."""
        case = self._case(view, account_id)
        return {
            "formula": closeness_accounts.formula(case.result, self.settings.closeness),
            "departments": case.result.departments,
            "people": self._person_rows(case, view),
        }

    def trust(self, view: View, account_id: str) -> pd.DataFrame:
        """How far each contact of an account trusts us: who, title, department, frequency, expertise, depth, length (0
        to 1 each), score (0 to 100), step on the ladder (METHOD B11)."""
        return self._trusts(self._case(view, account_id))

    def chain_coverage(self, view: View, opportunity_id: str) -> dict[str, Any]:
        """How well the deciders of one opportunity are known (METHOD B5): "people" (sql/chain_people.sql, `who` for
        the name), "share", "missing", "is_opposed" (analytics.closeness.Coverage), "closeness" of the project,
        "solution_accept", "price_accept". No people: not measured. Raises MvpodError E_OPPORTUNITY."""
        _, view = self._seen(view, opportunity_id)
        chain = self._asked("chain_people", view, opportunity_id=opportunity_id)
        rules = self.settings.closeness
        found = closeness.chain_coverage(chain, rules)
        people = chain.drop(columns="name").assign(who=[masked(n, show=view.scope.show_names) for n in chain["name"]])
        return {
            "people": people,
            "share": found.share,
            "missing": found.missing,
            "is_opposed": found.is_opposed,
            "closeness": closeness.project(chain, rules),
            **{g: closeness.gauge(chain, g, rules) for g in ("solution_accept", "price_accept")},
        }

    def chains(self, view: View, by: str = "team") -> pd.DataFrame:
        """How well the deciders of everything open are known, per group (columns: sql/chains.sql,
        closeness_accounts.chains)."""
        now = view.with_(start=None, end=None)
        found = closeness_accounts.chains(self._asked("chains", now, [by], **self._score_rules("chains")))
        return found.sort_values(by, kind="stable").reset_index(drop=True)

    def _closeness(self, view: View, part: str, **more: Any) -> pd.DataFrame:
        return self._asked("closeness", of_accounts(view), part=part, **more)

    def _score_rules(self, query: str) -> dict[str, Any]:
        """What the settings say to a query that makes scores of METHOD B4, B5 or B11; nothing to any other."""
        rules = self.settings.closeness
        if query == "account_scores":
            return {"dependence_from": rules.dependence_from}
        if query == "chains":
            families = {name: list(roles) for name, roles in closeness.REQUIRED_ROLES.items()}
            weights = [closeness.role_weight(roles[0], rules) for roles in families.values()]
            return families | {"family_weights": weights, "unknown_attitude": rules.unknown_attitude,
                               "other_role": rules.other_role, **_listed("role", rules.role_weights)}  # fmt: skip
        if query == "trust_scores":
            names = ("other_activity", "capped_days", "half_life_days", "unknown_cadence_days", "expert_full",
                     "personal_full", "key_importance", "length_months", "trust_days")  # fmt: skip
            lists = ("cadence_days", "ladder", "capped", "expert_kinds", "personal_kinds")
            return {name: getattr(rules, name) for name in names} | {
                **{name: [_lower(v) for v in getattr(rules, name)] for name in lists},
                **_listed("kind", rules.activity_weights), "zone": self.settings.organisation.timezone}  # fmt: skip
        return {}

    def _alert_rules(self) -> dict[str, float]:
        rules = self.settings.closeness
        return {
            "drop_weeks": rules.drop_weeks,
            "drop_points": rules.drop_points,
            "drop_levels": rules.drop_levels,
            "dependence_from": rules.dependence_from,
        }

    def _courses(self, view: View, ids: Iterable[Any]) -> pd.DataFrame:
        return self._closeness(view, "course", ids=sorted(set(ids)), since=view.as_of - timedelta(weeks=SPARK_WEEKS))

    def _course(self, view: View, account_id: str) -> pd.DataFrame:
        view = view.with_(filters=Filters())
        frame = self._closeness(view, "course", ids=[account_id], since=view.as_of - timedelta(weeks=TREND_WEEKS))
        return frame.assign(mean=frame["closeness"].rolling(4, min_periods=1).mean())

    def _with_people(self, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
        names = self._names("owner", [*frame["owner_id"], *frame["holder_id"]], as_of)
        return frame.assign(
            **{f"{who}_name": frame[f"{who}_id"].map(names).astype("str") for who in ("holder", "owner")}
        )

    def _case(self, view: View, account_id: str) -> _Case:
        """One account as of the last day judged, from the canonical tables; E_ACCOUNT if it may not be seen."""
        view = view.with_(filters=Filters())
        state = self._asked("account", view, part="state", account_id=account_id)
        if state.empty:
            raise MvpodError("E_ACCOUNT", found=account_id, as_of=view.as_of.isoformat())
        day = state["as_of_on"].iloc[0].date()
        zone = self.settings.organisation.timezone
        people = self._asked("account", view, part="people", account_id=account_id, day=day)
        ids = list(people["contact_id"])
        parts = {
            part: self._asked("account", view, part=part, account_id=account_id, day=day, zone=zone, contacts=ids)
            for part in ("departments", "touches", "roles", "relations")
        }
        row = self._with_people(state, view.as_of).iloc[0].to_dict()
        row["account_name"] = self._names("account", [account_id], day).get(account_id, account_id)
        row["band"] = closeness.band(row["closeness"], self.settings.closeness)
        return _Case(
            row,
            day,
            people,
            parts["departments"],
            parts["touches"],
            parts["roles"],
            parts["relations"],
            self.settings,
            view.scope.show_names,
        )

    def _person_rows(self, case: _Case, view: View) -> pd.DataFrame:
        frame = case.people
        names = self._names("owner", frame["holder_id"], view.as_of)
        return frame.drop(columns="name").assign(
            who=[masked(n, show=case.show_names) for n in frame["name"]],
            holder_name=frame["holder_id"].map(names).astype("str"),
        )

    def _trusts(self, case: _Case) -> pd.DataFrame:
        rules, rows = self.settings.closeness, []
        for person in case.contacts.to_dict("records"):
            mine = case.done.get(person["contact_id"], [])
            found = closeness.trust(mine, person["importance"], person["first_contact_on"], case.day, rules)
            rows.append(
                {
                    "contact_id": person["contact_id"],
                    "who": masked(person["name"], show=case.show_names),
                    "title": person["title"],
                    "department": person["department"],
                    "importance": person["importance"],
                    **vars(found),
                }
            )
        columns = [
            "contact_id",
            "who",
            "title",
            "department",
            "importance",
            "frequency",
            "expertise",
            "depth",
            "length",
            "score",
            "step",
        ]
        return (
            pd.DataFrame(rows, columns=columns)
            .sort_values(["score", "contact_id"], ascending=[False, True], kind="stable")
            .reset_index(drop=True)
        )


@dataclass(frozen=True)
class _Case:
    """One account: its row of the mart, and what its numbers are made of."""

    row: dict[str, Any]
    day: date
    contacts: pd.DataFrame
    departments: pd.DataFrame
    touches: pd.DataFrame
    roles: pd.DataFrame
    relations: pd.DataFrame
    settings: Settings
    show_names: bool

    @cached_property
    def done(self) -> dict[str, list[dict[Any, Any]]]:
        return closeness.by_contact(closeness.counted(self.touches, self.day, self.settings.closeness))

    @cached_property
    def people(self) -> pd.DataFrame:
        chain = self.roles[["contact_id", "status", "decision_role"]]
        return closeness.as_they_stand(self.contacts, self.done, chain, self.day, self.settings.closeness)

    @cached_property
    def result(self) -> closeness.Account:
        return closeness.account(self.people, self.departments, self.settings.closeness)

    @cached_property
    def map(self) -> pd.DataFrame:
        return closeness_accounts.map_people(self.people, self.roles, show_names=self.show_names)


def _listed(name: str, weights: Mapping[str, float]) -> dict[str, Any]:
    """Names and what they weigh as two lists that SQL can bind."""
    return {f"{name}s": [_lower(k) for k in weights], f"{name}_weights": list(weights.values())}


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def of_accounts(view: View) -> View:
    """The view with those filters only that choose among accounts; those of deals (type, product line …) do not."""
    return view.with_(filters=Filters.of({d: list(v) for d, v in view.filters.chosen if d in OF_ACCOUNTS}))


def not_of_accounts(view: View) -> list[str]:
    """The dimensions that are filtered but do not choose among accounts."""
    return [d for d, _ in view.filters.chosen if d not in OF_ACCOUNTS]
