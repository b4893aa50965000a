"""The page Review: entries of the session's pack, their order and comments, saved packs, and files in the making."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pptx
import pytest
from streamlit.testing.v1 import AppTest

from analytics.review.default import ENTRIES
from analytics.review.pack import Item, Pack, from_text
from data.engine import open_company
from data.errors import MvpodError
from data.scope import Scope
from data.storage import packs
from pages._parts.review_files import Job, made

Open = Callable[..., AppTest]


def entries(app: AppTest) -> list[str]:
    return [h.value.replace("\\", "").split(". ", 1)[1] for h in app.subheader]


@pytest.fixture
def own(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_page: Open) -> Path:
    """A copy of the sample store that a test may save packs in."""
    shutil.copytree(store, tmp_path / "own")
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.mark.parametrize(("lang", "first"), [
    ("en", "Win rate over time, segment beside segment"), ("zh", "各客户类型赢率走势")])
def test_it_opens_with_the_directors_pack_for_the_latest_quarter(open_page: Open, lang: str, first: str) -> None:
    app = open_page("review", lang=lang)
    assert [e.value for e in app.error] == []
    assert entries(app)[0] == first
    assert len(entries(app)) == len(ENTRIES)
    assert next(s for s in app.selectbox if s.key == "url_quarter").value == "2026Q3"
    assert len([b for b in app.get("download_button") if b.proto.id.endswith(("pptx", "xlsx", "csv", "parquet"))]) == 4


def test_entries_move_go_and_keep_their_comments(open_page: Open) -> None:
    app = open_page("review", lang="en")
    first, second, *rest = entries(app)
    app.text_area[0].set_value("better than it looks").run()
    app.button(key="review_down_0").click().run()
    assert entries(app) == [second, first, *rest]
    assert [box.value for box in app.text_area][:2] == ["", "better than it looks"]
    app.button(key="review_away_0").click().run()
    assert entries(app) == [first, *rest]
    assert app.text_area[0].value == "better than it looks"
    assert app.button(key="review_up_0").disabled


def test_a_chart_is_added_from_the_list_and_from_its_own_page(open_page: Open) -> None:
    app = open_page("funnel", lang="en", segment="KA", reading="strict")
    app.session_state["funnel_rates_0_files"] = True  # what is behind the button is made when it is opened
    app.run()
    app.button(key="funnel_rates_0_add").click().run()
    pack = app.session_state["review_pack"]
    assert (pack.items[-1].card, pack.items[-1].options) == ("funnel.rates", (("reading", "strict"),))
    assert pack.items[-1].filters.get("segment") == ("KA",)
    review = open_page("review", lang="en")
    review.selectbox(key="review_more").set_value("funnel.flow").run()
    review.button(key="review_more_do").click().run()
    assert entries(review)[-1] == "Ways through the pipeline"


def test_a_pack_is_saved_without_figures_and_opened_for_the_next_quarter(open_page: Open, own: Path) -> None:
    app = open_page("review", lang="en", quarter="2026Q2", segment="KA")
    app.text_area[0].set_value("watch the south").run()
    app.text_input(key="review_name").set_value("Board: Q2").run()
    app.button(key="review_save").click().run()
    kept = from_text(packs.load(own, "board-q2"))
    assert (kept.quarter, kept.filters.get("segment"), kept.items[0].comment) == ("2026Q2", ("KA",), "watch the south")
    later = open_page("review", lang="en")
    later.button(key="review_next").click().run()
    assert [e.value for e in later.error] == []
    assert next(s for s in later.selectbox if s.key == "url_quarter").value == "2026Q3"
    assert later.session_state["url_segment"] == "KA"
    assert "watch the south" in [text.value for text in later.get("text")]
    assert later.text_area[0].value == ""


def test_a_damaged_saved_pack_is_a_sentence(open_page: Open, own: Path) -> None:
    packs.save(own, "torn", '{"format": 1')
    app = open_page("review", lang="en")
    app.button(key="review_open").click().run()
    assert ["E_PACK" in e.value.replace("\\", "") for e in app.error] == [True]


def test_a_file_is_made_beside_the_page_and_says_how_far_it_is(store: Path) -> None:
    company, job = open_company(store), Job()
    pack = from_text('{"format": 1, "quarter": "2026Q3", "title": "", "lang": "both", "compare": "none", "days":'
                     ' "calendar", "as_of": null, "filters": {}, "items": [{"card": "pipeline.stock", "options": {},'
                     ' "comment": "", "filters": null}]}')
    both = zipfile.ZipFile(io.BytesIO(made(job, "xlsx", lambda: company, pack, Scope.everything(), "", "en")))
    assert both.namelist() == ["review.en.xlsx", "review.zh.xlsx"]
    assert (job.kind, job.share, job.error) == ("xlsx", 1.0, "")
    with pytest.raises(MvpodError):
        made(job, "xlsx", lambda: company, pack.with_(quarter="2026Q9"), Scope.everything(), "", "zh")
    assert job.error.startswith("E_PERIOD")
    company.close()


def test_slides_hold_both_languages_in_one_deck_of_the_organisations_own_template(store: Path) -> None:
    company, pack = open_company(store), Pack("2026Q3", lang="both", compare="none", items=(Item("pipeline.stock"),))
    own = pptx.Presentation()
    own.slide_width = own.slide_width + 12345
    stream = io.BytesIO()
    own.save(stream)
    deck = pptx.Presentation(io.BytesIO(made(Job(), "pptx", lambda: company, pack, Scope.everything(), "", "zh",
                                             stream.getvalue())))
    company.close()
    charts = [shape.name for page in deck.slides for shape in page.shapes if shape.has_chart]
    assert deck.slide_width == own.slide_width
    assert [name.split()[1] for name in charts] == ["0"] * (len(charts) // 2) + ["1"] * (len(charts) // 2)
    assert charts


def test_a_template_is_kept_while_the_session_lasts_and_can_be_taken_back(open_page: Open) -> None:
    app = open_page("review", lang="zh")
    stream = io.BytesIO()
    pptx.Presentation().save(stream)
    app.file_uploader(key="review_template").set_value(("本公司.pptx", stream.getvalue(), "")).run()
    assert app.session_state["review_template_kept"] == ("本公司.pptx", stream.getvalue())
    assert any("本公司.pptx" in text.value for text in app.text)
    app.button(key="review_template_back").click().run()
    assert "review_template_kept" not in app.session_state
    assert not app.exception


@pytest.mark.parametrize("data", [b"", b"no presentation", b"PK\x03\x04"], ids=repr)
@pytest.mark.parametrize(("lang", "said"), [("en", "template cannot be used"), ("zh", "无法使用该模板")])
def test_a_bad_template_is_a_sentence_in_the_readers_language(open_page: Open, data: bytes, lang: str,
                                                              said: str) -> None:
    app = open_page("review", lang=lang)
    app.file_uploader(key="review_template").set_value(("x.pptx", data, "")).run()
    assert [said in error.value for error in app.error] == [True]
    assert "review_template_kept" not in app.session_state
    assert not app.exception
