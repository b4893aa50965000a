"""The sample company as the API of Pipedrive gives it (deals v1 and the flow), with its traps: lost is a status and the
deal keeps its stage, deleted deals, and changes of other fields in the flow."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from data.contracts import CLOSING_KINDS
from tests.exports.company import (
    END,
    PIPELINES,
    Row,
    Tables,
    at_loss,
    by_status,
    closing,
    is_closed,
    noon,
    number,
    percent,
    plain,
    put,
    tables,
    with_stage,
)

PIPELINE_IDS = {key: str(i) for i, key in enumerate(PIPELINES, 1)}
STAGE_IDS = {(p.key, s.key): str(10 * i + j) for i, p in enumerate(PIPELINES.values(), 1)
             for j, s in enumerate(p.stages) if s.kind == "open"}


def write(folder: Path, day: date = END) -> None:
    """Deals, their flow, stages, pipelines, organizations and users."""
    found = with_stage(tables(day))
    put(folder, "pipelines.csv", [{"id": PIPELINE_IDS[p.key], "name": p.label["en"], "order_nr": i, "active": "true"}
                                  for i, p in enumerate(PIPELINES.values())])
    put(folder, "stages.csv", [{
        "id": STAGE_IDS[p.key, s.key], "order_nr": i, "name": s.label["en"], "active_flag": "true",
        "deal_probability": percent(s.probability), "pipeline_id": PIPELINE_IDS[p.key], "rotten_flag": "false"}
        for p in PIPELINES.values() for i, s in enumerate(p.stages) if s.kind == "open"])
    last = at_loss(found)
    deals = [_deal(row, last) for row in found["opportunity"]]
    put(folder, "deals.csv", [*deals, {**deals[0], "id": "999999", "status": "deleted", "deleted": "true"}])
    put(folder, "flow.csv", _flow(found))
    put(folder, "organizations.csv", [{
        "id": number(row["account_id"]), "name": row["name"], "industry": row["industry"], "region": row["region"],
        "annual_revenue": row["annual_revenue"], "employee_count": row["employees"], "segment": row["segment"],
        "ownership": row["ownership"], "owner_id": number(row["owner_id"])} for row in found["account"]])
    put(folder, "users.csv", [{"id": number(row["owner_id"]), "name": row["name"], "team": row["team"],
                               "region": row["region"], "active_flag": "true"} for row in found["owner"]])


def _deal(row: Row, last: dict[str, Row]) -> Row:
    event = last.get(row["opportunity_id"])
    stage = event["to_stage"] if event else row["stage"]
    status = "won" if row["status"] == "won" else "lost" if is_closed(row) else "open"
    closed = plain(closing(row)) if is_closed(row) else ""
    return {
        "id": number(row["opportunity_id"]), "title": row["name"], "value": row["amount"], "currency": row["currency"],
        "stage_id": STAGE_IDS.get((row["pipeline"], stage), ""), "pipeline_id": PIPELINE_IDS[row["pipeline"]],
        "org_id": number(row["account_id"]), "user_id": number(row["owner_id"]), "status": status, "deleted": "false",
        "add_time": noon(row["created_on"]).replace("T", " ").removesuffix("Z"),
        "stage_change_time": plain(event["changed_at"]) if event else "",
        "expected_close_date": row["expected_close_on"], "close_time": closed,
        "won_time": closed if status == "won" else "", "lost_time": closed if status == "lost" else "",
        "lost_reason": row["loss_reason"], "origin": row["lead_source"], "probability": percent(row["probability"]),
        "last_activity_date": row["last_activity_on"], "f3a5d6e7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3": "custom"}


def _flow(found: Tables) -> list[Row]:
    rows = []
    for event in found["stage_change"]:
        pipeline, to = event["pipeline"], event["to_stage"]
        change = {"object": "dealChange", "timestamp": plain(event["changed_at"]),
                  "item_id": number(event["opportunity_id"]), "user_id": number(event["changed_by"]),
                  "log_time": plain(event["changed_at"]), "is_bulk_update_flag": ""}
        if to in CLOSING_KINDS:
            rows.append({**change, "field_key": "status", "old_value": "open",
                         "new_value": "won" if to == "won" else "lost"})
        elif event["from_stage"] is not None:  # the first stage is in no flow: the deal was made there
            rows.append({**change, "field_key": "stage_id", "new_value": STAGE_IDS[pipeline, to],
                         "old_value": STAGE_IDS.get((pipeline, event["from_stage"]), "")})
        rows.append({**change, "field_key": "value", "old_value": "1", "new_value": "2"})
    return rows


def carried(day: date = END) -> Tables:
    """What these files say: open, won or lost and nothing else; the first stage since creation."""
    return by_status(day, "amount", "currency", "last_activity_on")
