# SPDX-License-Identifier: Apache-2.0
"""Experiments of tools/bench: what it costs to see calls.

The measure is the CPU time of client and server, by their CPU clocks, for one call, over a window
in which both run all the time: exact to the nanosecond, and free of what else the host does, which
the busy time of /proc/stat is not. It holds all that is done in the processes' name, loopback's
soft interrupts and BPF programs with it; what the tool uses itself is apart."""
import json
import statistics
import subprocess
import time

from bench_loads import fastapi, nginx, postgresql, redis_benchmark
from bench_tools import (BARE, CULPRIT, beside, bpftrace, interleave, ours, peer, print_ratios,
                         ratios, usable, workload)

SECONDS = 3
SETTLE = 12
CONTROL = {"control (bare)": None}


def watchers(what):
    """Tools to compare; a function makes the command for the one process that is watched."""
    return {
        **CONTROL, "culprit": ours(), "culprit --without call": ours("--without", "call"),
        "bpftrace histogram of send to receive": bpftrace("call_latency.bt"),
        f"perf trace -s of {what}": lambda pid: peer("perf", "trace", "-s", "-p", str(pid)),
        f"strace -c -f of {what}": lambda pid: ["strace", "-c", "-f", "-p", str(pid)],
    }


def settled(command):
    """Seconds until a tool works as it will all day: culprit has found what waits by then."""
    return SETTLE if command and command[0] == CULPRIT else 1.5


def one_round(load, variants):
    """Of each tool: calls a second, CPU seconds for one, what the tool itself used for one; and
    calls and CPU seconds without it, in the mean of just before and just after, of the same
    client and server, which differ less than two runs do."""
    rows = {}
    with load() as running:
        time.sleep(0.5)
        before = running.watch(SECONDS)
        for name, command in variants.items():
            words = command(running.target()) if callable(command) else command
            with beside(words, settle=settled(words)) as tool:
                own, begin = tool.cpu_seconds(), time.monotonic()
                rate, cost = running.watch(SECONDS)
                own_rate = (tool.cpu_seconds() - own) / (time.monotonic() - begin)
            after = running.watch(SECONDS)
            bare_rate, bare_cost = (statistics.mean(pair) for pair in zip(before, after))
            rows[name] = rate, cost, own_rate / rate, bare_rate, bare_cost
            before = after
    return rows


def counted(load):
    """Holds the calls that culprit counts against those that are made; else the rest is void."""
    with load() as running:
        seconds, calls, _, _ = running.sample()
        out = subprocess.run([CULPRIT, "analyze", "--duration", "3", "--format", "json"],
                             check=True, stdout=subprocess.PIPE).stdout
        later, more, _, _ = running.sample()
    snapshot = json.loads(out)
    found = (sum(row["operations"] for row in snapshot["databases"]) +
             sum(row["requests"] for row in snapshot["endpoints"]))
    if not found:
        raise RuntimeError("culprit counts no call at all")
    print(f"culprit counts {found / snapshot['interval']['seconds']:,.0f} calls/s; "
          f"{(more - calls) / (later - seconds):,.0f} are made\n")


def compare(title, unit, server, variants, rounds):
    print(f"### {title}\n")
    variants = usable(variants)
    values = {name: [] for name in variants}
    with server() as load:
        counted(load)
        for _ in range(rounds):
            for name, row in one_round(load, variants).items():
                values[name].append(row)
    rates, costs, owns, bare_rates, bare_costs = (
        {name: [row[i] for row in rows] for name, rows in values.items()} for i in range(5))
    print(f"| | µs of CPU a {unit} | × bare, median | lowest … highest | × bare with the tool's "
          f"own | {unit}s/s, × bare | tool's own, % of one CPU |\n|---|---|---|---|---|---|---|")
    for name in variants:
        ratio, low, high = ratios(costs[name], bare_costs[name])
        whole = [cost + own for cost, own in zip(costs[name], owns[name])]
        used = statistics.median(own * rate for own, rate in zip(owns[name], rates[name])) * 100
        print(f"| {name} | {statistics.median(costs[name]) * 1e6:.2f} | {ratio:.3f} | {low:.3f} … "
              f"{high:.3f} | {ratios(whole, bare_costs[name])[0]:.3f} | "
              f"{ratios(rates[name], bare_rates[name])[0]:.3f} | {used:.1f} |")
    print()


