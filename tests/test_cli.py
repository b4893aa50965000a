"""The command line: what is printed where, in which language, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import cli
from data.intake.saved_profiles import save
from data.storage.store import Store

ROOT = Path(__file__).resolve().parents[1]
MAVEN = ROOT.parent / "shared" / "data" / "maven_crm"

OPPORTUNITIES = """opportunity_id,account_id,pipeline,stage,amount,currency,owner_id,created_on,closed_on,product_line
o1,a1,ka,won,100000,CNY,p1,2026-01-05,2026-03-02,"Pumps, large"
o2,a1,ka,lost,50000,CNY,p1,2026-01-06,2026-03-09,Valves
o3,a2,smb,won,2000,CNY,p2,2026-02-01,2026-03-20,Valves
o4,a2,smb,need,,CNY,p2,2026-03-01,,=cmd()
"""
ACCOUNTS = "account_id,name,segment\na1,甲集团,KA\na2,乙公司,SMB\n"


@dataclass
class Said:
    """What a command said."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `mvpod …` on a store of the test's own."""
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "store"))

    def call(*words: object, lang: str = "en") -> Said:
        monkeypatch.setenv("MVPOD_LANG", lang)
        capsys.readouterr()
        code = cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)
    return call


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "opportunity.csv").write_text(OPPORTUNITIES, encoding="utf-8")
    (folder / "account.csv").write_text(ACCOUNTS, encoding="utf-8")
    return folder


def test_stages_that_nobody_has_named_are_shown_and_put_in_force_when_accepted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "opportunity.csv").write_text("opportunity_id,stage,status,probability\no1,Visit,open,0.2\n"
                                              "o2,Sign,open,0.9\no3,赢单了,won,1\n", encoding="utf-8")
    words = ("import", tmp_path / "opportunity.csv", "--profile", "canonical", "--as-of", "2026-03-31")
    said = run(*words)
    assert (said.code, "Sales: Visit → Sign → 赢单了 (won) → Lost (lost)" in said.err) == (1, True)
    assert "销售：Visit → Sign → 赢单了（赢单） → 输单（输单）" in run(*words, lang="zh").err
    assert run(*words, "--accept-stages").code == 0
    assert 'key = "visit"' in (tmp_path / "store" / "mvpod.toml").read_text(encoding="utf-8")
    assert run("metric", "pipeline.open", "--by", "stage").code == 0
    assert "Sales: Visit" in run("show").out
    assert "销售：Visit" in run("show", lang="zh").out


@pytest.fixture
def loaded(run: Run, exports: Path) -> Run:
    said = run("import", exports, "--profile", "canonical", "--as-of", "2026-03-31")
    assert said.code == 0, said.err
    return run


def test_an_import_says_what_became_of_the_rows_and_which_load_it_is(
        run: Run, exports: Path, tmp_path: Path) -> None:
    said = run("import", exports, "--profile", "canonical", "--as-of", "2026-03-31")
    assert said.code == 0
    row = next(line for line in said.out.splitlines() if line.startswith("opportunities"))
    assert row.split()[1:4] == ["4", "4", "0"]
    assert "Load 1 is published, as of 2026-03-31." in said.out
    assert f"See it: mvpod serve --store {tmp_path / 'store'}." in said.out
    assert "opportunity.csv" in said.out


def test_a_dry_run_publishes_nothing(run: Run, exports: Path, tmp_path: Path) -> None:
    said = run("import", exports, "--profile", "canonical", "--as-of", "2026-03-31", "--dry-run")
    assert said.code == 0
    assert "nothing was written" in said.out
    assert not (tmp_path / "store" / "loads").exists()


def test_the_same_files_again_change_nothing(loaded: Run, exports: Path, tmp_path: Path) -> None:
    said = loaded("import", exports, "--profile", "canonical", "--as-of", "2026-03-31")
    assert said.code == 0
    assert "Nothing changed" in said.out
    assert len(Store.open(tmp_path / "store").loads()) == 1


