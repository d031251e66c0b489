"""Moves a SQLite table to PostgreSQL as a script of twenty lines does.

Usage: migrate.py file.db postgresql-address table [rows per batch]
Fetches rows in the order of the key, COPYs them with psycopg, commits, and deletes them.
Prints the rows and the seconds. The password is in PGPASSWORD.
"""

import sqlite3
import sys
import time

import psycopg

path, address, table = sys.argv[1:4]
batch_size = int(sys.argv[4]) if len(sys.argv) > 4 else 10_000

local = sqlite3.connect(path)
with psycopg.connect(address) as remote:
    start = time.perf_counter()
    (count, last) = (0, 0)
    while True:
        rows = local.execute(
            "SELECT id, customer, created, total, note FROM orders WHERE id > ? ORDER BY id LIMIT ?",
            (last, batch_size),
        ).fetchall()
        if not rows:
            break
        with remote.cursor() as cursor:
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        remote.commit()
        local.execute("DELETE FROM orders WHERE id > ? AND id <= ?", (last, rows[-1][0]))
        local.commit()
        last = rows[-1][0]
        count += len(rows)
    print(count, time.perf_counter() - start)
