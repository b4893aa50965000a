"""The sample company as tables of Odoo, with its traps: lost is an archived lead with probability 0, stages were
renamed (their old names stand in the history), leads that are no opportunities, other tracked fields and models."""

from __future__ import annotations

from datetime import date, timedelta
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

STAGE_IDS = {key: str(3 + i) for i, key in enumerate(s.key for p in PIPELINES.values() for s in p.stages
                                                     if s.kind == "open")}
WON = "2"
FIELDS = {"stage_id": "4711", "active": "4712", "expected_revenue": "4713"}


def write(folder: Path, day: date = END) -> None:
    """crm.lead, crm.stage, mail.tracking.value with what it refers to, partners, users, teams, currencies."""
    found = with_stage(tables(day))
    stages = [(i, s) for i, p in enumerate(PIPELINES.values(), 1) for s in p.stages if s.kind == "open"]
    put(folder, "crm_team.csv", [{"id": i, "name": p.label["en"]} for i, p in enumerate(PIPELINES.values(), 1)])
    put(folder, "crm_stage.csv", [
        *({"id": STAGE_IDS[s.key], "name": s.label["en"], "sequence": place, "is_won": "f", "team_id": team}
          for place, (team, s) in enumerate(stages)),
        {"id": WON, "name": "Won", "sequence": 90, "is_won": "t", "team_id": ""}])
    last = at_loss(found)
    leads = [_lead(row, last) for row in found["opportunity"]]
    put(folder, "crm_lead.csv", [*leads, {**leads[0], "id": "999999", "type": "lead"}])
    values, messages = _history(found)
    put(folder, "mail_tracking_value.csv", values)
    put(folder, "mail_message.csv", messages)
    put(folder, "ir_model_fields.csv", [{"id": i, "name": name, "model": "crm.lead"} for name, i in FIELDS.items()])
    put(folder, "res_currency.csv", [{"id": "7", "name": "CNY"}, {"id": "2", "name": "USD"}])
    put(folder, "res_partner.csv", [{
        "id": number(row["account_id"]), "name": row["name"], "is_company": "t", "industry_id": row["industry"],
        "x_region": row["region"], "x_segment": row["segment"], "x_ownership": row["ownership"],
        "x_annual_revenue": row["annual_revenue"], "x_employees": row["employees"],
        "user_id": number(row["owner_id"])} for row in found["account"]])
    put(folder, "res_users.csv", [{"id": number(row["owner_id"]), "name": row["name"], "sale_team_id": row["team"],
                                   "x_region": row["region"], "active": "t"} for row in found["owner"]])


def _lead(row: Row, last: dict[str, Row]) -> Row:
    event, is_won = last[row["opportunity_id"]], row["status"] == "won"
    is_lost = is_closed(row) and not is_won
    closed = closing(row)
    return {
        "id": number(row["opportunity_id"]), "name": row["name"], "type": "opportunity",
        "active": "f" if is_lost else "t", "stage_id": WON if is_won else STAGE_IDS[event["to_stage"]],
        "probability": "0.0" if is_lost else percent(row["probability"]), "expected_revenue": row["amount_base"],
        "company_currency": "7", "user_id": number(row["owner_id"]), "partner_id": number(row["account_id"]),
        "team_id": str(list(PIPELINES).index(row["pipeline"]) + 1),
        "create_date": noon(row["created_on"]).replace("T", " ").removesuffix("Z"),
        "date_closed": plain(closed) if is_closed(row) else "", "date_deadline": row["expected_close_on"],
        "date_last_stage_update": plain(closed if is_won and closed else event["changed_at"]),
        "lost_reason_id": row["loss_reason"], "source_id": row["lead_source"], "priority": "1"}


def _history(found: Tables) -> tuple[list[Row], list[Row]]:
    values: list[Row] = []
    messages: list[Row] = []

    def track(event: Row, field: str, old: tuple[str, str], new: tuple[str, str], model: str = "crm.lead") -> None:
        number_ = str(len(values) + 1)
        late = plain(event["changed_at"] + timedelta(seconds=1))
        values.append({"id": number_, "field_id": FIELDS[field], "old_value_integer": old[0], "old_value_char": old[1],
                       "new_value_integer": new[0], "new_value_char": new[1], "mail_message_id": f"5{number_}",
                       "create_date": late})
        messages.append({"id": f"5{number_}", "model": model, "res_id": number(event["opportunity_id"]),
                         "date": plain(event["changed_at"])})

    for event in found["stage_change"]:
        to, left = event["to_stage"], event["from_stage"]
        if to in CLOSING_KINDS and to != "won":
            track(event, "active", ("1", ""), ("0", ""))
        elif left is not None:  # the first stage is in no history: the lead was made there
            track(event, "stage_id", (STAGE_IDS.get(left, "1"), f"{left} (old name)"),
                  (WON if to == "won" else STAGE_IDS[to], f"{to} (old name)"))
        track(event, "expected_revenue", ("", ""), ("", ""))
        track(event, "stage_id", ("1", "Draft"), ("2", "Done"), model="project.task")
    return values, messages


def carried(day: date = END) -> Tables:
    """What these files say: won, lost or open; money in the company's currency; of what is closed how likely it was."""
    found = by_status(day, "amount_base")
    for row in found["opportunity"]:
        row["amount"], row["currency"] = row.pop("amount_base"), "CNY"
        row["probability"] = row["probability"] if row["status"] == "open" else float(row["status"] == "won")
    return found