@pytest.mark.parametrize(("lang", "word"), [("en", "There is no store"), ("zh", "没有数据仓")])
def test_a_known_failure_is_one_sentence_in_the_readers_language_and_exit_code_1(
        run: Run, lang: str, word: str) -> None:
    said = run("loads", lang=lang)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("E_STORE_EMPTY: ")
    assert word in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(("lang", "word"), [("en", "The sample company of"), ("zh", "样例公司在另一个数据仓")])
def test_where_nothing_is_loaded_yet_the_store_of_the_sample_company_is_named(
        run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str, word: str) -> None:
    assert "-sample" not in run("loads").err, "there is none yet"
    Store.open(tmp_path / "store-sample", create=True)
    monkeypatch.chdir(tmp_path)
    said = run("loads", lang=lang)
    assert (said.code, said.err.splitlines()[0][:13]) == (1, "E_STORE_EMPTY")
    assert word in said.err.splitlines()[1]
    assert said.err.splitlines()[1].endswith("mvpod loads --store store-sample")
    assert run("loads", "--store", "store-sample").code == 0
    Store.open(tmp_path / "store", create=True)
    assert "mvpod metric --store store-sample" in run("metric", "pipeline.open", lang=lang).err
    monkeypatch.chdir(tmp_path / "store")
    assert f"--store {tmp_path / 'store-sample'}" in run("metric", "pipeline.open", lang=lang).err


def test_wrong_usage_is_exit_code_2(run: Run) -> None:
    for words in ([], ["metric"], ["import"], ["restore", "one"], ["metric", "win_rate.count", "--as-of", "31/02/2026"],
                  ["metric", "win_rate.count", "--where", "segment"], ["fly"]):
        with pytest.raises(SystemExit) as left:
            run(*words)
        assert left.value.code == 2


