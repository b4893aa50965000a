"""The sample company as an export of HubSpot, in internal names, with its traps: stages and pipelines as ids (labels
are shared between pipelines), ids with a meaningless number behind them, and deals that were merged into others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.exports.company import END, PIPELINES, Row, Tables, is_closed, iso, noon, only, put, tables

TYPES = {"new": "newbusiness", "renewal": "renewal", "resale": "existingbusiness"}
#: pipeline and stage -> HubSpot's ids: those of the first pipeline are words, those of others numbers
PIPELINE_IDS = {key: "default" if i == 0 else f"7{i:05d}1" for i, key in enumerate(PIPELINES)}
STAGE_IDS = {(p.key, s.key): f"{s.key.replace('_', '')}" if i == 0 else f"15318{i}{j:03d}"
             for i, p in enumerate(PIPELINES.values()) for j, s in enumerate(p.stages)}


def number(own: str | None) -> str:
    """An id of ours as one of HubSpot's."""
    return "" if own is None else str(9_000_000_000 + int(own[1:]))


def write(folder: Path, day: date = END) -> None:
    """Deals, their property history, the pipelines and their stages, companies and owners."""
    found = tables(day)
    put(folder, "deal_pipeline.csv", [{"pipeline_id": PIPELINE_IDS[p.key], "label": p.label["en"], "active": "true",
                                       "display_order": i} for i, p in enumerate(PIPELINES.values())])
    put(folder, "deal_pipeline_stage.csv", [{
        "stage_id": STAGE_IDS[p.key, s.key], "pipeline_id": PIPELINE_IDS[p.key], "label": s.label["en"],
        "display_order": i, "probability": s.probability, "is_closed": str(s.kind in ("won", "lost", "no_decision",
        "void")).lower(), "closed_won": str(s.kind == "won").lower(), "active": "true"}
        for p in PIPELINES.values() for i, s in enumerate(p.stages)])
    deals = [_deal(row, found) for row in found["opportunity"]]
    absorbed = {**deals[0], "hs_object_id": "8000000001", "dealname": "the same deal, typed in twice"}
    deals[0]["hs_merged_object_ids"] = "8000000001;8000000002"
    put(folder, "deals.csv", [*deals, absorbed])
    put(folder, "deal_property_history.csv", _history(found))
    put(folder, "companies.csv", [{
        "hs_object_id": number(row["account_id"]), "name": row["name"], "industry": row["industry"],
        "annualrevenue": row["annual_revenue"], "numberofemployees": row["employees"], "state": row["region"],
        "country": "China", "ownership_type": row["ownership"], "customer_segment": row["segment"],
        "hubspot_owner_id": number(row["owner_id"])} for row in found["account"]])
    put(folder, "owners.csv", [{"owner_id": number(row["owner_id"]), "email": f"{row['owner_id'].lower()}@example.com",
                                "full_name": row["name"], "team": row["team"], "region": row["region"]}
                               for row in found["owner"]])


def _deal(row: Row, found: Tables) -> Row:
    closed, pipeline = is_closed(row), row["pipeline"]
    deal = {
        "hs_object_id": number(row["opportunity_id"]), "dealname": row["name"],
        "dealstage": STAGE_IDS[pipeline, row["stage"]], "pipeline": PIPELINE_IDS[pipeline], "amount": row["amount"],
        "deal_currency_code": row["currency"], "closedate": noon(row["closed_on"] if closed else
                                                                 row["expected_close_on"]),
        "createdate": noon(row["created_on"]), "hubspot_owner_id": number(row["owner_id"]),
        "dealtype": TYPES[row["type"]], "closed_lost_reason": row["loss_reason"],
        "hs_is_closed_won": str(row["status"] == "won").lower(),
        "hs_is_closed_lost": str(closed and row["status"] != "won").lower(),
        "hs_deal_stage_probability": row["probability"], "hs_next_step": row["next_step"],
        "hs_primary_associated_company": f"{number(row['account_id'])};8100000000" if row["account_id"] else "",
        "hs_analytics_source": row["lead_source"], "hs_merged_object_ids": "",
        "hs_v2_date_entered_current_stage": noon(row["stage_entered_on"])}
    entered = {e["to_stage"]: e for e in found["stage_change"] if e["opportunity_id"] == row["opportunity_id"]}
    for (p, stage), key in STAGE_IDS.items():  # one date a stage, of the last time it was entered
        at = entered[stage]["changed_at"] if p == pipeline and stage in entered else None
        deal[f"hs_v2_date_entered_{key}" + ("_1234567890" if stage == "need" else "")] = iso(at)
        deal[f"hs_v2_cumulative_time_in_{key}"] = ""
    return deal


def _history(found: Tables) -> list[Row]:
    rows = []
    for event in found["stage_change"]:
        row = {"deal_id": number(event["opportunity_id"]), "name": "dealstage", "source": "CRM_UI", "source_id": "u",
               "timestamp": iso(event["changed_at"]), "value": STAGE_IDS[event["pipeline"], event["to_stage"]]}
        rows += [row, {**row, "name": "amount", "value": "1"}]
    return rows


def carried(day: date = END) -> Tables:
    """What these files say: one close date, no paused or future status, owners without roles."""
    found = tables(day)
    rows = only(found["opportunity"], "opportunity_id", "account_id", "name", "pipeline", "stage", "status", "type",
                "amount", "currency", "owner_id", "created_on", "expected_close_on", "closed_on", "stage_entered_on",
                "lead_source", "loss_reason", "next_step", "probability")
    for row in rows:
        row["expected_close_on"] = row["closed_on"] if is_closed(row) else row["expected_close_on"]
        row["status"] = "open" if row["status"] in ("paused", "future") else row["status"]
    return {"opportunity": rows, "account": found["account"], "owner": found["owner"],
            "stage_change": [{**e, "from_stage": None} for e in found["stage_change"]]}


