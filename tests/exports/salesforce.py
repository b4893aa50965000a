"""The sample company as a weekly export of Salesforce, in API names, with its traps: ids of 15 characters beside those
of 18, deleted records, history rows that repeat a stage because something else was saved, and rows in no order."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from data.mapping.parsing import _completed
from tests.exports.company import END, PIPELINES, Row, Tables, is_closed, iso, label, noon, only, percent, put, tables

TYPES = {"new": "New Customer", "renewal": "Renewal", "resale": "Existing Customer - Upgrade"}
FORECAST = {"omitted": "Omitted", "pipeline": "Pipeline", "best_case": "Best Case", "commit": "Commit",
            "closed": "Closed"}


def short(prefix: str, own: str | None) -> str:
    """An id of ours as one of Salesforce with 15 characters."""
    return "" if own is None else f"{prefix}Gb00000{own[1:]:0>5}"[:15] if len(own) < 7 else f"{prefix}Gb0000{own[1:]}"


def long(prefix: str, own: str | None) -> str:
    """The same with 18 characters."""
    return "" if own is None else _completed(short(prefix, own))


def write(folder: Path, day: date = END) -> None:
    """Opportunity, OpportunityHistory, OpportunityStage, Account, User, RecordType."""
    found = tables(day)
    put(folder, "RecordType.csv", [{"Id": _completed(short("012", f"X{i}")), "Name": p.label["en"],
                                    "SobjectType": "Opportunity", "IsActive": "true"}
                                   for i, p in enumerate(PIPELINES.values())])
    rows = [_opportunity(row) for row in found["opportunity"]]
    gone = {**rows[0], "Id": _completed("006Gb0000999999"), "IsDeleted": "true"}
    put(folder, "Opportunity.csv", [*rows, gone], quoting=1)
    put(folder, "OpportunityHistory.csv", _history(found), quoting=1)
    put(folder, "Account.csv", [{
        "Id": long("001", row["account_id"]), "IsDeleted": "false", "Name": row["name"], "Industry": row["industry"],
        "AnnualRevenue": row["annual_revenue"], "NumberOfEmployees": row["employees"], "Ownership": row["ownership"],
        "BillingCountry": "China", "Region__c": row["region"], "Segment__c": row["segment"],
        "OwnerId": long("005", row["owner_id"])} for row in found["account"]], quoting=1)
    stages = {s.label["en"]: s for p in PIPELINES.values() for s in p.stages}  # of all record types together
    put(folder, "OpportunityStage.csv", [{
        "Id": f"01JGb{i:010d}", "MasterLabel": name, "ApiName": name, "IsActive": "true", "SortOrder": i,
        "IsClosed": str(s.kind != "open").lower(), "IsWon": str(s.kind == "won").lower(),
        "DefaultProbability": percent(s.probability)} for i, (name, s) in enumerate(stages.items())])
    put(folder, "User.csv", [{
        "Id": long("005", row["owner_id"]), "Name": row["name"], "Department": row["team"], "Region__c": row["region"],
        "ManagerId": long("005", row["manager_id"]), "Title": row["role"], "IsActive": str(row["is_active"]).lower()}
        for row in found["owner"]], quoting=1)


def _opportunity(row: Row) -> Row:
    closed = is_closed(row)
    return {
        "Id": long("006", row["opportunity_id"]), "IsDeleted": "false",
        "AccountId": short("001", row["account_id"]),  # a report would bring it so
        "RecordTypeId": _completed(short("012", f"X{list(PIPELINES).index(row['pipeline'])}")),
        "Name": row["name"], "StageName": label(row["pipeline"], row["stage"]), "Amount": row["amount"],
        "Probability": percent(row["probability"]), "CloseDate": row["closed_on"] if closed else
        row["expected_close_on"], "Type": TYPES[row["type"]], "NextStep": row["next_step"],
        "LeadSource": row["lead_source"], "IsClosed": str(closed).lower(),
        "IsWon": str(row["status"] == "won").lower(), "ForecastCategoryName": FORECAST[row["forecast_category"]],
        "CurrencyIsoCode": row["currency"], "OwnerId": long("005", row["owner_id"]),
        "CreatedDate": noon(row["created_on"]), "LastStageChangeDate": noon(row["stage_entered_on"]),
        "LastActivityDate": row["last_activity_on"], "Loss_Reason__c": row["loss_reason"],
        "Main_Competitor__c": row["main_competitor"], "Budget_Line__c": "x"}


def _history(found: Tables) -> list[Row]:
    rows = []
    amounts = {row["opportunity_id"]: row["amount"] and int(row["amount"]) for row in found["opportunity"]}
    for i, event in enumerate(found["stage_change"]):
        row = {"Id": f"008Gb{i:010d}", "OpportunityId": short("006", event["opportunity_id"]),
               "CreatedById": long("005", event["changed_by"]), "CreatedDate": iso(event["changed_at"]),
               "StageName": label(event["pipeline"], event["to_stage"]), "Amount": amounts[event["opportunity_id"]],
               "IsDeleted": "false"}
        rows.append(row)
        if i % 5 == 0:  # the amount was saved a minute later: another row with the same stage
            rows.append({**row, "Id": f"008Gc{i:010d}", "CreatedDate": iso(event["changed_at"] + timedelta(minutes=1))})
    return rows[::-1]


def carried(day: date = END) -> Tables:
    """What these files say: one close date, no paused or future status."""
    found = tables(day)
    rows = only(found["opportunity"], "opportunity_id", "account_id", "name", "pipeline", "stage", "status", "type",
                "amount", "currency", "owner_id", "created_on", "expected_close_on", "closed_on", "stage_entered_on",
                "lead_source", "loss_reason", "main_competitor", "next_step", "last_activity_on", "probability",
                "forecast_category")
    for row in rows:
        row["expected_close_on"] = row["closed_on"] if is_closed(row) else row["expected_close_on"]
        row["status"] = "open" if row["status"] in ("paused", "future") else row["status"]
    return {"opportunity": rows, "account": found["account"], "owner": found["owner"],
            "stage_change": [{**e, "from_stage": None} for e in found["stage_change"]]}

