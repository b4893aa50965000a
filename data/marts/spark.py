"""All marts made anew with Spark: it reads, spreads and counts; the stories are told as always.

    tables (Parquet) ─▶ Spark: rows to portions by hash of opportunity_id, of account_id ─▶ data.marts.portion in each
    portion ─▶ files in a folder for passing on ─▶ this process lays them down in the order in which marts are stored

Nothing here is needed by a dashboard: pyspark and Java are asked for when a rebuild with Spark is. docs/spark.md tells
what a cluster needs, docs/decisions/0120-spark-runs-the-same-sql.md why it is so.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.contracts import MARTS
from data.engine import Means
from data.errors import MvpodError
from data.marts import portion as part
from data.marts.history import Progress, Workshop
from data.marts.portion import Portion
from data.marts.spells import dates_of
from data.marts.stories import STORIES
from data.marts.weekly import WEEKLY, bounds_of
from data.marts.weekly_update import Target, last_day
from data.settings import Settings
from data.storage.patch import stream

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LOCAL = "local[2]"
#: Rows of one table that a portion is to hold, about: with `MEANS` they bound the memory of a task.
PORTION_ROWS = 2_000_000
#: What DuckDB may take in one task; Spark runs one for every core that it is given.
MEANS = Means(memory="2GB", threads=1)

#: Tables by what their rows are spread by; those of contacts go where the contact's accounts are.
_BY_OPPORTUNITY = ("stage_change", "assessment", "checklist")
_BY_ACCOUNT = ("contact", "department", "account")
_BY_CONTACT = ("activity", "opportunity_contact")
#: Spark's names of the types of the contracts.
_TYPES = {pa.string(): "string", pa.date32(): "date", pa.float64(): "double", pa.int64(): "bigint",
          pa.bool_(): "boolean", pa.timestamp("us", tz="UTC"): "timestamp", pa.decimal128(18, 2): "decimal(18,2)"}

#: What a task answers: (portion, table -> file, error code or "", fields of the error)
_Answer = tuple[int, dict[str, str], str, dict[str, Any]]


@contextmanager
def session(master: str = LOCAL) -> Iterator[SparkSession]:
    """A Spark session of our own, stopped at the end, that leaves no file and, where it is local, no door open.

    MvpodError E_SPARK_MISSING, E_JAVA_MISSING, E_SPARK_START.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise MvpodError("E_SPARK_MISSING") from error
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        raise MvpodError("E_JAVA_MISSING")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory(prefix="mvpod-", ignore_cleanup_errors=True) as folder:
        builder = SparkSession.builder.master(master).appName("mvpod rebuild")
        for key, value in _options(master, folder).items():
            builder = builder.config(key, value)
        log = Path(folder) / "spark.log"
        try:
            with _stderr_into(log):  # Java writes there as long as it lives: a progress bar has the screen
                spark = builder.getOrCreate()
        except Exception as error:
            raise MvpodError("E_SPARK_START", master=master, found=_reason(error, log)) from error
        try:
            yield spark
        finally:
            spark.stop()


def _options(master: str, folder: str) -> dict[str, str]:
    """Of a cluster only what the work needs: addresses, memory and folders are those of its own configuration."""
    common = {
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.session.timeZone": "UTC",
        "spark.sql.adaptive.enabled": "false",  # a partition is a portion: it must not be joined with another
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",  # a load names its files
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} -XX:-UsePerfData",
    }
    if not master.startswith("local"):
        return common
    return common | {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                     "spark.authenticate": "true", "spark.local.dir": folder, "spark.driver.memory": "2g"}


