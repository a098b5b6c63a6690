# SPDX-License-Identifier: Apache-2.0
"""Experiments of tools/bench: ns a run of the BPF programs by the kernel's own statistics, and of
decoders, normaliser and model by Google Benchmark."""
import contextlib
import json
import pathlib
import shutil
import statistics
import subprocess
import time

from bench_loads import nginx, postgresql, redis_benchmark
from bench_tools import CULPRIT, ROOT, beside, ours, workload

SETTING = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")
BPFTOOL = shutil.which("bpftool") or "/usr/sbin/bpftool"
FEWEST_RUNS = 1000

# The guest's half; only bpftool speaks.
GUEST = """
echo 1 >/proc/sys/kernel/bpf_stats_enabled
redis-server --port 6379 --save '' --appendonly no --daemonize no >/dev/null &
%s export --interval 1 >/dev/null &
sleep 10
redis-benchmark -t get -c 8 -n 30000 -q >/dev/null
%s -j prog show
"""


@contextlib.contextmanager
def kernel_statistics():
    """The kernel counts runs of BPF programs, and the time they take, while the body runs."""
    before = SETTING.read_text()
    try:
        SETTING.write_text("1")
        yield
    finally:
        SETTING.write_text(before)


def loaded_programs():
    """The BPF programs of the host, as bpftool lists them."""
    return json.loads(subprocess.run([BPFTOOL, "-j", "prog", "show"], check=True,
                                     stdout=subprocess.PIPE).stdout)


def print_head(title):
    print(f"### {title}\n\n| load | program | runs | ns a run |\n|---|---|---|---|")


def print_rows(load, listed):
    for program in sorted(listed, key=lambda row: -row.get("run_time_ns", 0)):
        runs = program.get("run_cnt", 0)
        if runs >= FEWEST_RUNS and "culprit" in str(program.get("pids", "culprit")):
            print(f"| {load} | {program.get('name')} | {runs:,} | "
                  f"{program['run_time_ns'] / runs:.0f} |")


def listed_after(work):
    with beside(ours()):
        work()
        return loaded_programs()


def programs(_rounds):
    loops = {"switch loop": ("switchloop", "--loops", 300_000),
             "TCP ping-pong": ("syscallloop", "--kind", "tcp", "--loops", 100_000, "--cpus", "0,0"),
             "TCP ping-pong, Redis": ("syscallloop", "--kind", "tcp", "--loops", 100_000, "--cpus",
                                      "0,0", "--redis"),
             "fork and exec": ("forker", "--rate", 100_000, "--count", 2000, "--exec")}
    servers = {"pgbench -S -c 8, Unix socket": postgresql,
               "redis-benchmark -P 1, TCP": redis_benchmark, "wrk and nginx, TCP": nginx}
    print_head("BPF programs, by the kernel's own statistics (which add about 30 ns to each run)")
    with kernel_statistics():
        for name, arguments in loops.items():
            print_rows(name, listed_after(lambda: workload(*arguments)))
        for name, server in servers.items():
            with server() as load:
                def run():
                    with load():
                        time.sleep(3)
                print_rows(name, listed_after(run))
    print()


def programs_vm(_rounds):
    """Emulated, so that only rows among each other tell something: 6.1 has fexit programs where
    6.12 has tracepoints."""
    print_head("BPF programs in emulated kernels, redis-benchmark -P 1 over loopback TCP")
    for kernel in ("6.1", "6.12"):
        out = subprocess.run(
            [ROOT / "tools/vm", "--kernel", kernel, "--timeout", "600", "--file", CULPRIT,
             "--file", BPFTOOL, "--program", "redis-server", "--program", "redis-benchmark", "--",
             "sh", "-c", GUEST % (CULPRIT, BPFTOOL)], check=True, stdout=subprocess.PIPE).stdout
        print_rows(f"Linux {kernel}", json.loads(out))
    print()


def decoders(rounds):
    subprocess.run([ROOT / "tools/build", "release", "culprit_benchmarks"], check=True)
    out = subprocess.run(
        [ROOT / "build/tests/bench/culprit_benchmarks", "--benchmark_format=json",
         f"--benchmark_repetitions={rounds}", "--benchmark_enable_random_interleaving=true"],
        check=True, stdout=subprocess.PIPE).stdout
    print("### Decoders, normaliser, model: CPU time of one thread\n\n"
          "| | ns, median | lowest … highest | for each |\n|---|---|---|---|")
    series, units = {}, {}
    for row in sorted(json.loads(out)["benchmarks"], key=lambda row: row["family_index"]):
        if row.get("error_occurred"):
            raise RuntimeError(f"{row['name']}: {row['error_message']}")
        if row["run_type"] == "iteration":
            series.setdefault(row["run_name"], []).append(1e9 / row["items_per_second"])
            units[row["run_name"]] = row["label"]
    for name, each in series.items():
        print(f"| {name} | {statistics.median(each):,.0f} | {min(each):,.0f} … {max(each):,.0f} | "
              f"{units[name]} |")
    print()
