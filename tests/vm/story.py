#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guest's half of the story on cgroup v2: a backend under a steady load, and background jobs in
a unit of their own that take its CPU, or its disk; `culprit daemon` in mode auto slows them and
lets them go. A line a test. usage: story.py BINARY [PATTERN]"""
import contextlib
import os
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
DATA = pathlib.Path("/scratch/data")
DATA_BYTES = 64 << 20
# The emulated CPUs are some ten times slower than real ones: so are promises.
QUIET, RELIEF, LOADED, VERDICT, END = 20, 40, 15, 90, 120  # seconds
BUDGET = {"cpu_ratio": 0.5}  # so slow a CPU is no reason to let go of probes


@contextlib.contextmanager
def program(*words):
    process = subprocess.Popen([sys.executable, *(str(word) for word in words)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def backend(script, *words):
    port = servers.free_port()
    with program(HERE / script, port, *words):
        expect(until(lambda: servers.connects(("127.0.0.1", port)), 30), "no backend came")
        yield port


@contextlib.contextmanager
def jobs(count, *words):
    UNIT.mkdir()
    (UNIT / "cpu.weight").write_text("1000")  # the kernel itself protects others from 100
    with contextlib.ExitStack() as all_of_them:
        for _ in range(count):
            process = all_of_them.enter_context(program(*words))
            (UNIT / "cgroup.procs").write_text(str(process.pid))
        yield


def limits():
    return "".join((UNIT / file).read_text() for file in ("cpu.weight", "cpu.max", "io.max"))


class Play:
    """The story, once."""

    def __init__(self, server, hogs):
        with server() as port, Load(port) as load, acting_daemon(budget=BUDGET) as daemon:
            load.over_next(5)
            quiet = load.over_next(QUIET)
            expect(daemon.actions() == [], "expected nothing to be done on a quiet host")
            with hogs():
                free, onset = limits(), time.monotonic()
                relieved = until(lambda: limits() != free, RELIEF, pause=0.5)
                hurt = load.p95(onset, time.monotonic())
                expect(relieved, f"expected an action within {RELIEF} s; p95 {quiet} s, then {hurt}: "
                                 f"{daemon.refusals()}")
                acted = time.monotonic() - onset
                time.sleep(3)
                slowed = load.over_next(LOADED)
                until(self.is_judged(daemon), VERDICT, pause=1)
                done = daemon.actions()
            ends = until(lambda: all(one["state"] == "ended" for one in daemon.actions()), END, pause=1)
            expect(ends, f"expected the limits to go with the jobs, there is {daemon.actions()}")
            expect(limits() == free, f"expected {free!r}, found {limits()!r}")
            UNIT.rmdir()
        self.verdicts = [one["verdict"] for one in done]
        self.told = (f"p95 quiet {quiet * 1000:.0f} ms, before it acted {hurt * 1000:.0f}, then "
                     f"{slowed * 1000:.0f}, first action after {acted:.1f} s; " +
                     "; ".join(f"{one['knob']}: {one['verdict']}: {one['verdict_because']}"
                               for one in done))

    @staticmethod
    def is_judged(daemon):
        """A knob that does nothing is followed by the next one."""
        return lambda: any(one["verdict"] not in (None, "no_effect") for one in daemon.actions())


def expect_help(server, hogs):
    # CPUs that stand still in turn scatter what is measured: it may be too little to tell, twice.
    for _ in range(3):
        play = Play(server, hogs)
        print(f"# {play.told}", file=sys.stderr)
        if "inconclusive" not in play.verdicts:
            break
    expect("helped" in play.verdicts, f"expected the verdict helped: {play.told}")
    return play


@case("story: jobs that take a backend's CPU are slowed on cgroup v2, and let go of when they end")
def takers_of_cpu():
    play = expect_help(lambda: backend("story_server.py"),
                       lambda: jobs(6, HERE.parent / "e2e/apps/story_job.py"))
    expect(play.verdicts[0] == "helped", f"expected it of the first knob: {play.told}")


@case("story: jobs that take a backend's disk are slowed on cgroup v2, and let go of when they end")
def takers_of_the_disk():
    with open(DATA, "wb") as data:
        for _ in range(DATA_BYTES >> 20):
            data.write(os.urandom(1 << 20))
        os.fsync(data.fileno())
    try:
        expect_help(lambda: backend("disk_server.py", DATA),
                    lambda: jobs(8, HERE / "disk_job.py", DATA))
    finally:
        DATA.unlink()


main()
