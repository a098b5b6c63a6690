#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guest's half of the story on cgroup v2: a backend under a steady load, and background jobs in
a unit of their own that take its CPU; `culprit daemon` in mode auto slows them and lets them go.
A line a test. usage: story.py BINARY"""
import contextlib
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import servers  # noqa: E402
from acting import acting_daemon  # noqa: E402
from harness import case, expect, main, until  # noqa: E402
from load import Load  # noqa: E402

UNIT = pathlib.Path("/sys/fs/cgroup/jobs")
# The emulated CPUs are some ten times slower than real ones: so are promises.
QUIET, RELIEF, LOADED, VERDICT, END = 20, 40, 15, 90, 120  # seconds
JOBS = 6
BUDGET = {"cpu_ratio": 0.5}  # so slow a CPU is no reason to let go of probes


@contextlib.contextmanager
def backend():
    port = servers.free_port()
    process = subprocess.Popen([sys.executable, HERE / "story_server.py", str(port)])
    try:
        expect(until(lambda: servers.connects(("127.0.0.1", port)), 30), "no backend came")
        yield port
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def jobs():
    job = HERE.parent / "e2e/apps/story_job.py"
    UNIT.mkdir()
    (UNIT / "cpu.weight").write_text("1000")  # the kernel itself protects others from 100
    processes = [subprocess.Popen([sys.executable, job]) for _ in range(JOBS)]
    for process in processes:
        (UNIT / "cgroup.procs").write_text(str(process.pid))
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def limits():
    return (UNIT / "cpu.weight").read_text() + (UNIT / "cpu.max").read_text()


class Play:
    """The story, once."""

    def __init__(self):
        with backend() as port, Load(port) as load, acting_daemon(budget=BUDGET) as daemon:
            load.over_next(5)
            quiet = load.over_next(QUIET)
            expect(daemon.actions() == [], "expected nothing to be done on a quiet host")
            with jobs():
                free, onset = limits(), time.monotonic()
                relieved = until(lambda: limits() != free, RELIEF, pause=0.5)
                hurt = load.p95(onset, time.monotonic())
                expect(relieved, f"expected an action within {RELIEF} s; p95 {quiet} s, then {hurt}: "
                                 f"{daemon.refusals()}")
                acted = time.monotonic() - onset
                time.sleep(3)
                slowed = load.over_next(LOADED)
                until(lambda: daemon.actions()[0]["verdict"], VERDICT, pause=1)
                first = daemon.actions()[0]
            ends = until(lambda: all(one["state"] == "ended" for one in daemon.actions()), END, pause=1)
            expect(ends, f"expected the limits to go with the jobs, there is {daemon.actions()}")
            expect(limits() == free, f"expected {free!r}, found {limits()!r}")
            UNIT.rmdir()
        self.verdict = first["verdict"]
        self.told = (f"p95 quiet {quiet * 1000:.0f} ms, before it acted {hurt * 1000:.0f}, then "
                     f"{slowed * 1000:.0f}, first action after {acted:.1f} s, verdict "
                     f"{self.verdict}: {first['verdict_because']}")


@case("story: jobs that take a backend's CPU are slowed on cgroup v2, and let go of when they end")
def _():
    # CPUs that stand still in turn scatter what is measured: it may be too little to tell, once.
    for _ in range(2):
        play = Play()
        print(f"# {play.told}", file=sys.stderr)
        if play.verdict != "inconclusive":
            break
    expect(play.verdict == "helped", f"expected the verdict helped: {play.told}")


main()