def pgbench(rounds):
    compare("pgbench -S -c 8 on a Unix socket, client and server on this host", "transaction",
            postgresql, {**watchers("one backend of 8"),
                         "bpftrace run-queue histogram": bpftrace("runqueue.bt"),
                         "perf sched record": peer("perf", "sched", "record", "-o", "/dev/null")},
            rounds)


def redis(rounds):
    compare("redis-benchmark -t get -c 8 -P 1 over loopback TCP, client and server on this host",
            "call", redis_benchmark, watchers("the server"), rounds)


def http(rounds):
    compare("wrk -t1 -c8, nginx with a file of 600 bytes, client and server on this host",
            "request", nginx, watchers("the server's worker"), rounds)


def python(rounds):
    compare("wrk -t1 -c8, FastAPI in one uvicorn process, client and server on this host",
            "request", fastapi,
            {**CONTROL, "culprit": ours(), "culprit --without python": ours("--without", "python"),
             "culprit --without python,call": ours("--without", "python,call")}, rounds)


def ping_pong(rounds):
    variants = {**BARE, "culprit": ours(), "culprit --without call": ours("--without", "call")}
    for kind in ("unix", "tcp"):
        print_ratios(f"Redis PING and PONG in turn: {kind}, both ends on one CPU", "ns a call",
                     interleave(variants, lambda: workload(
                         "syscallloop", "--kind", kind, "--loops", 150_000, "--cpus", "0,0",
                         "--redis")["ns_per_call"], rounds))


def consumer(rounds):
    """What culprit itself uses while calls are made, above what it uses when none are."""
    wanted = 20_000
    with postgresql() as pgbench_load, redis_benchmark() as redis_load:
        with pgbench_load() as running:
            most = running.watch(SECONDS)[0]
        rate = wanted if most > wanted * 1.2 else round(most * 0.7, -3)
        loads = {
            f"pgbench -S -c 8 -R {rate:.0f} (it can {most:,.0f})":
                lambda: pgbench_load("-R", f"{rate:.0f}"),
            "redis-benchmark -P 1": redis_load,
            "redis-benchmark -P 16": lambda: redis_load("-P", "16"),
        }
        idle, rows = [], {name: [] for name in loads}
        for _ in range(rounds):
            idle.append(own_use(None)[1])
            for name, load in loads.items():
                with load() as running:
                    rows[name].append(own_use(running))
    quiet = statistics.median(idle)
    print("### culprit's own CPU time while calls are made, client and server on this host\n\n"
          "| load | calls/s | % of one CPU, user and system | above idle | above idle for each "
          f"{wanted:,} calls/s | MiB resident |\n|---|---|---|---|---|---|")
    print(f"| idle | 0 | {quiet:.2f} | | | |")
    for name, series in rows.items():
        calls, used, memory = (statistics.median(column) for column in zip(*series))
        print(f"| {name} | {calls:,.0f} | {used:.2f} | {used - quiet:.2f} | "
              f"{(used - quiet) / calls * wanted:.2f} | {memory:.1f} |")
    print()


def own_use(running):
    """Calls a second, percent of one CPU and MiB of culprit over ten of its intervals."""
    with beside(ours(), settle=3) as tool:
        own, begin, rate = tool.cpu_seconds(), time.monotonic(), 0
        if running:
            rate, _ = running.watch(10)
        else:
            time.sleep(10)
        used = (tool.cpu_seconds() - own) / (time.monotonic() - begin) * 100
        return rate, used, tool.resident_mib()
