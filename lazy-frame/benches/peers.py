"""The works of the bench `frames`, done by other programs on the same files.

    python3 lazy-frame/benches/peers.py [--data target/bench-data] [--rows 10000000] [--days 30] [--many 365]
                                        [--large 20000000] [--limit 512] [--repetitions 5] [--only q1,j5,..] [--engines polars,duckdb,dask]

Polars, DuckDB and Dask are measured where they are installed; nothing is installed. The bench makes the files, so run it first. Each pair
of a work and an engine is a process of its own: the times are medians after a first run that does not count, peak is the most resident
memory of the process. What the group-by and join questions need is loaded before; the others read files. DuckDB is told the memory limit, in
MiB, in the works larger than memory; the others have none to be told.
"""

import argparse
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

SEED = ["seed-parquet", "seed-csv", "seed-many"]
QUESTIONS = {
    "q1": (["id1"], ["sum v1"]),
    "q2": (["id1", "id2"], ["sum v1"]),
    "q3": (["id3"], ["sum v1", "mean v3"]),
    "q4": (["id4"], ["mean v1", "mean v2", "mean v3"]),
    "q5": (["id6"], ["sum v1", "sum v2", "sum v3"]),
    "q6": (["id4", "id5"], ["median v3", "std v3"]),
    "q7": (["id3"], ["range"]),
    "q8": (["id6"], ["top2 v3"]),
    "q9": (["id2", "id4"], ["r2"]),
    "q10": (["id1", "id2", "id3", "id4", "id5", "id6"], ["sum v3", "count"]),
}
JOINS = {
    "j1": ("small", "id1", "inner"),
    "j2": ("medium", "id2", "inner"),
    "j3": ("medium", "id2", "left"),
    "j4": ("medium", "id5", "inner"),
    "j5": ("big", "id3", "inner"),
}
WORKS = SEED + list(QUESTIONS) + list(JOINS) + ["large-groups", "large-sort"]


class Polars:
    """The streaming engine of the wheel."""

    def __init__(self, data):
        import polars

        self.pl, self.data = polars, data

    def expr(self, text):
        pl = self.pl
        kind, _, name = text.partition(" ")
        if kind == "range":
            return (pl.col("v1").max() - pl.col("v2").min()).alias("range")
        if kind == "r2":
            return (pl.corr("v1", "v2") ** 2).alias("r2")
        if kind == "count":
            return pl.len().alias("count")
        if kind == "top2":
            return pl.col(name).top_k(2).alias(name)
        return getattr(pl.col(name), kind)().alias(f"{kind}_{name}")

    def work(self, name):
        pl = self.pl
        if name.startswith("seed"):
            scan = pl.scan_csv if name == "seed-csv" else pl.scan_parquet
            rows = scan(self.data.files(name)).filter(pl.col("y") > 0)
            query = rows.group_by("name").agg(pl.col("x").std())
        elif name in QUESTIONS:
            keys, aggs = QUESTIONS[name]
            rows = pl.read_parquet(self.data.files(name)).rechunk().lazy()
            query = rows.group_by(keys).agg([self.expr(agg) for agg in aggs])
        elif name in JOINS:
            right, key, how = JOINS[name]
            left, right = (pl.read_parquet(self.data.join(table)).lazy() for table in ("x", right))
            query = left.join(right, on=key, how=how)
        elif name == "large-sort":
            rows = pl.scan_parquet(self.data.files(name)).sort("x")

            def sort():
                rows.sink_parquet(self.data.written(), engine="streaming")
                return pl.scan_parquet(self.data.written()).select(pl.len()).collect().item()

            return sort
        else:
            rows = pl.scan_parquet(self.data.files(name))
            query = rows.group_by("key").agg(pl.col("x").sum(), pl.col("y").sum(), pl.len())
        return lambda: query.collect(engine="streaming").height


class DuckDB:
    """SQL over files, or over tables in memory."""

    def __init__(self, data):
        import duckdb

        self.db, self.data = duckdb.connect(), data

    @staticmethod
    def expr(text):
        kind, _, name = text.partition(" ")
        known = {
            "mean": f"avg({name})",
            "std": f"stddev({name})",
            "range": "max(v1) - min(v2)",
            "r2": "pow(corr(v1, v2), 2)",
            "count": "count(*)",
            "top2": f"max({name}, 2)",
        }
        return known.get(kind, f"{kind}({name})")

    def table(self, name, files):
        self.db.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{files}')")

    def work(self, name):
        if name.startswith("seed"):
            read = "read_csv" if name == "seed-csv" else "read_parquet"
            query = f"SELECT name, stddev(x) FROM {read}('{self.data.files(name)}') WHERE y > 0 GROUP BY name"
        elif name in QUESTIONS:
            keys, aggs = QUESTIONS[name]
            self.table("rows", self.data.files(name))
            keys, aggs = ", ".join(keys), ", ".join(map(self.expr, aggs))
            query = f"SELECT {keys}, {aggs} FROM rows GROUP BY {keys}"
        elif name in JOINS:
            right, key, how = JOINS[name]
            self.table("x", self.data.join("x"))
            self.table("other", self.data.join(right))
            query = f"SELECT * FROM x {how} JOIN other USING ({key})"
        else:
            files = self.data.files(name)
            self.db.execute(f"SET memory_limit = '{self.data.options.limit}MiB'")
            self.db.execute(f"SET temp_directory = '{self.data.folder / 'unfinished'}'")
            query = f"SELECT key, sum(x), sum(y), count(*) FROM read_parquet('{files}') GROUP BY key"
        if name == "large-sort":
            sort = f"SELECT * FROM read_parquet('{files}') ORDER BY x"
            return lambda: self.db.execute(f"COPY ({sort}) TO '{self.data.written()}' (FORMAT parquet)").fetchone()[0]

        def run():
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE result AS {query}")
            return self.db.execute("SELECT count(*) FROM result").fetchone()[0]

        return run


