#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls to Redis and memcached, and what they hit, against the servers' own counters."""
import contextlib

from pymemcache.client.base import Client

from harness import case, expect, main
from servers import call, memcached, program, redis
from watching import expect_count, expect_near, is_at, lost, only, queries, watching


def operations(rows):
    found = {}
    for row in rows:
        found[row["operation"].lower()] = found.get(row["operation"].lower(), 0) + row["calls"]
    return found


def cache_of(snapshot, system, address):
    row = only([row for row in snapshot["databases"]
                if row["system"] == system and is_at(row, address)], f"{system} server")
    return row["cache"]


def expect_cache(snapshot, system, address, hits, misses):
    """What was lost may have hit or missed: then the ratio is held, to a thousandth."""
    cache = cache_of(snapshot, system, address)
    expect(hits > 0 and misses > 0, f"expected hits and misses, the server counts {hits, misses}")
    if lost(snapshot) == 0:
        expect((cache["hits"], cache["misses"]) == (hits, misses),
               f"expected {hits} hits and {misses} misses, found {cache}")
    expect_near(cache["hit_ratio"], hits / (hits + misses), 1e-3, "hit_ratio")


def benchmark(server, pipeline, over):
    """400 of 1000 keys are there, so that reading hits and misses. No more clients than the backlog
    of the socket may be long here: past it a Unix socket refuses, where TCP tries again."""
    place = ["-s", server.socket] if over == "Unix socket" else ["-p", server.port]
    words = [program("redis-benchmark"), *place, "-q", "-r", "1000", "-P", pipeline, "-c", "8"]
    server.cli("FLUSHALL")
    server.forget_calls()
    before = server.hits_and_misses()
    with watching() as watch:
        call([*words, "-n", "500", "SET", "key:__rand_int__", "value"], server.directory)
        call([*words, "-n", "20000", "GET", "key:__rand_int__"], server.directory)
        truth = server.calls()
        hits, misses = (now - then for now, then in zip(server.hits_and_misses(), before))
    address = server.socket if over == "Unix socket" else server.address
    rows = queries(watch.snapshot, "redis", address)
    found = operations(rows)
    for name in ("set", "get"):
        expect_count(watch.snapshot, found.get(name, 0), truth[name], f"calls of {name}")
    expect_cache(watch.snapshot, "redis", address, hits, misses)
    texts = {row["text"] for row in rows if row["operation"] in ("GET", "SET")}
    expect(len(texts) == 2, f"expected one pattern a command, found {texts}")


def every_benchmark():
    for pipeline, over in ((1, "TCP"), (16, "TCP"), (16, "Unix socket")):
        case(f"redis-benchmark -P {pipeline} over {over}: calls and hit ratio are the server's")(
            lambda p=pipeline, o=over: benchmark(REDIS, p, o))


every_benchmark()


def memcached_counts(length, several):
    """`several`: keys of one request."""
    before = MEMCACHED.counters()
    client = Client(("127.0.0.1", MEMCACHED.port), no_delay=True)
    with watching() as watch, contextlib.closing(client):
        for number in range(300):
            client.set(f"key:{number}", "v" * length, noreply=number % 3 == 0)
        for number in range(600):
            client.get(f"key:{number}")
        for number in range(0, 600, several):
            client.get_many([f"key:{number + more}" for more in range(several)])
        client.delete("key:1", noreply=False)
        client.incr("key:none", 1)
        after = MEMCACHED.counters()
        client.flush_all()
    since = {name: after[name] - before[name] for name in after}
    rows = queries(watch.snapshot, "memcached", MEMCACHED.address)
    found = operations(rows)
    expect_count(watch.snapshot, found.get("set", 0), since["cmd_set"], "calls of set")
    expect_count(watch.snapshot, found.get("get", 0), 600 + 600 // several, "calls of get")
    expect_count(watch.snapshot, found.get("delete", 0), 1, "calls of delete")
    expect_cache(watch.snapshot, "memcached", MEMCACHED.address, since["get_hits"],
                 since["get_misses"])


case("memcached: calls and hit ratio are the server's")(lambda: memcached_counts(100, 6))
case("memcached, values of 100 kB: calls and hit ratio are the server's")(
    lambda: memcached_counts(100_000, 1))


with redis() as REDIS, memcached() as MEMCACHED:
    main()
