#!/usr/bin/env python3
"""The four questions of E4, asked of engines that a user would pick instead, about the same rows.

peers.py FOLDER ROWS: the rows are FOLDER/exposures-ROWS.bin, three little-endian uint32 each (second,
account, person), as the Rust benchmark beside it writes them. Tables are made once and kept. Each
question is asked 22 times; the median of the last 21 is printed, in milliseconds, with the answer.
"""
import statistics
import sys
import time
from pathlib import Path

EPOCH = 1_735_689_600
THEFT = EPOCH + 192 * 86_400 + 20 * 3600
THIEF = 4242


def questions(table):
    day = 86_400
    one_end = THEFT + 26 * 3600
    fifty = ",".join(str(account) for account in range(100, 150))
    victim = f"(select min(person) from {table} where account={THIEF} and ts>={THEFT} and ts<{THEFT + 60})"
    return {
        "Q1": f"select count(distinct person) from {table} where account={THIEF} and ts>={THEFT} and ts<{one_end}",
        "Q2": f"select count(distinct person) from {table} where account in ({fifty}) and ts>={THEFT} and ts<{THEFT + 30 * day}",
        "Q3": f"select account, min(ts), max(ts), count(*) from {table} where person={victim} group by account order by account",
        "Q4": f"select count(distinct person) from {table} where ts>={THEFT} and ts<{THEFT + 7 * day}",
    }


def report(engine, name, ask):
    answer = ask()
    times = []
    for _ in range(21):
        start = time.perf_counter()
        assert ask() == answer
        times.append(time.perf_counter() - start)
    lines = " ".join(":".join(str(value) for value in row) for row in answer)
    print(f"{engine} {name} {statistics.median(times) * 1e3:.3f} {lines}", flush=True)


def duckdb_engine(folder, rows):
    import duckdb
    import numpy

    path = folder / f"duck-{rows}.db"
    fresh = not path.exists()
    database = duckdb.connect(str(path))
    database.execute("set threads=2")
    if fresh:
        start = time.perf_counter()
        data = numpy.fromfile(folder / f"exposures-{rows}.bin", dtype="<u4").reshape(-1, 3)
        import pyarrow

        columns = {name: numpy.ascontiguousarray(data[:, at]) for at, name in enumerate(["ts", "account", "person"])}
        source = pyarrow.table(columns)
        database.execute("create table x as select * from source")
        del source
        print(f"# duckdb loaded in {time.perf_counter() - start:.0f} s", flush=True)
    return "x", lambda query: database.execute(query).fetchall()


def chdb_engine(folder, rows):
    import chdb.session

    session = chdb.session.Session(str(folder / f"chdb-{rows}"))
    session.query("create database if not exists d")
    session.query(
        "create table if not exists d.x (ts UInt32, account UInt32, person UInt32) engine=MergeTree order by (account, ts)"
    )
    if int(str(session.query("select count() from d.x")).strip()) == 0:
        start = time.perf_counter()
        path = folder / f"exposures-{rows}.bin"
        shape = "ts UInt32, account UInt32, person UInt32"
        session.query(f"insert into d.x select * from file('{path}', RowBinary, '{shape}')")
        session.query("optimize table d.x final")
        print(f"# chdb loaded in {time.perf_counter() - start:.0f} s", flush=True)

    def ask(query):
        lines = str(session.query(query, "CSV")).strip().splitlines()
        return [tuple(int(value) for value in line.split(",")) for line in lines]

    return "d.x", ask


def main():
    folder, rows = Path(sys.argv[1]), sys.argv[2]
    for engine, build in (("duckdb", duckdb_engine), ("chdb", chdb_engine)):
        table, ask = build(folder, rows)
        for name, query in questions(table).items():
            report(engine, name, lambda: ask(query))


main()
