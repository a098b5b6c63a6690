# SPDX-License-Identifier: Apache-2.0
"""What the experiments of tools/bench share: tools that run beside a load, what they use, and
medians of ratios as Markdown."""
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CULPRIT = ROOT / "build/culprit"
WORKLOADS = ROOT / "build/workloads"
PEERS = ROOT / "tests/bench"
BARE = {"bare": None, "control (bare again)": None}

# Tracing tools want tracefs, and perf mounts it for all: theirs is their own.
WITH_TRACEFS = ("mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing;"
                ' exec "$@"')


def peer(*words):
    return ["unshare", "-m", "sh", "-c", WITH_TRACEFS, "sh", *words]


def bpftrace(script):
    return peer("bpftrace", PEERS / script)


def ours(*options):
    return [CULPRIT, "export", "--interval", "1", *options]


def workload(name, *arguments):
    """Runs a workload to its end and gives the truth that it prints."""
    out = subprocess.run([WORKLOADS / name, *map(str, arguments)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


class Tool:
    def __init__(self, pid):
        self.pid = pid

    def cpu_seconds(self):
        return cpu_seconds(self.pid) if self.pid else 0.0

    def resident_mib(self):
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 2**20


@contextlib.contextmanager
def beside(command, settle=1.5):
    """Runs a tool while the body runs, and gives it as a Tool; a command of None is no tool."""
    if command is None:
        yield Tool(None)
        return
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(settle)
        if process.poll() is not None:
            raise RuntimeError("it ended at once")
        yield Tool(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        time.sleep(0.3)


def cpu_seconds(pid):
    """User and system time of all threads of a process, to the nanosecond: by its CPU clock."""
    return time.clock_gettime(~pid << 3 | 2)


@contextlib.contextmanager
def asleep():
    """A process that does nothing; gives its pid."""
    process = subprocess.Popen(["sleep", "60"])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def usable(variants):
    """Drops the peers that are not here or do not start, and says so. A variant may be a
    function from the process to watch to the command."""
    kept = {}
    for name, command in variants.items():
        try:
            with asleep() as pid, beside(command(pid) if callable(command) else command):
                kept[name] = command
        except (OSError, RuntimeError) as error:
            print(f"left out: {name}: {error}\n")
    return kept


def interleave(variants, measure, rounds):
    """Medians of `measure`, and of its ratio to the first variant of the same round."""
    values = {name: [] for name in variants}
    for _ in range(rounds):
        for name, command in variants.items():
            with beside(command):
                values[name].append(measure())
    bare = values[next(iter(variants))]
    return {name: (statistics.median(series), *ratios(series, bare))
            for name, series in values.items()}


def ratios(series, bare):
    """Median, lowest and highest of the ratios round by round."""
    each = [value / base for value, base in zip(series, bare)]
    return statistics.median(each), min(each), max(each)


def print_ratios(title, unit, results):
    print(f"### {title}\n\n| | {unit} | × bare, median | lowest … highest |\n|---|---|---|---|")
    for name, (value, ratio, low, high) in results.items():
        print(f"| {name} | {value:,.1f} | {ratio:.3f} | {low:.3f} … {high:.3f} |")
    print()
