#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls to MariaDB against its performance schema and its status counters."""
from harness import case, expect, main
from servers import mariadb
from watching import calls, expect_count, expect_operations, first_words, queries, watching


def ours(watch):
    return queries(watch.snapshot, "mysql", SERVER.address, SERVER.socket)


def client(over):
    SERVER.forget_calls()
    statements = ["SELECT * FROM sbtest1 WHERE id = 7", "SELECT \"text\", 'text'",
                  "INSERT INTO numbers VALUES (1), (2)", "INSERT INTO numbers VALUES (3)",
                  "SELECT * FROM numbers WHERE n IN (1, 2, 3)"]
    with watching() as watch:
        for _ in range(5):
            SERVER.client(*statements, over=over)
        truth = first_words(SERVER.calls())
    rows = ours(watch)
    expect_operations(watch.snapshot, rows, truth)
    found = {row["text"]: row["calls"] for row in rows}
    for text, count in (("SELECT * FROM sbtest1 WHERE id = ?", 5), ("SELECT ?, ?", 5),
                        ("INSERT INTO numbers VALUES (?)", 10),
                        ("SELECT * FROM numbers WHERE n IN (?)", 5)):
        expect(found.get(text) == count, f"expected {count} × {text}, found {found}")


case("MariaDB's client over TCP: calls and texts")(lambda: client("tcp"))
case("MariaDB's client over a Unix socket: calls and texts")(lambda: client("socket"))


def sysbench(mode, asked):
    """`asked` gives how many statements the server was asked since forget_calls()."""
    before = asked()
    with watching() as watch:
        SERVER.sysbench("--threads=4", "--events=400", "--time=30", f"--db-ps-mode={mode}", "run")
        truth = asked() - before
    rows = ours(watch)
    expect_count(watch.snapshot, calls(rows), truth)
    points = [row for row in rows if row["text"] == "SELECT c FROM sbtest1 WHERE id = ?"]
    expect_count(watch.snapshot, calls(points), 4000, "calls of the point query")


# By status counters: the performance schema leaves executions of prepared statements out, and
# now and then one statement of a connection that has just ended.
case("sysbench without prepared statements: as many calls as the server counts")(
    lambda: sysbench("disable", lambda: sum(SERVER.counters()[name] for name in (
        "Com_select", "Com_begin", "Com_commit"))))
case("sysbench with prepared statements: as many calls as the server counts")(
    lambda: sysbench("auto", lambda: SERVER.counters()["Com_stmt_execute"]))


with mariadb() as SERVER:
    SERVER.sysbench("prepare")
    SERVER.client("CREATE TABLE numbers (n int)")
    main()