class Dask:
    """Dask's frames on threads. What it has no plain way for is left out."""

    def __init__(self, data):
        import dask
        import dask.dataframe

        dask.config.set(scheduler="threads")
        self.dd, self.data = dask.dataframe, data

    def work(self, name):
        dd = self.dd
        if name.startswith("seed"):
            read = dd.read_csv if name == "seed-csv" else dd.read_parquet

            def seed():
                rows = read(self.data.files(name))
                return len(rows[rows.y > 0].groupby("name").x.std().compute())

            return seed
        if name in QUESTIONS:
            keys, aggs = QUESTIONS[name]
            by_column = {}
            for agg in aggs:
                kind, _, column = agg.partition(" ")
                by_column.setdefault(column, []).append(kind)
            if {"range", "r2", "count", "top2", "median"} & {kind for kinds in by_column.values() for kind in kinds}:
                return None
            rows = dd.read_parquet(self.data.files(name)).persist()
            return lambda: len(rows.groupby(keys).agg(by_column).compute())
        if name in JOINS:
            right, key, how = JOINS[name]
            left, right = (dd.read_parquet(self.data.join(table)).persist() for table in ("x", right))
            return lambda: len(left.merge(right, on=key, how=how).compute())
        if name == "large-sort":
            return None

        def groups():
            rows = dd.read_parquet(self.data.files(name))
            return len(rows.groupby("key").agg({"x": "sum", "y": ["sum", "size"]}, split_out=16).compute())

        return groups


ENGINES = {"polars": Polars, "duckdb": DuckDB, "dask": Dask}


class Data:
    """Where the bench has put what."""

    def __init__(self, options):
        self.options, self.folder = options, Path(options.data)

    def files(self, name):
        options = self.options
        folder, ending = {
            "seed-parquet": (f"timeseries-{options.days}", "parquet"),
            "seed-csv": (f"timeseries-{options.days}-csv", "csv"),
            "seed-many": (f"timeseries-{options.many}", "parquet"),
            "large-groups": (f"large-{options.large}", "parquet"),
            "large-sort": (f"large-{options.large}", "parquet"),
        }.get(name, (f"groups-{options.rows}", "parquet"))
        return str(self.found(self.folder / folder) / f"*.{ending}")

    def join(self, table):
        return str(self.found(self.folder / f"joins-{self.options.rows}" / table) / "*.parquet")

    def written(self):
        """For what a work writes."""
        folder = self.folder / "written"
        folder.mkdir(exist_ok=True)
        return str(folder / "all.parquet")

    @staticmethod
    def found(folder):
        if not folder.is_dir():
            sys.exit(f"there is no {folder}: run the bench `frames` with the same sizes first")
        return folder


def measure(engine, name, options):
    """In this process, which does nothing else."""
    work = ENGINES[engine](Data(options)).work(name)
    if work is None:
        return None
    rows, times = work(), []
    for _ in range(options.repetitions):
        start, cpu = time.perf_counter(), time.process_time()
        if work() != rows:
            sys.exit(f"{name}: {engine} gives another number of rows each time")
        times.append((time.perf_counter() - start, time.process_time() - cpu))
    wall, cpu = (statistics.median(column) for column in zip(*times))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"wall": wall * 1e3, "cpu": cpu * 1e3, "peak": peak / 1e6, "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="target/bench-data")
    for name, default in [("rows", 10_000_000), ("days", 30), ("many", 365), ("large", 20_000_000), ("limit", 512), ("repetitions", 5)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--only", type=lambda text: text.split(","), default=WORKS)
    parser.add_argument("--engines", type=lambda text: text.split(","), default=list(ENGINES))
    parser.add_argument("--row", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        print(json.dumps(measure(*options.row, options)))
        return
    missing = [engine for engine in options.engines if importlib.util.find_spec(engine) is None]
    for engine in missing:
        print(f"{engine} is not installed, and left out")
    engines = [engine for engine in options.engines if engine not in missing]
    if not engines:
        return
    print(f"{'work':<14}{'engine':<10}{'ms':>10}{'ms CPU':>10}{'peak MB':>10}{'rows':>12}")
    for name in options.only:
        for engine in engines:
            done = subprocess.run(
                [sys.executable, *sys.argv, "--row", engine, name], stdout=subprocess.PIPE, text=True
            )
            result = json.loads(done.stdout) if done.returncode == 0 else None
            if result is None:
                print(f"{name:<14}{engine:<10}{'failed' if done.returncode else '-':>10}")
                continue
            figures = "".join(f"{result[key]:>10.1f}" for key in ("wall", "cpu", "peak"))
            print(f"{name:<14}{engine:<10}{figures}{result['rows']:>12}", flush=True)


if __name__ == "__main__":
    main()
