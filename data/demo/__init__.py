"""The sample company: three years of an invented sales organisation, with truths planted to be found.

`build` simulates it and returns canonical tables; `create` publishes them as the first load of a store. The same
seed gives the same tables in every process: each subject has a random stream of its own, and nothing asks the
clock. What is planted, and where it shows, is in docs/sample-company.md; the figures are in `truths.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from data.demo import activities, assessments, budgets, changes, company, moves, people, snapshots, support
from data.demo.columns import spelled_out
from data.demo.deals import draw, without_chance_duplicates
from data.demo.paths import WON, walk
from data.demo.plan import Plan
from data.settings import Settings, parse_settings

if TYPE_CHECKING:
    from data.intake.report import ImportReport

SEED = 20260930
END = date(2026, 9, 30)
PROFILE = "sample-company"
Progress = Callable[[str, float], None]


@cache
def demo_settings() -> Settings:
    """The settings of the sample company (settings.toml of this package)."""
    path = Path(__file__).parent / "settings.toml"
    return parse_settings(path.read_text(encoding="utf-8"), path.name)


def build(
    seed: int = SEED, accounts: int = 1500, opportunities: int = 9000, weeks: int = 157, end: date = END
) -> dict[str, pa.Table]:
    """All canonical tables of the sample company, in the schemas of `contracts.TABLES`.

    `opportunity` has one snapshot a week, the last on `end`; accounts, owners and departments have quarterly ones
    and those at which something changed; contacts and decision chains have monthly ones. The dates of the planted
    truths are fixed, so that an `end` other than the default shows fewer of them.
    """
    made = _simulated(Plan(seed, accounts, opportunities, weeks, end))
    return {name: spelled_out(name, table) for name, table in made.items()}


def _simulated(plan: Plan) -> dict[str, pa.Table]:
    """The same, texts of few words by number (`columns.table`)."""
    sellers = company.hire()
    buyers_of = company.found(plan, sellers)
    after = changes.account_owner_after(plan, sellers, buyers_of)
    deals = draw(plan, sellers, buyers_of, after)
    paths = walk(plan, deals, buyers_of, sellers)
    deals = without_chance_duplicates(deals, paths.final < WON)
    owner = changes.owners(plan, deals, paths, sellers, buyers_of, after)
    rival = changes.rivals(deals, paths)
    departments = people.organise(plan, buyers_of)
    contacts = people.meet(plan, buyers_of, sellers, departments)
    chain = people.introduce(plan, deals, contacts, sellers)
    contacts = people.met_in_deals(contacts, deals, chain)
    done = activities.work(plan, deals, paths, owner, contacts, chain, buyers_of, sellers, after)
    life = snapshots.Life(
        paths,
        changes.amounts(plan, deals, paths),
        owner,
        rival,
        changes.expected_closes(plan, deals, paths, sellers.team[deals.owner]),
        *done.of_deals(),
    )
    return {
        "opportunity": snapshots.opportunity_table(plan, deals, life, buyers_of, sellers, demo_settings()),
        "account": company.account_table(plan, sellers, buyers_of, after),
        "owner": company.owner_table(plan, sellers),
        "department": people.department_table(plan, buyers_of, departments),
        "contact": people.contact_table(plan, buyers_of, contacts),
        "opportunity_contact": people.opportunity_contact_table(plan, deals, paths, contacts, chain),
        "stage_change": moves.stage_change_table(plan, deals, life, sellers),
        "activity": activities.activity_table(plan, done, deals, buyers_of, sellers, contacts),
        "assessment": assessments.assessment_table(plan, deals, paths, rival, buyers_of, sellers),
        "checklist": assessments.checklist_table(plan, deals, paths),
        "support_request": support.support_request_table(plan, deals, paths, buyers_of),
        "target": budgets.target_table(plan),
        "cost": budgets.cost_table(plan),
        "standard": budgets.standard_table(plan),
        "relation": people.relation_table(plan, deals, contacts, chain),
    }


def create(
    store_path: Path,
    *,
    progress: Progress | None = None,
    seed: int = SEED,
    accounts: int = 1500,
    opportunities: int = 9000,
    weeks: int = 157,
) -> ImportReport:
    """Builds the sample company and publishes it as a load of the store at `store_path`.

    Nothing is published when anything fails: E_SAMPLE_OVER_REAL for a store that holds other data; MvpodError of the
    store and the import (busy, read-only, …) pass on.
    """
    from data.intake.importing import (  # here, so that the simulation can be used without a store
        check_company,
        import_tables,
    )

    check_company(Path(store_path), PROFILE)  # before minutes of simulation
    if progress:
        progress("demo.simulate", 0.0)
    return import_tables(
        store_path,
        _simulated(Plan(seed, accounts, opportunities, weeks, END)),
        settings=demo_settings(),
        sources=[f"{PROFILE}:{seed}"],
        profile=PROFILE,
        as_of=END,
        progress=progress,
    )
