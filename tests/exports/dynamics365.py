"""The sample company as tables of Dataverse, week by week, with its traps: ids with braces and in capitals, an actual
value of 0 for what was lost, and a process that dates its present stage alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.exports.company import (
    END,
    PIPELINES,
    Row,
    Tables,
    at_loss,
    is_closed,
    iso,
    noon,
    only,
    percent,
    put,
    tables,
    with_stage,
)

STAGE_IDS = {(p.key, s.key): f"{i}{j:07d}-aaaa-4bbb-8ccc-{j:012d}" for i, p in enumerate(PIPELINES.values(), 1)
             for j, s in enumerate(p.stages) if s.kind == "open"}
PROCESS_IDS = {key: f"{i}e0e0e0e-0000-4000-9000-{i:012d}" for i, key in enumerate(PIPELINES, 1)}
YUAN, DOLLAR = "c0000000-0000-4000-8000-000000000001", "c0000000-0000-4000-8000-000000000002"


def guid(kind: str, own: str | None) -> str:
    """An id of ours as a GUID."""
    return "" if own is None else f"{kind}{int(own[1:]):07x}-1d1d-4d1d-8d1d-{int(own[1:]):012x}"


def write(folder: Path, day: date = END) -> None:
    """Opportunities, their processes and the stages of these, accounts, users and currencies."""
    found = with_stage(tables(day))
    put(folder, "workflow.csv", [{"workflowid": PROCESS_IDS[p.key], "name": p.label["en"]} for p in PIPELINES.values()])
    put(folder, "processstage.csv", [{
        "processstageid": STAGE_IDS[p.key, s.key], "stagename": s.label["en"], "stagecategory": i,
        "_processid_value": "{" + PROCESS_IDS[p.key].upper() + "}"}
        for p in PIPELINES.values() for i, s in enumerate(p.stages) if s.kind == "open"])
    last = at_loss(found)
    put(folder, "opportunity.csv", [_opportunity(row) for row in found["opportunity"]])
    put(folder, "opportunitysalesprocess.csv", [_process(row, last[row["opportunity_id"]])
                                                for row in found["opportunity"]])
    put(folder, "transactioncurrency.csv", [{"transactioncurrencyid": YUAN, "isocurrencycode": "CNY"},
                                            {"transactioncurrencyid": DOLLAR, "isocurrencycode": "USD"}])
    put(folder, "account.csv", [{
        "accountid": guid("a", row["account_id"]), "name": row["name"], "industrycode_name": row["industry"],
        "revenue": row["annual_revenue"], "numberofemployees": row["employees"], "customersegment": row["segment"],
        "address1_stateorprovince": row["region"], "ownershipcode_name": row["ownership"],
        "_ownerid_value": guid("e", row["owner_id"])} for row in found["account"]])
    put(folder, "systemuser.csv", [{
        "systemuserid": guid("e", row["owner_id"]), "fullname": row["name"], "businessunit_name": row["team"],
        "address1_stateorprovince": row["region"], "title": row["role"]} for row in found["owner"]])


def _opportunity(row: Row) -> Row:
    is_won, closed = row["status"] == "won", is_closed(row)
    reason = "3" if is_won else "5" if closed else "2" if row["status"] == "paused" else "1"
    return {
        "opportunityid": guid("f", row["opportunity_id"]), "name": row["name"],
        "_parentaccountid_value": guid("a", row["account_id"]), "_ownerid_value": guid("e", row["owner_id"]),
        "estimatedvalue": row["amount"], "actualvalue": row["amount"] if is_won else "0.0000" if closed else "",
        "_transactioncurrencyid_value": DOLLAR if row["currency"] == "USD" else YUAN,
        "closeprobability": percent(row["probability"]), "estimatedclosedate": row["expected_close_on"],
        "actualclosedate": row["closed_on"] if closed else "", "stepname": "", "salesstage": "0",
        "statecode": "1" if is_won else "2" if closed else "0", "statuscode": reason,
        "createdon": noon(row["created_on"]), "modifiedon": noon(row["created_on"])}


def _process(row: Row, event: Row) -> Row:
    pipeline = row["pipeline"]
    return {
        "businessprocessflowinstanceid": guid("b", row["opportunity_id"]),
        "_opportunityid_value": "{" + guid("f", row["opportunity_id"]).upper() + "}",
        "_processid_value": PROCESS_IDS[pipeline], "_activestageid_value": STAGE_IDS[pipeline, event["to_stage"]],
        "activestagestartedon": iso(event["changed_at"]), "traversedpath": "", "statecode": "0"}


def carried(day: date = END) -> Tables:
    """What the files of a week say: won, lost, open or on hold, and when the present stage began."""
    found = with_stage(tables(day))
    rows = only(found["opportunity"], "opportunity_id", "account_id", "name", "pipeline", "stage", "status", "amount",
                "currency", "owner_id", "created_on", "expected_close_on", "closed_on", "probability")
    for row in rows:
        if is_closed(row):
            row["status"] = row["stage"] = "won" if row["status"] == "won" else "lost"
        elif row["status"] == "future":
            row["status"] = "open"
    kept = {row["opportunity_id"] for row in rows}
    events = [{**e, "from_stage": None, "changed_by": None} for key, e in at_loss(found).items() if key in kept]
    return {"opportunity": rows, "account": found["account"], "owner": found["owner"], "stage_change": events}
