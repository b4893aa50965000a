"""A store on object storage keeps what a store in a folder keeps, and answers the same."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import polars
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import cli
from data.engine import open_company
from data.errors import MvpodError
from data.intake.importing import apply_settings, import_paths
from data.maintenance import rebuild, under_settings
from data.restatement import earlier
from data.settings import parse_settings
from data.storage import mirror, packs
from data.storage.store import Store
from tests.faults.support import assert_whole, day, one_load, opportunities, write
from tests.storage_s3.conftest import ROOT, Cloud

OPPORTUNITIES = """opportunity_id,account_id,pipeline,stage,amount,currency,owner_id,created_on,closed_on
o1,a1,ka,won,100000,CNY,p1,2026-01-05,2026-03-02
o2,a1,ka,lost,50000,CNY,p1,2026-01-06,2026-03-09
o3,a2,smb,won,2000,CNY,p2,2026-02-01,2026-03-20
o4,a2,smb,need,,CNY,p2,2026-03-01,
"""


def parquet(store: Store) -> list[Path]:
    """The files of tables that a copy holds."""
    return sorted(path for path in store.path.glob("[!.]*/**/*.parquet") if path.parts[-2] != "loads")


def test_what_one_machine_publishes_another_reads_and_goes_on_from(cloud: Cloud) -> None:
    here = cloud.at("here")
    for _ in range(3):
        one_load(here)
    there = cloud.at("there")
    assert_whole(there, there.current())
    assert one_load(there).load_id == 4
    again = cloud.at("here")
    assert_whole(again, again.current())
    assert_whole(again, again.load(2))
    assert again.verify() == []
    assert again.name == cloud.url


def test_the_same_date_again_replaces_it_and_restore_brings_it_back(cloud: Cloud) -> None:
    store = cloud.at()
    one_load(store)
    with store.writing() as w:
        w.replace_dates("opportunity", opportunities(1, rows=3), [day(1)])
        w.publish(kind="import", as_of=day(1), profile="canonical")
    assert store.rows("opportunity") == 3
    assert store.restore(1).load_id == 3
    elsewhere = cloud.at("there")
    assert (elsewhere.rows("opportunity"), len(elsewhere.loads())) == (20, 3)
    assert elsewhere.verify() == []


def test_a_writer_whose_body_fails_publishes_nothing_and_gives_the_lease_back(cloud: Cloud) -> None:
    store = cloud.at()
    one_load(store)
    before = cloud.names()
    with pytest.raises(MvpodError), store.writing() as w:
        w.replace_dates("opportunity", opportunities(2), [day(1)])
    assert cloud.names() == before
    there = cloud.at("there")
    begun = time.monotonic()
    assert one_load(there).load_id == 2
    assert time.monotonic() - begun < 15
    assert_whole(there, there.current())


def test_many_loads_write_checkpoints_and_a_new_machine_reads_only_from_there_on(
        cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.storage.delta.CHECKPOINT_EVERY", 3)
    monkeypatch.setattr("data.storage.loads.GATHER_EVERY", 4)
    store = cloud.at()
    for number in range(8):
        one_load(store if number % 2 else cloud.at("other"))
    there = cloud.at("there")
    assert_whole(there, there.current())
    assert_whole(there, there.load(3))
    log = sorted(path.name for path in (there.path / "loads" / "_delta_log").iterdir())
    assert log[0].endswith(".checkpoint.parquet"), log
    assert one_load(there).load_id == 9
    assert there.verify() == []


def test_vacuum_removes_objects_that_no_kept_load_names_and_what_killed_writers_left(
        cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    store = cloud.at()
    with store.writing() as w:
        write(w, 1)
        w.overwrite("opportunity_change", moves(2))
        w.publish(kind="import", as_of=day(1), profile="canonical")
    obstore.put(cloud.objects, "opportunity/snapshot_date=2026-01-02/00000009-orphan.parquet", b"never named")
    obstore.put(cloud.objects, "exports/keep.parquet", b"not the store's")
    later = datetime.now(UTC) + timedelta(days=100)
    assert store.vacuum(90).files == (), "young objects may be in a reader's hands"
    plan = store.vacuum(90, dry_run=True, now=later)
    assert sorted(name.split("/")[0] for name in plan.files) == ["opportunity", "opportunity_change"]
    assert store.vacuum(90, now=later) == plan
    assert not cloud.names() & set(plan.files)
    assert "exports/keep.parquet" in cloud.names()
    there = cloud.at("there")
    assert there.verify() == []
    assert there.rows("opportunity_change") == 2
    with pytest.raises(MvpodError) as caught:
        there.files("opportunity_change", there.load(1))
    assert caught.value.code == "E_STORE_GONE"


def moves(rows: int) -> pa.Table:
    """Rows of a mart."""
    return pa.table({"opportunity_id": [f"o{i}" for i in range(rows)], "field": ["stage"] * rows,
                     "changed_on": pa.array([day(rows)] * rows, pa.date32())})


def test_a_damaged_copy_is_noticed_by_the_next_process_and_fetched_again(cloud: Cloud) -> None:
    one_load(cloud.at("writer"))
    store = cloud.at("reader")
    assert_whole(store, store.current())
    for path in parquet(store):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    for path in (store.path / "loads").rglob("*.*"):
        path.write_bytes(b"{}")
    again = cloud.at("reader")
    assert_whole(again, again.current())


def test_an_object_that_is_not_what_was_recorded_is_refused_and_found_by_verify(cloud: Cloud) -> None:
    store = cloud.at("writer")
    one_load(store)
    file = store.parts("opportunity")[0].path
    content = bytearray((store.path / "opportunity" / file).read_bytes())
    content[len(content) // 2] ^= 1
    obstore.put(cloud.objects, f"opportunity/{file}", bytes(content))
    reader = cloud.at("reader")
    with pytest.raises(MvpodError) as caught:
        reader.files("opportunity")
    assert (caught.value.code, caught.value.fields["file"]) == ("E_STORE_DAMAGED", f"opportunity/{file}")
    assert [(p.code, p.path) for p in cloud.at("writer").verify()] == [("V_CHANGED", f"opportunity/{file}")]
    obstore.delete(cloud.objects, f"opportunity/{file}")
    assert [(p.code, p.path) for p in cloud.at("writer").verify()] == [("V_MISSING", f"opportunity/{file}")]


def test_a_copy_that_is_full_gives_up_what_was_used_longest_ago_but_nothing_that_is_published(
        cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    store = cloud.at()
    one_load(store)
    old = set(store.files("opportunity_change"))
    for _ in range(2):
        one_load(store)
    kept = {f for table in ("opportunity", "opportunity_change") for f in store.files(table)}
    for path in parquet(store):
        os.utime(path, (1, 1))
    monkeypatch.setenv("MVPOD_CACHE_GB", "0")
    again = cloud.at()
    again.files("opportunity")
    assert not any(Path(file).exists() for file in old)
    assert all(Path(file).exists() for file in kept)
    assert_whole(again, again.load(1))


def test_a_store_made_anew_under_the_same_url_is_not_taken_for_the_old_one(cloud: Cloud) -> None:
    store = cloud.at()
    for _ in range(2):
        one_load(store)
    assert_whole(store, store.current())
    time.sleep(0.1)
    obstore.delete(cloud.objects, sorted(cloud.names()))
    fresh = cloud.at("other")
    with fresh.writing() as w:
        w.replace_dates("opportunity", opportunities(7), [day(7)])
        w.publish(kind="import", as_of=day(7), profile="anew")
    seen = cloud.at("here")
    current = seen.current()
    assert current is not None
    assert (current.load_id, current.profile, seen.dates("opportunity")) == (1, "anew", [day(7)])


def test_what_lies_beside_the_tables_is_shared(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "FRESH", 0.0)
    here, there = cloud.at("here").path, cloud.at("there").path
    packs.save(here, "Q3", "{}")
    assert [pack.name for pack in packs.listed(there)] == ["q3"]
    assert packs.load(there, "q3") == "{}"
    packs.remove(there, "q3")
    assert cloud.names("packs") == set()


def test_a_prefix_that_holds_something_else_is_refused(cloud: Cloud) -> None:
    obstore.put(cloud.objects, "photos/1.jpg", b"x")
    with pytest.raises(MvpodError) as caught:
        cloud.at()
    assert (caught.value.code, caught.value.fields["found"]) == ("E_STORE_FOREIGN", ["photos"])


def test_the_tables_are_plain_delta_tables(cloud: Cloud, keys: str) -> None:
    one_load(cloud.at())
    options = {"aws_endpoint_url": keys, "aws_access_key_id": "tester", "aws_secret_access_key": "never-to-be-printed",
               "aws_region": "us-east-1", "aws_allow_http": "true"}
    rows = polars.read_delta(f"{cloud.url}/opportunity", version=0, storage_options=options)
    assert rows["stage"].to_list() == ["load 1"] * 20


def test_every_command_does_there_what_it_does_in_a_folder(
        cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.at()
    (tmp_path / "opportunity.csv").write_text(OPPORTUNITIES, encoding="utf-8")

    def said(store: object, *words: object) -> str:
        capsys.readouterr()
        code = cli.main([str(word) for word in (words[0], "--store", store, *words[1:])])
        out = capsys.readouterr()
        assert code == 0, out.err
        return out.out.replace(str(store), "STORE")

    local = tmp_path / "local"
    for words in (("import", tmp_path, "--profile", "canonical", "--as-of", "2026-03-31"),
                  ("import", tmp_path, "--profile", "canonical", "--as-of", "2026-03-31"),
                  ("rebuild",), ("restore", "1"), ("vacuum",), ("verify",), ("quarantine",),
                  ("metric", "win_rate.count", "--format", "csv"), ("metric", "pipeline.open", "--by", "stage")):
        mine, theirs = said(cloud.url, *words), said(local, *words)
        assert mine == theirs, words
    assert [line.split()[:2] for line in said(cloud.url, "loads").splitlines()] == [
        line.split()[:2] for line in said(local, "loads").splitlines()]
    assert "opportunity.csv" in said(cloud.url, "show", "1")


def test_an_import_and_a_rebuild_on_another_machine_give_the_same_marts(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "opportunity.csv").write_text(OPPORTUNITIES, encoding="utf-8")
    when = datetime(2026, 3, 31).date()
    first = cloud.at("here")
    import_paths([tmp_path / "opportunity.csv"], first.path, profile="canonical", as_of=when)
    marts = ("stage_visit", "stage_reach", "opportunity_state")
    before = {mart: first.table(mart).to_pylist() for mart in marts}
    there = cloud.at("there")
    assert import_paths([tmp_path / "opportunity.csv"], there.path, profile="canonical", as_of=when).is_unchanged
    rebuild(there.path)
    assert {mart: there.table(mart).to_pylist() for mart in marts} == before


def test_the_dashboard_shows_it_and_its_page_data_lists_the_loads(
        cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "opportunity.csv").write_text(OPPORTUNITIES, encoding="utf-8")
    import_paths([tmp_path / "opportunity.csv"], cloud.at("writer").path, profile="canonical",
                 as_of=datetime(2026, 3, 31).date())
    cloud.at("dashboard")
    monkeypatch.setenv("MVPOD_STORE", cloud.url)
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page._page_hash = calc_hash("data")  # pages are functions; AppTest.switch_page only knows files
    page.query_params["lang"] = "en"
    page.run()
    assert not page.exception
    assert not page.error
    assert any("opportunity.csv" in frame.value.to_csv() for frame in page.dataframe)


def test_other_settings_and_earlier_loads_are_asked_of_a_copy_and_the_store_stays_as_it_is(
        cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "opportunity.csv").write_text(OPPORTUNITIES, encoding="utf-8")
    writer = cloud.at("writer").path
    import_paths([tmp_path / "opportunity.csv"], writer, profile="canonical", as_of=datetime(2026, 3, 31).date())
    first = (writer / "mvpod.toml").read_text(encoding="utf-8")
    (tmp_path / "first.toml").write_text(first, encoding="utf-8")
    apply_settings(writer, parse_settings(first.replace("Asia/Shanghai", "Europe/Berlin")))
    before = cloud.names()
    with under_settings(cloud.at("reader").path, tmp_path / "first.toml") as copy:
        company = open_company(copy)
        assert company.settings.organisation.timezone == "Asia/Shanghai"
        company.close()
    now = open_company(cloud.at("reader").path)
    with earlier(now, 1) as (then, redefined):
        assert then.settings.organisation.timezone == "Asia/Shanghai"
        assert redefined is not None
        assert redefined.settings.organisation.timezone == "Europe/Berlin"
    now.close()
    assert cloud.names() == before