@contextmanager
def _stderr_into(log: Path) -> Iterator[None]:
    """What this process and its children write to stderr goes into a file for a while."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def rebuild_marts(w: Target, settings: Settings, progress: Progress | None = None, *, spark: SparkSession) -> None:
    """Makes all marts anew as `history.rebuild_marts` does, in portions that Spark spreads over its cores.

    MvpodError E_STAGE_LOST as there, E_SPARK_FAILED.
    """
    say = progress or _silent
    with tempfile.TemporaryDirectory(prefix="mvpod-") as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        work = _Work(spark, Path(folder), w, settings, _portion_count(spark, w), say)
        spark.conf.set("spark.sql.shuffle.partitions", str(work.count))
        work.spread()
        work.tell()
        work.tell_weeks()
        _lay_down(w, work, lambda text, share: say(text, 0.9 + 0.1 * share))


def _portion_count(spark: SparkSession, w: Target) -> int:
    tables = ("opportunity", *_BY_OPPORTUNITY, *_BY_ACCOUNT, *_BY_CONTACT)
    rows = max(sum(pq.read_metadata(f).num_rows for f in w.files(table)) for table in tables)
    return max(spark.sparkContext.defaultParallelism, -(-rows // PORTION_ROWS))


@dataclass
class _Work:
    """One rebuild: which files each portion has by now."""

    spark: SparkSession
    folder: Path
    w: Target
    settings: Settings
    count: int
    say: Progress

    def __post_init__(self) -> None:
        self.days = dates_of(self.w.files("opportunity"))
        self.found: dict[int, dict[str, str]] = defaultdict(dict)

    def spread(self) -> None:
        """Every row to its portion; the snapshots are folded into spells as they arrive."""
        self._spread("opportunity", self._placed("opportunity", "opportunity_id"), 0.0, 0.4,
                     partial(part.fold, days=self.days, means=MEANS))
        homes = self._placed("contact", "account_id").select("contact_id", "portion").distinct()  # of a mover: several
        frames = [(name, self._placed(name, "opportunity_id")) for name in _BY_OPPORTUNITY]
        frames += [(name, self._placed(name, "account_id")) for name in _BY_ACCOUNT]
        frames += [(name, self._read(name).join(homes, "contact_id")) for name in _BY_CONTACT]
        for i, (name, frame) in enumerate(frames):
            self._spread(name, frame, 0.4 + 0.02 * i, 0.42 + 0.02 * i, partial(part.put, table=name))
        owners = Portion(self.folder)
        if files := self.w.files("owner"):  # every portion needs them all
            part.put(owners, self._read("owner").toArrow().to_batches(), "owner")
        self.whole = {"opportunity": self.w.files("opportunity"), "owner": owners.files("owner") if files else []}

    def tell(self) -> None:
        """The stories, of whose last day the weeks may depend."""
        self._each("stage_visit", 0.6, 0.75, partial(part.tell, settings=self.settings, means=MEANS))

    def tell_weeks(self) -> None:
        """The weekly marts, which end on the company's last day and begin with its first record."""
        with Workshop(_Both(self.w, self), ("contact", "activity", "opportunity_state")) as shop:
            last = last_day(shop.con, self.w)
            bounds = bounds_of(shop.con, self.settings, last)
        self._each("account_week", 0.75, 0.9, partial(part.tell_weeks, settings=self.settings, means=MEANS, last=last,
                                                      bounds=bounds))

    def files(self, mart: str) -> list[str]:
        """The files of a mart, of all portions."""
        return [files[mart] for _, files in sorted(self.found.items()) if mart in files]

    def _read(self, table: str) -> DataFrame:
        """A table as the load names its files, with the columns that history needs."""
        schema = part.schema_read(table)
        columns = ", ".join(f"{f.name} {_TYPES[f.type]}" for f in schema)
        files = self.w.files(table)
        if not files:
            return self.spark.createDataFrame([], columns)
        reader = self.spark.read.schema(columns).option("__globPaths__", "false")  # names as they are: no patterns
        return reader.option("basePath", str(_folder_of(files[0], table))).parquet(*files)

    def _placed(self, table: str, key: str) -> DataFrame:
        """A table with the number of each row's portion."""
        return self._read(table).selectExpr("*", f"pmod(hash({key}), {self.count}) AS portion")

    def _spread(self, table: str, frame: DataFrame, start: float, end: float,
                take: Callable[[Portion, Iterable[pa.RecordBatch]], None]) -> None:
        """Sends the rows of `frame` to their portions, where `take` writes what becomes of them."""
        if not self.w.files(table):
            return
        folder = self.folder

        def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            from pyspark import TaskContext

            context = TaskContext.get()
            portion = Portion(folder)
            take(portion, batches)
            names = list(portion.written)
            yield pa.RecordBatch.from_pydict({"portion": [context.partitionId() if context else 0] * len(names),
                                              "name": names, "file": list(portion.written.values())})
        rows = frame.repartitionById(self.count, "portion").mapInArrow(run, "portion bigint, name string, file string")
        for number, name, file in self._watched(table, start, end, rows.collect):
            self.found[number][name] = file

    def _each(self, text: str, start: float, end: float, tell: Callable[[Portion], None]) -> None:
        """Does something in every portion, with the files that it has by now."""
        folder, whole = self.folder, self.whole

        def run(job: tuple[int, dict[str, str]]) -> _Answer:
            number, files = job
            portion = Portion(folder, whole | {name: [file] for name, file in files.items()})
            try:
                tell(portion)
            except MvpodError as error:
                return number, {}, error.code, error.fields
            return number, portion.written, "", {}
        jobs = [(number, self.found[number]) for number in range(self.count)]
        answers = self._watched(text, start, end,
                                self.spark.sparkContext.parallelize(jobs, self.count).map(run).collect)
        for number, files, code, fields in answers:
            if code:
                raise MvpodError(code, **_merged(fields, code, answers))
            self.found[number] |= files

    def _watched(self, text: str, start: float, end: float, job: Callable[[], list[Any]]) -> list[Any]:
        """Runs a job and says how many of its tasks are done. MvpodError E_SPARK_FAILED."""
        with ThreadPoolExecutor(1) as pool:
            running, share = pool.submit(job), 0.0
            try:
                while not wait_for([running], timeout=0.2).done:
                    share = max(share, self._share_done())  # a job has stages, each of which begins with nothing done
                    self.say(text, start + (end - start) * share)
                return running.result()
            except MvpodError:
                raise
            except Exception as error:
                raise MvpodError("E_SPARK_FAILED", found=_reason(error), folder=str(self.folder)) from error
            finally:
                _cancel(self.spark, running)

    def _share_done(self) -> float:
        tracker = self.spark.sparkContext.statusTracker()
        stages = [info for number in tracker.getActiveStageIds() if (info := tracker.getStageInfo(number))]
        return sum(s.numCompletedTasks for s in stages) / max(1, sum(s.numTasks for s in stages))


