"""What pages say of a folder that is watched for exports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.intake.importing import import_paths
from data.intake.watch import look

GOOD = "opportunity_id,pipeline,stage,amount,created_on\no1,ka,proposal,100,2026-01-05\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One export was loaded, the next one refused."""
    root = tmp_path_factory.mktemp("watched")
    for name, text in (("2026-01-31.csv", GOOD), ("2026-02-28.csv", GOOD.replace("proposal", "haggling"))):
        (root / "in").mkdir(exist_ok=True)
        (root / "in" / name).write_text(text, encoding="utf-8")
    look(root / "in", root / "store", profile="canonical", settle=0)
    return root / "store"


@pytest.mark.parametrize(("lang", "word", "state"), [("en", "31 Jan 2026", "Refused"),
                                                     ("zh", "2026年1月31日", "已拒绝")])
def test_every_page_says_that_the_data_are_older_and_page_data_says_why(open_page: Callable[..., AppTest], lang: str,
                                                                        word: str, state: str) -> None:
    other = open_page("quality", lang=lang)
    warning, = [w.value for w in other.warning if w.icon == ":material/sync_problem:"]
    assert word in warning
    assert "haggling" not in warning
    app = open_page("data", lang=lang)
    assert any("haggling" in e.value for e in app.error)
    outcomes = next(d.value for d in app.dataframe if "outcome" in d.value.columns)
    assert list(outcomes["file"]) == ["2026-02-28.csv", "2026-01-31.csv"]
    assert outcomes["outcome"].iloc[0] == state


def test_without_a_watch_no_page_warns_and_page_data_says_how(open_page: Callable[..., AppTest], tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "opportunity.csv").write_text(GOOD, encoding="utf-8")
    import_paths([tmp_path / "opportunity.csv"], tmp_path / "store", profile="canonical", as_of=date(2026, 1, 31))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "store"))
    app = open_page("data", lang="en")
    assert not [w for w in app.warning if w.icon == ":material/sync_problem:"]
    assert any("mvpod watch" in c.value for c in app.caption)
