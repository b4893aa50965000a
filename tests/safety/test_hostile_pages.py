"""Names that are markup, links, formulas or endless are shown letter by letter on every page, chart and download."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analytics.export.csv import csv_bytes
from data import demo
from data.intake.importing import import_tables
from pages import PAGES
from pages._parts import chart_card
from tests.charts.test_hostile_names import OURS, drawn
from tests.safety.screen import AppTest, open_page

pytestmark = pytest.mark.slow
ATTACKS = ("<script>alert(1)</script>", "[x](javascript:alert(1))", ":red[x]", "$x^2$", "`x`", "**x**", "<b>x</b>")
#: shown as they are, but neither as a formula nor backwards nor across the whole page
BEFORE = ("", "=cmd|", "+", "\u202e", "@", "x" * 300, "-")
#: which texts of the sample company become attacks
TEXTS = {
    "opportunity": "name product_line lead_source loss_reason main_competitor next_step region industry ownership",
    "account": "name industry region ownership tier", "owner": "name team region", "department": "department",
    "contact": "department title name", "activity": "kind", "assessment": "party", "checklist": "evidence",
    "support_request": "team kind", "target": "team", "cost": "team kind"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company, every name of it an attack."""
    con, told = duckdb.connect(), demo.build(accounts=60, opportunities=300, weeks=60)
    for name, columns in TEXTS.items():
        con.register("given", told[name])
        attack = ", ".join(f"CASE WHEN {c} IS NULL OR {c} = 'us' THEN {c} ELSE list_extract({list(BEFORE)}, "
                           f"1 + (hash({c}) % {len(BEFORE)})::INTEGER) || list_extract({list(ATTACKS)}, "
                           f"1 + (hash({c}) % {len(ATTACKS)})::INTEGER) || {c} END AS {c}" for c in columns.split())
        told[name] = con.sql(f"SELECT * REPLACE ({attack}) FROM given").to_arrow_table().cast(told[name].schema)
    path: Path = tmp_path_factory.mktemp("hostile") / "store"
    import_tables(path, told, settings=demo.demo_settings(), sources=["hostile"], profile=demo.PROFILE, as_of=demo.END)
    return path


@pytest.fixture
def offered(store: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The dashboard on that company; the CSV files that its cards offer."""
    monkeypatch.setenv("MVPOD_STORE", str(store))
    tools, files = chart_card._tools, []

    def noted(title: str, caption: str, frame: pd.DataFrame, *rest: Any) -> None:
        files.append(csv_bytes(frame))
        tools(title, caption, frame, *rest)
    monkeypatch.setattr(chart_card, "_tools", noted)
    return files


def read_as_markdown(app: AppTest) -> list[str]:
    """What Streamlit reads as Markdown: bodies, labels, help texts and the options of buttons in a row."""
    found = []
    for node in [*app.main, *app.sidebar]:
        proto = getattr(node, "proto", None)
        if proto is None or node.type in ("text", "code", "arrow_data_frame", "plotly_chart"):
            continue
        found += [str(getattr(proto, name)) for name in ("body", "label", "help", "delta") if hasattr(proto, name)]
        found += [option.content for option in getattr(proto, "options", []) if hasattr(option, "content")]
    return found


def unsafe(app: AppTest) -> list[str]:
    """Texts in which an attack stands as it came where it would be read as markup."""
    texts = [text for text in read_as_markdown(app) if any(attack in text for attack in ATTACKS)]
    for chart in app.get("plotly_chart"):
        for text in drawn(json.loads(chart.proto.spec)):
            rest = text
            for mine in (*OURS, "<extra></extra>"):
                rest = rest.replace(mine, "")
            if "<" in rest or "$x" in rest or len(text) > 600:
                texts.append(text)
    return [text[:300] for text in texts]


def formulas(files: list[bytes]) -> list[str]:
    """Cells that a spreadsheet would run."""
    cells = [cell for file in files for row in csv.reader(io.StringIO(file.decode("utf-8-sig"))) for cell in row]
    return [cell for cell in cells if cell[:1] in "=+@" and cell]


@pytest.mark.parametrize("page", [p.key for p in PAGES])
def test_names_are_letters_on_every_page(offered: list[bytes], page: str) -> None:
    app = open_page(page, lang="en")
    assert [error.value for error in app.error] == []
    assert unsafe(app) == []
    assert formulas(offered) == []


@pytest.mark.parametrize(("page", "params"), [
    ("opportunity", {"id": "O000003"}), ("closeness", {"account": "A00001"}),
    ("quality", {"quality_by": "product_line"})])
def test_names_are_letters_from_near(offered: list[bytes], page: str, params: dict[str, str]) -> None:
    app = open_page(page, lang="zh", **params)
    assert [error.value for error in app.error] == []
    assert unsafe(app) == []
    assert formulas(offered) == []
