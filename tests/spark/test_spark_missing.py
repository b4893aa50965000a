"""Without Spark or Java the dashboard lacks nothing, and a rebuild that asks for them is told how to get them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import main
from data.errors import MvpodError
from data.marts import spark

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("lang", "words"), [("en", "pip install -r requirements-spark.txt"), ("zh", "未安装 Spark")])
def test_a_rebuild_with_spark_says_that_it_is_not_installed(lang: str, words: str, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    assert main(["rebuild", "--engine", "spark", "--store", str(tmp_path), "--lang", lang]) == 1
    assert words in capsys.readouterr().err


def test_a_missing_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed (requirements-spark.txt)")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MvpodError) as caught, spark.session():
        pass
    assert caught.value.code == "E_JAVA_MISSING"


def test_a_java_that_does_not_start_is_told_with_what_it_said(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed (requirements-spark.txt)")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'Error: this Java is too old' >&2\nexit 1\n")
    java.chmod(0o755)
    done = subprocess.run([sys.executable, "-m", "cli", "rebuild", "--engine", "spark", "--store", str(tmp_path / "s")],
                          env={**os.environ, "JAVA_HOME": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("E_SPARK_START: Spark does not start with master local[2]: Error: this Java is too ")
    assert len(done.stderr.splitlines()) == 1


def test_nothing_that_serves_pages_imports_spark() -> None:
    script = "import sys, app, cli, data.maintenance, analytics.ask; assert 'pyspark' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