def test_a_defect_shows_no_traceback_but_says_where_it_is(
        loaded: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret row")

    monkeypatch.setattr("data.storage.store.Store.loads", broken)
    said = loaded("loads")
    assert said.code == 3
    assert "Traceback" not in said.err
    assert "secret row" not in said.err
    log = Path(said.err.split(" in ")[-1].strip().rstrip("."))
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    log.unlink()


def test_a_metric_as_json_has_the_promised_shape_and_full_precision(loaded: Run) -> None:
    said = loaded("metric", "win_rate.count", "--format", "json", "--by", "segment", "--from", "2026-01-01", "--where",
                  "segment=KA,SMB")
    answer = json.loads(said.out)
    assert {k: answer[k] for k in ("metric", "as_of", "from", "to", "filters", "load")} == {
        "metric": "win_rate.count", "as_of": "2026-03-31", "from": "2026-01-01", "to": None,
        "filters": {"segment": ["KA", "SMB"]}, "load": 1}
    assert {r["segment"]: (r["n"], r["won"], r["lost"], r["value"]) for r in answer["rows"]} == {
        "KA": (2, 1, 1, 0.5), "SMB": (1, 1, 0, 1.0)}
    assert set(answer["rows"][0]) >= {"segment", "n", "won", "lost", "value", "low", "high"}


def test_what_cannot_be_known_is_null_with_a_reason(loaded: Run) -> None:
    said = loaded("metric", "win_rate.count", "--format", "json", "--to", "2025-01-01")
    (row,) = json.loads(said.out)["rows"]
    assert row["value"] is None
    assert row["reason"]


def test_as_of_an_earlier_day_answers_from_what_had_happened_by_then(loaded: Run) -> None:
    said = loaded("metric", "win_rate.count", "--format", "json", "--as-of", "2026-03-05")
    (row,) = json.loads(said.out)["rows"]
    assert (row["won"], row["lost"], row["value"]) == (1, 0, 1.0)


def test_a_comma_inside_a_value_is_written_twice_and_groups_keep_the_name_they_were_asked_by(loaded: Run) -> None:
    said = loaded("metric", "win_rate.count", "--format", "json", "--where", "product_line=Pumps,, large",
                  "--by", "owner")
    assert [(r["owner"], r["won"]) for r in json.loads(said.out)["rows"]] == [("p1", 1)]


def test_a_metric_as_csv_can_be_read_back_and_holds_no_formula(loaded: Run) -> None:
    said = loaded("metric", "pipeline.open", "--format", "csv", "--by", "product_line")
    (row,) = csv.DictReader(io.StringIO(said.out))
    assert row["product_line"] == "'=cmd()"
    assert row["n"] == "1"


def test_a_metric_as_table_speaks_the_readers_language(loaded: Run) -> None:
    english, chinese = (loaded("metric", "win_rate.count", "--by", "segment", lang=lang).out for lang in ("en", "zh"))
    assert "Key accounts" in english
    assert "50.0%" in english
    assert "大客户" in chinese
    assert "截至" in chinese


def test_an_unknown_metric_dimension_or_option_is_a_known_failure(loaded: Run) -> None:
    for words, code in ((["metric", "win_rat.count"], "E_METRIC"),
                        (["metric", "win_rate.count", "--by", "colour"], "E_GROUP"),
                        (["metric", "win_rate.count", "--where", "colour=red"], "E_FILTER"),
                        (["metric", "conversion.matured", "--option", "horizon=soon"], "E_METRIC_OPTION")):
        said = loaded(*words)
        assert (said.code, said.err.split(":")[0]) == (1, code)


def test_another_configuration_answers_without_changing_the_store(loaded: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    text = (ROOT / "mvpod.toml").read_text(encoding="utf-8").replace('base_currency = "CNY"', 'base_currency = "USD"')
    other.write_text(text.replace("USD = 7.1", "CNY = 0.5"), encoding="utf-8")
    words = ("metric", "win_rate.count", "--format", "json")
    (here,) = json.loads(loaded(*words).out)["rows"]
    (there,) = json.loads(loaded(*words, "--config", other).out)["rows"]
    assert (here["won_amount"], there["won_amount"]) == (102_000, 51_000)
    assert len(Store.open(tmp_path / "store").loads()) == 1
    assert json.loads(loaded(*words).out)["rows"] == [here]


def test_all_metrics_are_listed_in_both_languages_and_as_json(run: Run) -> None:
    listed = json.loads(run("metrics", "--format", "json").out)
    keys = {m["key"] for m in listed}
    assert {"conversion.reached", "stage_days.median", "win_rate.count", "pipeline.open"} <= keys
    for lang in ("en", "zh"):
        out = run("metrics", lang=lang).out
        assert all(key in out for key in keys)
    assert "赢率" in out


def test_recognise_says_the_system_what_files_feed_and_what_cannot_be_measured(run: Run, exports: Path) -> None:
    said = run("recognise", exports)
    assert said.code == 0
    assert "Recognised: canonical." in said.out
    assert re.search(r"opportunity\.csv +opportunities +10 of 10 +file name", said.out)
    assert re.search(r"activities +\d+ +.*Closeness", said.out)
    told = json.loads(run("recognise", exports, "--format", "json").out)
    assert (told["profile"], told["certainty"]) == ("canonical", "sure")
    assert "pipeline.coverage" in told["not_measured"]["target"]


def test_recognise_fails_where_no_profile_fits_and_says_what_is_lacking(run: Run, tmp_path: Path) -> None:
    (tmp_path / "opportunity.csv").write_text("Id,Amount\n006,1\n", encoding="utf-8")
    said = run("recognise", tmp_path / "opportunity.csv", lang="zh")
    assert said.code == 1
    assert "没有映射配置符合" in said.out
    assert "阶段" in said.out


def test_decisions_are_shown_with_their_kind_kept_with_the_load_and_refused(run: Run, exports: Path) -> None:
    (exports / "opportunity.csv").write_text(OPPORTUNITIES + OPPORTUNITIES.splitlines()[1] + "\n", encoding="utf-8")
    words = ("import", exports, "--profile", "canonical", "--as-of", "2026-03-31")
    stopped = run(*words, "--refuse", "spelling,duplicates")
    assert stopped.code == 1
    assert "E_DECISION_REFUSED: Refused (merged duplicates): opportunity: 1 rows" in stopped.err
    assert run("loads").code == 1
    assert "for example opportunity.csv:6 o1.  [duplicates]" in run(*words).out
    assert "例如 opportunity.csv:6 o1。  [duplicates]" in run("show", 1, lang="zh").out


def test_loads_show_verify_restore_and_rebuild_follow_one_another(loaded: Run, exports: Path) -> None:
    moved_on = OPPORTUNITIES.replace("o4,a2,smb,need", "o4,a2,smb,quote")
    (exports / "opportunity.csv").write_text(moved_on, encoding="utf-8")
    assert loaded("import", exports, "--profile", "canonical", "--as-of", "2026-04-07").code == 0
    assert loaded("restore", 1).code == 0
    assert loaded("rebuild").code == 0
    listed = json.loads(loaded("loads", "--format", "json").out)
    assert [(x["load"], x["kind"]) for x in listed] == [(4, "rebuild"), (3, "restore"), (2, "import"), (1, "import")]
    assert "opportunities" in loaded("show").out
    assert "2026-04-07" in loaded("show", 2).out
    assert loaded("show", 9).err.startswith("E_STORE_LOAD")
    sound = loaded("verify")
    assert (sound.code, sound.out) == (0, "")


def test_verify_fails_when_a_file_was_changed(loaded: Run, tmp_path: Path) -> None:
    path = Path(Store.open(tmp_path / "store").files("opportunity")[0])
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    said = loaded("verify", lang="zh")
    assert said.code == 1
    assert path.name in said.out
    assert "内容已改变" in said.out


def test_rejected_rows_can_be_listed(run: Run, exports: Path, tmp_path: Path) -> None:
    rows = [f"x{i},a1,ka,won,1,CNY,p1,2026-01-05,2026-03-02,V" for i in range(60)]
    (exports / "opportunity.csv").write_text(OPPORTUNITIES.replace("50000", "many") + "\n".join(rows) + "\n",
                                             encoding="utf-8")
    assert run("import", exports, "--profile", "canonical", "--as-of", "2026-03-31").code == 0
    (row,) = csv.DictReader(io.StringIO(run("quarantine", "--format", "csv").out))
    assert (row["load_id"], row["file"], row["column"], row["value"]) == ("1", "opportunity.csv", "amount", "many")
    assert "many" in run("quarantine", 1).out
    assert run("quarantine", 5).code == 1


def test_vacuum_says_what_it_would_remove_before_it_removes_anything(loaded: Run) -> None:
    said = loaded("vacuum", "--dry-run")
    assert said.code == 0
    assert "0 files would be removed" in said.err


def test_the_sample_company_is_not_built_over_real_loads(loaded: Run) -> None:
    said = loaded("demo")
    assert (said.code, said.err.split(":")[0]) == (1, "E_DEMO_STORE")


def test_help_is_there_in_both_languages_for_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for lang, word in (("en", "folder of the store"), ("zh", "数据仓文件夹")):
        for name in ("import", "loads", "show", "quarantine", "verify", "restore", "vacuum", "rebuild", "demo",
                     "metric", "serve"):
            with pytest.raises(SystemExit) as left:
                cli.main([name, "--help", "--lang", lang])
            assert left.value.code == 0
            assert word in capsys.readouterr().out.replace("\n", "").replace(" " * 24, " ")


def test_the_language_comes_from_the_option_then_the_variable_then_the_terminal(
        monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert cli.language(["loads"]) == "zh"
    monkeypatch.setenv("MVPOD_LANG", "en")
    assert cli.language(["loads"]) == "en"
    assert cli.language(["loads", "--lang", "zh"]) == "zh"
    assert cli.language(["loads", "--lang=zh"]) == "zh"
    monkeypatch.delenv("MVPOD_LANG")
    monkeypatch.setenv("LANG", "fr_FR")
    assert cli.language(["loads"]) == "en"


def test_a_reader_that_closes_the_pipe_early_is_no_failure(tmp_path: Path) -> None:
    command = f"{sys.executable} -m cli metrics --format json | head -c 10"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "MVPOD_STORE": str(tmp_path)}, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not MAVEN.is_dir(), reason="the practice data are not part of the project")
@pytest.mark.parametrize("folder", [MAVEN, MAVEN / "copy2"], ids=["first copy", "second copy"])
def test_maven_crm_counts_as_published_with_the_data(run: Run, folder: Path) -> None:
    """8,800 opportunities, 4,238 won, 2,473 lost, 10,005,534 won: the figures that go with the data set."""
    assert run("import", folder, "--profile", "maven-crm", "--as-of", "2017-12-31").code == 0
    (rate,) = json.loads(run("metric", "win_rate.count", "--format", "json").out)["rows"]
    assert (rate["won"], rate["lost"], rate["won_amount"]) == (4238, 2473, 10_005_534)
    assert round(rate["value"], 6) == 0.631501
    (stock,) = json.loads(run("metric", "pipeline.open", "--format", "json").out)["rows"]
    assert stock["n"] == 2089


# What cannot be answered is refused with a reason


def test_a_day_beyond_the_data_is_refused_with_the_first_and_last_day(loaded: Run) -> None:
    for day in ("2030-01-01", "2020-01-01"):
        said = loaded("metric", "conversion.reached", "--as-of", day)
        assert (said.code, said.out) == (1, "")
        assert said.err == f"E_AS_OF: Nothing is known as of {day}: the data reach from 2026-01-05 to 2026-03-31.\n"


def test_a_period_that_ends_before_it_begins_is_refused(loaded: Run) -> None:
    said = loaded("metric", "win_rate.count", "--from", "2026-03-01", "--to", "2026-01-01")
    assert (said.code, said.out) == (1, "")
    assert "E_PERIOD_ORDER" in said.err


def test_a_value_that_no_opportunity_has_is_refused_with_the_nearest_one(loaded: Run) -> None:
    said = loaded("metric", "win_rate.count", "--where", "product=Valvs")
    assert (said.code, said.out) == (1, "")
    assert said.err == "E_VALUE: No opportunity has product_line = 'Valvs'. → Valves?\n"
    assert loaded("metric", "win_rate.count", "--where", "account=a1").code == 0
    assert loaded("metric", "win_rate.count", "--where", "account=a9", lang="zh").err.startswith("E_VALUE: 没有商机")


def test_an_empty_answer_says_why(loaded: Run) -> None:
    said = loaded("metric", "conversion.reached", "--where", "account=a2", "--where", "segment=KA")
    assert said.code == 0
    assert "No rows" in said.err


def test_groups_asked_by_their_short_names_are_shown(loaded: Run) -> None:
    for short, value in (("account", "a1"), ("product", "Valves"), ("competitor", "Not known"), ("mode", "Not known")):
        assert value in loaded("metric", "win_rate.count", "--by", short).out, short


def test_wrong_words_are_answered_in_the_readers_language(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for words, sentence in ((["metric", "win_rate.count", "--as-of", "yesterday"], "“yesterday”不是日期"),
                            (["serve", "--port", "99999"], "1 至 65535"),
                            (["vacuum", "--keep-days", "-5"], "0 至 36500")):
        with pytest.raises(SystemExit) as stopped:
            run(*words, lang="zh")
        assert stopped.value.code == 2
        assert sentence in capsys.readouterr().err


def test_the_language_may_stand_before_the_command(run: Run) -> None:
    assert "赢率" in run("--lang", "zh", "metrics").out


def test_a_watched_folder_is_loaded_once_and_a_refused_file_fails_until_it_is_gone(run: Run, exports: Path) -> None:
    folder = exports.parent / "inbox"
    (folder / "2026-03-31").mkdir(parents=True)
    for file in exports.iterdir():
        (folder / "2026-03-31" / file.name).write_bytes(file.read_bytes())
    watched = ("watch", folder, "--once", "--settle", "0", "--profile", "canonical")
    said = run(*watched)
    assert (said.code, said.err) == (0, "")
    assert "done: 2026-03-31 is load 1." in said.out
    assert run(*watched) == Said(0, "", "")
    bad = folder / "2026-04-30.csv"
    bad.write_text(OPPORTUNITIES.replace("need", "haggling"), encoding="utf-8")
    for lang, word in (("en", "REFUSED"), ("zh", "拒绝")):
        said = run(*watched, lang=lang)
        assert said.code == 1
        assert word in said.err
        assert "haggling" in said.err
    bad.unlink()
    assert run(*watched).code == 0


def test_a_restatement_is_told_in_words_and_by_opportunity(run: Run, exports: Path) -> None:
    early = re.sub(r"(won|lost),(\d*),CNY,(p\d),([\d-]*),[\d-]*,", r"need,\2,CNY,\3,\4,,", OPPORTUNITIES)
    for day, text in (("2026-02-20", early.replace("ka,need", "ka,proposal")), ("2026-03-31", OPPORTUNITIES),
                      ("2026-04-30", OPPORTUNITIES.replace("ka,lost", "ka,won"))):
        (exports / "opportunity.csv").write_text(text, encoding="utf-8")
        assert run("import", exports, "--profile", "canonical", "--as-of", day).code == 0
    asked = ("restated", "win_rate.count", "--quarter", "2026Q1", "--from", "2")
    said = run(*asked)
    assert said.code == 0, said.err
    assert "Closed otherwise" in said.out
    assert "+50.0 pp" in said.out
    assert "结果改判" in run(*asked, lang="zh").out
    told = json.loads(run(*asked, "--format", "json").out)
    assert [(row["opportunity_id"], row["cause"], row["part_of_change"]) for row in told["ledger"]] == [
        ("o2", "outcome", 0.5)]
    assert [row["change"] for row in told["totals"]] == [0.5, 0.0]
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out)))
    assert rows[0]["opportunity_id"] == "o2"
    assert run("restated", "stage_days.median", "--from", "1").code == 1


