# SPDX-License-Identifier: Apache-2.0
"""culprit analyze around a workload, and what it counted against what the server counted."""
import contextlib
import pathlib
import re
import signal
import time
from collections import Counter

from harness import ended, expect, start, until


class Watch:
    """`snapshot`, `out` and `err` are there when the block has ended."""

    def __init__(self):
        self.snapshot = self.out = self.err = None


PPOLL = "271 "  # on x86-64, as /proc/PID/syscall shows it


def waits_with_probes(pid):
    """It has attached BPF programs and sits in the wait between two readings; while it loads
    them it is in other system calls, or on a CPU."""
    with contextlib.suppress(OSError):
        if not pathlib.Path(f"/proc/{pid}/syscall").read_text().startswith(PPOLL):
            return False
        return any("link_type:" in info.read_text()
                   for info in pathlib.Path(f"/proc/{pid}/fdinfo").glob("*"))
    return False


def wait_until_it_watches(process):
    def watches():
        expect(process.poll() is None, "expected culprit to watch; it has ended")
        return waits_with_probes(process.pid)

    expect(until(watches, 30), "expected culprit to attach its programs within 30 s")
    time.sleep(0.1)


@contextlib.contextmanager
def watching(*words, command=("analyze", "--duration", "600", "--format", "json")):
    """Watches for as long as the block takes."""
    process = start(*command, *words)
    watch = Watch()
    try:
        wait_until_it_watches(process)
        yield watch
        time.sleep(0.3)  # for what is on its way
        process.send_signal(signal.SIGINT)
        done = ended(process, timeout=30).expect(err="")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    watch.out, watch.err = done.out, done.err
    if "json" in command:
        watch.snapshot = done.json()


def queries(snapshot, system, *places):
    """Rows of one server, which any of `places` names: address and port, or the path of a Unix
    socket. Those of our oracles are not among them."""
    oracles = re.compile("pg_stat_statements|performance_schema|SHOW GLOBAL STATUS", re.I)
    return [row for row in snapshot["queries"] if row["system"] == system and
            is_at(row, *places) and not oracles.search(row["text"] or "")]


def is_at(row, *places):
    return any(row["address"] == place or (place[0] == "/" and place in row["address"])
               for place in places)


def calls(rows):
    return sum(row["calls"] for row in rows)


def by_operation(rows):
    found = Counter()
    for row in rows:
        found[row["operation"]] += row["calls"]
    return dict(found)


def first_words(statements):
    """The same of a server's own texts."""
    found = Counter()
    for statement, count in statements.items():
        found[statement.split()[0].upper().rstrip(";")] += count
    return dict(found)


# Causes that lose no call but what is known of threads and disks.
OF_OTHERS = {"thread_storage", "delay_pairs_full", "delay_history_short", "devices_full"}


def lost(snapshot):
    causes = snapshot["collector"]["events"]["lost_by_cause"]
    return sum(count for cause, count in causes.items() if cause not in OF_OTHERS)


def expect_count(snapshot, found, truth, what="calls"):
    """Equal, or as far off as culprit says that it lost."""
    expect(truth > 0, f"expected the server to have counted {what}, found {truth}")
    expect(abs(found - truth) <= lost(snapshot),
           f"expected {truth} {what} as the server counted, found {found}; "
           f"lost {snapshot['collector']['events']['lost_by_cause']}\n"
           f"queries: {summary(snapshot)}")


def expect_operations(snapshot, rows, truth):
    """Equal by operation when nothing was lost; else their sum."""
    if lost(snapshot) == 0:
        expect(by_operation(rows) == truth,
               f"expected {truth} as the server counted, found {by_operation(rows)}\n"
               f"queries: {summary(snapshot)}")
    expect_count(snapshot, calls(rows), sum(truth.values()))


def summary(snapshot):
    return "".join(f"\n  {row['calls']} {row['system']} {row['address']} {str(row['text'])[:90]}"
                   for row in snapshot["queries"][:12]) or " none"


def expect_near(found, truth, slack, what):
    expect(found is not None and abs(found - truth) <= slack,
           f"expected {what} of {truth} ± {slack}, found {found}")


def only(rows, what):
    expect(len(rows) == 1, f"expected one {what}, found {len(rows)}: {rows}")
    return rows[0]
