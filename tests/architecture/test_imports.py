"""Imports point one way, as docs/architecture.md says: app, cli → pages → analytics → data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = {"data": 0, "analytics": 1, "pages": 2, "app": 3, "cli": 3}
#: What calculations may know of `data`: value types, not the doors to files and queries.
VALUES = {"data.contracts", "data.scope", "data.settings", "data.errors"}
MODULES = sorted(path for name in ("app.py", "cli.py", "pages", "analytics", "data")
                 for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py")))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, types_too: bool = True) -> Iterator[str]:
    """All modules that a file imports, anywhere in it; `from data import queries` counts as data.queries."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = set() if types_too else {id(n) for block in ast.walk(tree) if _is_for_types(block) for n in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            assert node.module
            for alias in node.names:
                inner = ROOT.joinpath(*node.module.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                yield f"{node.module}.{alias.name}" if is_module else node.module


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def layer(module: str) -> int | None:
    return LAYERS.get(module.split(".")[0])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_its_own_layer_or_those_below(path: Path) -> None:
    own = layer(name_of(path))
    assert own is not None
    above = [m for m in imports(path) if (other := layer(m)) is not None and other > own]
    if name_of(path).startswith("pages"):
        above = [m for m in above if m != "app"]  # a cold deep link to a page enters by the front door (app.main)
    assert above == []


def test_nothing_below_the_pages_imports_streamlit() -> None:
    found = {name_of(p) for p in MODULES for m in imports(p) if m.split(".")[0] == "streamlit"}
    assert {name for name in found if layer(name) not in (2, 3)} == set()
    assert "cli" not in found


def test_only_ask_asks_the_data() -> None:
    """In analytics/ the doors to the data (queries, engine, store …) are open to ask.py and nobody else."""
    found = {(name_of(p), m) for p in MODULES if layer(name_of(p)) == 1 and name_of(p) != "analytics.ask"
             for m in imports(p, types_too=False) if layer(m) == 0 and m not in VALUES}
    assert {pair for pair in found if not _is_name_list(pair)} == set()
    assert {name_of(p) for p in MODULES if "data.queries" in set(imports(p))} <= {"analytics.ask"} | {
        name_of(p) for p in MODULES if layer(name_of(p)) == 0}


def _is_name_list(pair: tuple[str, str]) -> bool:
    """`from data import contracts` and the package itself are value types as well."""
    return pair[1] == "data"


@pytest.mark.parametrize("path", [p for p in MODULES if layer(name_of(p)) == 1], ids=name_of)
def test_calculations_know_no_clock_and_no_unseeded_chance(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    clocks = [c for c in called if c.endswith((".today", ".now", ".utcnow")) or c in ("time.time", "today", "now")]
    assert clocks == []
    assert [c for c in called if c.startswith(("random.", "np.random.")) and not c.endswith("default_rng")] == []
    bare = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func).endswith("default_rng")
            and not n.args and not n.keywords]
    assert bare == []
