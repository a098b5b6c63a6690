#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls to PostgreSQL against pg_stat_statements and the clients' own clocks."""
import itertools
import time

import servers
from harness import case, expect, main
from servers import PYTHON, call, pgbouncer, postgresql, program
from watching import (calls, expect_count, expect_near, expect_operations, first_words, lost, only,
                      queries, watching)
from wire import PgConnection


def ours(watch, port=None):
    """Rows of the server, or of the PgBouncer at `port`."""
    places = [f"127.0.0.1:{port}"] if port else [SERVER.address, SERVER.socket]
    return queries(watch.snapshot, "postgresql", *places)


@case("the server counts what is asked of it")
def oracle():
    SERVER.forget_calls()
    SERVER.psql("SELECT 1", "SELECT 2", "BEGIN", "COMMIT")
    found = first_words(SERVER.calls())
    expect(found == {"SELECT": 2, "BEGIN": 1, "COMMIT": 1}, f"found {found}")


def pgbench_counts(mode, over):
    host = SERVER.directory if over == "Unix socket" else "127.0.0.1"
    SERVER.forget_calls()
    with watching() as watch:
        SERVER.pgbench("-M", mode, "-c", "8", "-t", "100", "-b", "tpcb-like@1", "-b",
                       "select-only@4", host=host)
        truth = first_words(SERVER.calls())
    if mode == "prepared":  # of BEGIN and END the server counts a connection's first only
        truth.update({"BEGIN": truth["INSERT"], "END": truth["INSERT"]})
    expect_operations(watch.snapshot, ours(watch), truth)
    texts = {row["text"] for row in ours(watch) if row["calls"] > 100}
    expect("SELECT abalance FROM pgbench_accounts WHERE aid = ?" in texts, f"found {texts}")


def every_pgbench():
    for mode, over in itertools.product(("simple", "extended", "prepared"),
                                        ("TCP", "Unix socket")):
        case(f"pgbench -M {mode} over {over}: as many calls as the server counts")(
            lambda m=mode, o=over: pgbench_counts(m, o))


every_pgbench()


@case("pgbench -c 32 at full speed: losses are told, and are at most 0.1 %")
def pgbench_full_speed():
    SERVER.forget_calls()
    with watching() as watch:
        SERVER.pgbench("-S", "-c", "32", "-j", "2", "-T", "4", "-M", "prepared")
        truth = sum(SERVER.calls().values())
    expect_count(watch.snapshot, calls(ours(watch)), truth)
    expect(lost(watch.snapshot) <= truth / 1000,
           f"expected at most 0.1 % of {truth} calls lost, found {lost(watch.snapshot)}")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


@case("pgbench -S: p50 within 100 µs, p99 within 5 % of the client's own clock")
def pgbench_latency():
    with servers.directory_of_user() as directory, watching() as watch:
        call([*SERVER.words("pgbench"), "-n", "-S", "-c", "2", "-t", "5000", "-l",
              f"--log-prefix={directory}/log", "postgres"], directory)
        lines = [line.split() for log in directory.glob("log*")
                 for line in log.read_text().splitlines()]
    seconds = [int(line[2]) / 1e6 for line in lines]
    expect(len(seconds) == 10000, f"expected 10000 transactions in the log, found {len(seconds)}")
    row = only([row for row in ours(watch) if "abalance" in (row["text"] or "")], "query")
    for name, share, slack in (("p50_seconds", 0.5, 0), ("p99_seconds", 0.99, 0.05)):
        truth = percentile(seconds, share)
        expect_near(row["latency"][name], truth, max(1e-4, slack * truth), name)


