"""Rules that every file of pages/ keeps, read from the source: they are easier to break than to notice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]


def _calls(tree: ast.AST) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_is_drawn_as_html_and_memories_live_in_one_file(file: Path) -> None:
    # names of customers must not become markup; a cache that forgets the scope leaks rows
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert "unsafe_allow_html" not in source
    assert not {"st.html", "st.write", "components.html"} & set(_calls(tree))
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not {"st.cache_data", "st.cache_resource"} & names
    assert "Memory" not in source or file.name == "cache.py"


@pytest.mark.parametrize("key", [p.key for p in PAGES])
def test_a_page_draws_nothing_at_its_top_level_and_sends_cold_links_to_the_front_door(key: str) -> None:
    # the first request to a fresh server may execute pages/<key>.py itself
    tree = ast.parse((ROOT / "pages" / f"{key}.py").read_text(encoding="utf-8"))
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    *body, last = tree.body
    assert all(isinstance(node, allowed) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
               for node in body)
    top = [node for node in body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    assert not [c for node in top for c in _calls(node) if c.startswith("st.")]
    assert ast.unparse(last) == "if __name__ == '__main__':\n    from app import main\n    main()\n    st.rerun()"


@pytest.mark.parametrize("key", [p.key for p in PAGES])
def test_a_page_leaves_arithmetic_and_grouping_to_analytics(key: str) -> None:
    tree = ast.parse((ROOT / "pages" / f"{key}.py").read_text(encoding="utf-8"))
    methods = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not {"groupby", "pivot", "pivot_table", "merge", "sort_values", "sum", "mean", "median", "cumsum"} & methods
    powers = (ast.Div, ast.Mult, ast.Pow)
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, powers)]