def test_a_load_is_not_compared_with_itself_nor_with_one_that_is_not_there(loaded: Run) -> None:
    for load, then, code in (("1", "1", "E_RESTATED_SAME"), ("1", "2", "E_RESTATED_LOAD"), ("1", "0", "E_STORE_LOAD"),
                             ("7", "1", "E_STORE_LOAD")):
        said = loaded("restated", "win_rate.count", "--from", then, "--to", load)
        assert (said.code, said.out, said.err.split(":")[0]) == (1, "", code)


def test_an_unknown_profile_is_answered_with_those_that_are_saved_too(run: Run, exports: Path, tmp_path: Path) -> None:
    save(tmp_path / "store", "House", 'name = "house"\n[[table]]\ntarget = "opportunity"\nfile = "deals*.csv"\n'
                                      'columns = { opportunity_id = "Deal", stage = "Phase" }\n')
    said = run("import", exports, "--profile", "hose")
    assert said.err.startswith("E_PROFILE_UNKNOWN")
    assert "salesforce" in said.err
    assert "house" in said.err.replace("'house'", "house").split("hose", 1)[1]


def test_recognising_fails_where_an_import_would_and_says_at_which_file(run: Run, exports: Path) -> None:
    said = run("recognise", exports)
    assert said.code == 0
    assert f"Next: mvpod import {exports} " in said.out
    (exports / "account.csv").write_text("name\n甲集团\n", encoding="utf-8")
    said = run("recognise", exports)
    assert said.code == 1
    assert "An import would stop at account.csv" in said.out
    assert "stops the import: lacks " in said.out
    told = json.loads(run("recognise", exports, "--format", "json").out)
    assert (told["profile"], told["stops"]) == ("canonical", ["account.csv"])
    assert "account.csv" in run("import", exports, "--as-of", "2026-03-31").err