@case("a client that reads late: the server's part and the pickup are told apart")
def late_reader():
    times = 5
    with PgConnection(SERVER.port) as connection, watching() as watch:
        for _ in range(times):
            connection.ask("SELECT pg_sleep(0.05)")
            time.sleep(0.25)
            connection.answer()
    row = only([row for row in ours(watch) if row["text"] == "SELECT pg_sleep(?)"], "query")
    expect(row["calls"] == times, f"expected {times} calls, found {row['calls']}")
    parts = {name: seconds / times for name, seconds in row["parts"].items()}
    expect_near(parts["server_seconds"], 0.05, 0.015, "server_seconds a call")
    expect_near(parts["pickup_seconds"], 0.2, 0.015, "pickup_seconds a call")
    expect_near(parts["stream_seconds"], 0, 0.005, "stream_seconds a call")
    expect_near(sum(parts.values()), row["seconds"] / times, 5e-5, "the parts' sum")
    expect_near(row["latency"]["p50_seconds"], 0.25, 0.0125, "p50_seconds")


STATEMENT = "SELECT customer FROM orders WHERE id = $1"
TEXT = "SELECT customer FROM orders WHERE id = ?"


@case("prepared before culprit came: counted, and the text is honestly not known")
def prepared_before():
    SERVER.forget_calls()
    with PgConnection(SERVER.port) as connection:
        connection.prepare("early_statement", STATEMENT)
        with watching() as watch:
            for number in range(100):
                connection.execute("early_statement", number)
            truth = sum(SERVER.calls().values())
    rows = ours(watch)
    expect_count(watch.snapshot, calls(rows), truth)
    texts = {row["text"] for row in rows}
    expect(texts <= {None, TEXT}, f"expected no text but the true one, found {texts}")


@case("prepared before culprit came: a sibling that prepares the same name tells the text")
def prepared_by_sibling():
    with PgConnection(SERVER.port) as connection:
        connection.prepare("shared_statement", STATEMENT)
        with watching() as watch, PgConnection(SERVER.port) as sibling:
            sibling.prepare("shared_statement", STATEMENT)
            sibling.execute("shared_statement", 1)
            time.sleep(0.3)
            for number in range(100):
                connection.execute("shared_statement", number)
    # Two rows: the database of the older connection is not known.
    rows = ours(watch)
    expect({row["text"] for row in rows} == {TEXT}, f"expected {TEXT} alone, found {rows}")
    expect_count(watch.snapshot, calls(rows), 101)


@case("PgBouncer in transaction mode: its clients' calls and its own, each at their address")
def through_pgbouncer():
    with pgbouncer(SERVER) as port:
        SERVER.forget_calls()
        with watching() as watch:
            SERVER.pgbench("-S", "-c", "8", "-t", "100", port=port)
            truth = SERVER.calls()
    own = sum(count for text, count in truth.items() if text.startswith("SET application_name"))
    to_server, total = ours(watch), sum(truth.values())
    expect_count(watch.snapshot, calls(to_server), total, "calls of PgBouncer")
    expect_count(watch.snapshot, calls(ours(watch, port)), total - own, "calls to PgBouncer")
    callers = {caller["process"]["name"] for row in to_server for caller in row["callers"]}
    expect("pgbouncer" in callers and "pgbench" not in callers,
           f"expected pgbouncer to call the server, found {callers}")


def driver(name, *command):
    """apps/NAME asks for fifty customers, in its driver's ways."""
    SERVER.forget_calls()
    with servers.directory_of_user() as directory, watching() as watch:
        servers.application(SERVER, directory)
        call([*command, directory / name], directory)
        truth = first_words(SERVER.calls())
    expect_operations(watch.snapshot, ours(watch), truth)
    row = only([row for row in ours(watch) if row["text"] == TEXT], "query for customers")
    expect_count(watch.snapshot, row["calls"], 50, "calls of the query for customers")


for NAME in ("psycopg2", "asyncpg", "sqlalchemy"):
    case(f"{NAME}: as many calls as the server counts")(
        lambda n=NAME: driver(f"client_{n}.py", PYTHON))
case("node-postgres: as many calls as the server counts")(
    lambda: driver("client_pg.js", program("node")))


with postgresql() as SERVER:
    main()
