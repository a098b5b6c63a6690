# SPDX-License-Identifier: Apache-2.0
"""Experiment of tools/bench: what a look at a Python thread's frames costs, by the kernel's own
statistics, which add about 30 ns."""
import statistics
import subprocess
import time

from bench_loads import fastapi
from bench_programs import kernel_statistics, loaded_programs
from bench_tools import beside, ours

SECONDS = 4
DEPTHS = (2, 12, 32)  # beside the outermost frame, and the one that sleeps
WORK = """
import time
def one(): time.sleep(0.00005)
def two(): time.sleep(0.00005)
def work(depth):
    if depth: return work(depth - 1)
    while True:
        sum(range(100))%s
work(%d)
"""
LOADS = {"a thread that works": ("", "python_sample"),
         "a thread that sleeps 50 µs, again and again": ("; one()", "python_switch"),
         "the same from two functions in turn, so that no walk holds":
             ("; one(); two()", "python_switch")}


def totals(name):
    """Runs of a program, and the ns that they took."""
    rows = [row for row in loaded_programs() if row.get("name") == name]
    return (sum(row.get("run_cnt", 0) for row in rows),
            sum(row.get("run_time_ns", 0) for row in rows))


def mean_of(program):
    with kernel_statistics():
        runs, ns = totals(program)
        time.sleep(SECONDS)
        more_runs, more_ns = totals(program)
        return (more_ns - ns) / (more_runs - runs)


def of_thread(rest, depth, program):
    thread = subprocess.Popen(["/usr/bin/python3", "-c", WORK % (rest, depth)])
    try:
        time.sleep(3)  # found, and its code known
        return mean_of(program)
    finally:
        thread.kill()
        thread.wait()


def walks(rounds):
    values = {}
    for _ in range(rounds):
        with beside(ours()):
            for name, (rest, program) in LOADS.items():
                for depth in DEPTHS:
                    key = f"{name}, under {depth + 1} frames", program
                    values.setdefault(key, []).append(of_thread(rest, depth, program))
        with fastapi() as load, beside(ours()), load():
            time.sleep(3)
            values.setdefault(("wrk and FastAPI on uvloop", "python_sample"), []).append(
                mean_of("python_sample"))
    print("### Looks at Python's frames, by the kernel's own statistics\n\n"
          "| load | program | ns a run, median | lowest … highest |\n|---|---|---|---|")
    for (name, program), series in values.items():
        print(f"| {name} | {program} | {statistics.median(series):,.0f} | {min(series):,.0f} … "
              f"{max(series):,.0f} |")
    print()
