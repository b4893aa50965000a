"""Imports point one way: app, cli → pages → analytics → data. Read from the source, not from what happens to run."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("data", "analytics", "pages", "app", "cli")
#: what a layer may import of the project
ALLOWED = {
    "data": {"data"},
    "analytics": {"data", "analytics"},
    "pages": {"data", "analytics", "pages", "app"},  # app: the door through which a cold deep link enters
    "app": {"data", "analytics", "pages"},
    "cli": {"data", "analytics", "cli"},
}
#: of data/, calculations may know the value types only; `ask`, its memory and the questions mixed into it are the door
MAY_QUERY = {"analytics/ask.py", "analytics/remembering.py",
             *(f"analytics/{file.name}" for file in (ROOT / "analytics").glob("*_questions.py"))}


def _sources(layer: str) -> list[Path]:
    files = [ROOT / f"{layer}.py"] if (ROOT / f"{layer}.py").exists() else sorted((ROOT / layer).rglob("*.py"))
    assert files, layer
    return [f for f in files if not any(part.startswith("store") for part in f.relative_to(ROOT).parts[1:-1])]


def _imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import hides its layer"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    wrong = [f"{file.relative_to(ROOT)} imports {name}" for file in _sources(layer) for name in _imports(file)
             if (top := name.split(".")[0]) in LAYERS and top not in ALLOWED[layer]]
    assert not wrong


def test_the_folders_of_data_show_the_flow() -> None:
    """reading ▸ mapping ▸ storage ▸ marts ▸ intake: each may use those before it; files beside the folders, any."""
    flow = ["reading", "mapping", "storage", "marts", "intake"]
    wrong = [f"{file.relative_to(ROOT)} imports {name}" for at, folder in enumerate(flow)
             for file in (ROOT / "data" / folder).glob("*.py") for name in _imports(file)
             if name.split(".")[0] == "data" and set(name.split(".")[1:2]) & set(flow[at + 1:])]
    assert not wrong


@pytest.mark.parametrize("layer", ["data", "analytics", "cli"])
def test_nothing_below_the_pages_knows_streamlit(layer: str) -> None:
    assert not [file for file in _sources(layer) if any(n.split(".")[0] == "streamlit" for n in _imports(file))]


def test_only_ask_asks_the_data() -> None:
    wrong = [f"{file.relative_to(ROOT)} imports {name}" for file in _sources("analytics")
             if file.relative_to(ROOT).as_posix() not in MAY_QUERY
             for name in _imports(file)
             if name in ("data.queries", "data.engine", "data.storage.store", "duckdb", "deltalake")]
    assert not wrong


def test_calculations_have_no_clock() -> None:
    clocks = ("date.today", "datetime.now", "datetime.today", "time.time", "utcnow", "Timestamp.now", "Timestamp.today")
    wrong = [f"{file.relative_to(ROOT)}: {clock}" for file in _sources("analytics")
             for clock in clocks if f"{clock}(" in file.read_text(encoding="utf-8")]
    assert not wrong


@pytest.mark.parametrize("file", sorted((ROOT / "data" / "messages").glob("*.toml")), ids=lambda f: f.stem)
def test_every_message_is_written_in_both_languages(file: Path) -> None:
    messages = tomllib.loads(file.read_text(encoding="utf-8"))
    assert messages
    assert not [code for code, texts in messages.items() if not texts.get("en") or not texts.get("zh")]


def test_no_message_code_is_used_twice() -> None:
    codes = [code for file in (ROOT / "data" / "messages").glob("*.toml")
             for code in tomllib.loads(file.read_text(encoding="utf-8"))]
    assert len(codes) == len(set(codes))