@dataclass
class _Both:
    """The tables of the store and the marts that were made of them."""

    store: Target
    work: _Work

    def files(self, table: str) -> list[str]:
        return self.work.files(table) if table in MARTS else self.store.files(table)

    def published_files(self, table: str) -> list[str]:
        return []

    def overwrite(self, table: str, data: pa.Table | pa.RecordBatchReader) -> None:
        self.store.overwrite(table, data)


def _lay_down(w: Target, work: _Work, say: Progress) -> None:
    """Writes the marts of all portions in the order in which they are stored (docs/decisions/0040)."""
    with Workshop(_Both(w, work), MARTS) as shop:
        finished, standing = "WHERE seen_until IS NOT NULL ORDER BY seen_until", "WHERE seen_until IS NULL"
        w.overwrite("snapshot_spell", stream(shop.con, "snapshot_spell", [
            f"FROM snapshot_spell {finished}", f"FROM snapshot_spell {standing} ORDER BY seen_from"]))
        shop.lay_down(w, {name: name for name in STORIES}, say)
        for name in WEEKLY:
            w.overwrite(name, stream(shop.con, name, [f"FROM {name} ORDER BY week"]))


def _folder_of(file: str, table: str) -> Path:
    """The table's folder, below which parts of the path are dates."""
    return next(folder for folder in Path(file).parents if folder.name == table)


def _merged(fields: Mapping[str, Any], code: str, answers: Sequence[_Answer]) -> dict[str, Any]:
    """The fields of an error, with what all portions found, where it is a list."""
    found = [answer[3].get("found") for answer in answers if answer[2] == code]
    if all(isinstance(one, list) for one in found):
        return {**fields, "found": sorted({value for one in found for value in one or ()})}
    return dict(fields)


def _cancel(spark: SparkSession, running: Future[Any]) -> None:
    """Stops what still runs, so that nobody waits for it."""
    if not running.done():
        with suppress(Exception):
            spark.sparkContext.cancelAllJobs()


def _reason(error: Exception, log: Path | None = None) -> str:
    """What Python or Java said last, in one line."""
    told = str(error) + ("\n" + log.read_text(errors="replace") if log and log.exists() else "")
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    named = [line for line in lines if "Error" in line.split(":")[0] or "Exception" in line.split(":")[0]]
    return (named or lines or [type(error).__name__])[-1 if named else 0][:300]


def _silent(text: str, share: float) -> None:
    """Progress that nobody watches."""
