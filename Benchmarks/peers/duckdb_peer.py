"""The same work by DuckDB, whose extensions read SQLite and PostgreSQL.

Usage: duckdb_peer.py load file.db address table | sum address table | scan address table
Prints the rows and the seconds. The password is in PGPASSWORD.
"""

import pathlib
import sys
import time

import duckdb

work, arguments = sys.argv[1], sys.argv[2:]
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
for package in __import__("duckdb_ext").__path__:
    for extension in pathlib.Path(package).rglob("*_scanner.duckdb_extension"):
        connection.execute(f"LOAD '{extension}'")
if work == "load":
    connection.execute(f"ATTACH '{arguments.pop(0)}' AS local (TYPE sqlite, READ_ONLY)")
address, table = arguments
connection.execute(f"ATTACH '{address}' AS remote (TYPE postgres)")
start = time.perf_counter()
if work == "load":
    sql = f"INSERT INTO remote.{table} SELECT id, customer, created, total, note FROM local.orders"
    count = connection.execute(sql).fetchone()[0]
elif work == "sum":
    connection.execute(f"SELECT sum(total) FROM remote.{table}").fetchone()
    count = 1
else:
    # Values of all columns come to this process, and none is printed.
    columns = "sum(id), sum(customer), sum(length(created)), sum(total), sum(length(note))"
    connection.execute(f"SELECT {columns} FROM remote.{table}").fetchone()
    count = 5
print(count, time.perf_counter() - start)
