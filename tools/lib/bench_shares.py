# SPDX-License-Identifier: Apache-2.0
"""Experiment of tools/bench: how much of the CPU time of clients and servers goes into BPF
programs, told within one run. Where machines are noisy, it tells more than runs with and without."""
import collections
import pathlib
import subprocess
import tempfile
import time

from bench_loads import fastapi, nginx, postgresql, redis_benchmark
from bench_programs import kernel_statistics, loaded_programs
from bench_tools import ROOT, beside, ours, peer

LOADS = {"pgbench -S -c 8, Unix socket": postgresql, "redis-benchmark -P 1, TCP": redis_benchmark,
         "wrk and nginx, TCP": nginx, "wrk and FastAPI on uvloop, TCP": fastapi}
SECONDS = 8
SETTLE = 14  # seconds, until what is needed at the start only is let go of, and waiting Python known
SAMPLES_HZ = 4999
ENTRIES = ("bpf_trace_run", "__bpf_trace_", "__traceiter_")  # frames of a tracepoint with programs
OWN = "culprit"
FLOOR = ROOT / "build/tests/bench/culprit_socket_floor"
# They run with interrupts off, where the CPU clock does not reach.
HIDDEN = ("sched_switch", "python_switch", "sched_migrate_task", "python_sample")


def stacks(profile):
    """(comm, frames from the innermost on) of each sample of perf.data."""
    listing = subprocess.Popen(["perf", "script", "-i", profile, "-F", "comm,ip,sym"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    comm, frames = None, []
    for line in listing.stdout:
        if not line.strip():
            if comm is not None:
                yield comm, frames
            comm, frames = None, []
        elif not line[0].isspace():
            comm = line.strip()
        else:
            frames.append(line.split(None, 1)[1].strip())
    if listing.wait():
        raise RuntimeError(f"perf script: status {listing.returncode}")


def profiled():
    """Of the CPU time of all but culprit: the share in programs on sockets, by program."""
    with tempfile.TemporaryDirectory() as directory:
        profile = pathlib.Path(directory) / "perf.data"
        command = peer("perf", "record", "-q", "-o", profile, "-a", "-g", "-e", "cpu-clock",
                       "-F", SAMPLES_HZ, "sleep", SECONDS)
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        seen, shares = 0, collections.Counter()
        for comm, frames in stacks(profile):
            if comm.startswith(("swapper", OWN)):
                continue
            seen += 1
            if any(frame.startswith(ENTRIES) for frame in frames):
                programs = [frame for frame in frames if frame.startswith("bpf_prog_")]
                shares[programs[-1].split("_", 3)[3] if programs else "dispatch"] += 1
    return {name: count / seen for name, count in shares.items()}


def run_seconds():
    return sum(program.get("run_time_ns", 0) for program in loaded_programs()
               if program.get("name") in HIDDEN) / 1e9


def hidden(load):
    """The share of the others by the kernel's statistics, with what these cost."""
    with kernel_statistics():
        used, ran = load.sample()[3], run_seconds()
        time.sleep(SECONDS)
        return (run_seconds() - ran) / (load.sample()[3] - used)


def shares(_rounds):
    subprocess.run([ROOT / "tools/build", "release", FLOOR.name], check=True)
    print("### Of the CPU time of client and server, in BPF programs\n\n"
          "| load | programs on sockets, % | of that | programs on switches and samples, % | "
          "programs that do nothing on sockets, % |\n|---|---|---|---|---|")
    for name, server in LOADS.items():
        with server() as load:
            with beside([FLOOR]), load():
                floor = profiled()
            with beside(ours(), settle=SETTLE), load() as running:
                found, others = profiled(), hidden(running)
        parts = ", ".join(f"{program} {share * 100:.2f}" for program, share in
                          sorted(found.items(), key=lambda part: -part[1])[:3])
        print(f"| {name} | {sum(found.values()) * 100:.1f} | {parts} | {others * 100:.1f} | "
              f"{sum(floor.values()) * 100:.1f} |", flush=True)
    print()
