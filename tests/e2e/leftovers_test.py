#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing is left behind, whenever and however culprit is ended (DESIGN: rule 4)."""
import json
import os
import pathlib
import pty
import random
import re
import shutil
import signal
import subprocess
import threading
import time

from harness import CULPRIT, case, expect, main, scratch, until

BPFTOOL = shutil.which("bpftool", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
KILLS = 40
AT_ONCE = 4


def bpf_objects():
    """Programs, maps and links that the kernel has, as "kind id name"."""
    found = set()
    for kind in ("prog", "map", "link"):
        done = subprocess.run([BPFTOOL, "-j", kind, "show"], stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.DEVNULL, timeout=60)
        if done.returncode:  # one went while it was listed; the next look tells
            found.add(f"{kind} list that cannot be read")
        else:
            found |= {f"{kind} {row['id']} {row.get('name', row.get('type', '?'))}"
                      for row in json.loads(done.stdout or "[]")}
    return found


def held_by_a_process():
    """"kind id" of what some process has open: another culprit may run on this host."""
    held = set()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            for info in (process / "fdinfo").iterdir():
                for kind, number in re.findall(r"^(prog|map|link)_id:\s+(\d+)", info.read_text(),
                                               re.MULTILINE):
                    held.add(f"{kind} {number}")
        except OSError:
            pass  # it has ended
    return held


def paths_below(root):
    return {str(path) for path in pathlib.Path(root).rglob("*")}


def our_cgroups():
    """Others come and go meanwhile."""
    return {directory for directory, _, _ in os.walk("/sys/fs/cgroup") if "culprit" in directory}


def dynamic_probes():
    found = set()
    for name in ("kprobe_events", "uprobe_events"):
        file = pathlib.Path("/sys/kernel/tracing", name)
        if file.exists():
            found |= set(file.read_text().splitlines())
    return found


def host_state():
    return {
        "BPF object": bpf_objects(),
        "pinned file": paths_below("/sys/fs/bpf"),
        "cgroup": our_cgroups(),
        "mount": {line.split(" ", 1)[1] for line in
                  pathlib.Path("/proc/self/mountinfo").read_text().splitlines()},
        "dynamic probe": dynamic_probes(),
    }


def left_since(before):
    held = held_by_a_process()
    return [f"{kind}: {thing}" for kind, things in host_state().items()
            for thing in sorted(things - before[kind])
            if not (kind == "BPF object" and " ".join(thing.split()[:2]) in held)]


class Running:
    """A culprit in a terminal of its own, which somebody reads."""

    def __init__(self, words, directory):
        self.screen, terminal = pty.openpty()
        environment = {**os.environ, "TMPDIR": str(directory), "TERM": "xterm"}
        self.process = subprocess.Popen([CULPRIT, *words], stdin=terminal, stdout=terminal,
                                        stderr=terminal, cwd=directory, env=environment,
                                        start_new_session=True)
        os.close(terminal)
        self.seen = b""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        try:
            while data := os.read(self.screen, 65536):
                self.seen = (self.seen + data)[-2000:]
        except OSError:
            pass  # its last user has gone

    def end(self, number, patience):
        """Sends a signal; gives the status, or None when it did not end in time."""
        self.process.send_signal(number)
        try:
            status = self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            status = None
            self.process.kill()
            self.process.wait()
        self.reader.join()
        os.close(self.screen)
        return status


# What each of them leaves on purpose is named `kept`.
COMMANDS = [
    ["export", "--interval", "0.2"],
    ["record", "kept", "--interval", "0.2"],
    ["top", "--interval", "0.2"],
    ["analyze", "--duration", "30"],
]


def nothing_left(before, directory):
    left = []

    def clean():
        left[:] = left_since(before)
        return not left

    expect(until(clean, 10, pause=0.2), "expected nothing more than before, found\n"
           + "\n".join(left[:30]))
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != "kept"]
    expect(not files, f"expected no other file, found {files}")


@case("a culprit that runs is seen by these tests")
def seen():
    before = bpf_objects()
    with scratch() as directory:
        running = Running(COMMANDS[0], directory)
        kinds = {"prog", "map", "link"}
        both = until(lambda: kinds == {name.split()[0] for name in bpf_objects() - before}, 10)
        running.end(signal.SIGTERM, 5)
        expect(both, "expected more programs, maps and links while it runs")


@case(f"nothing is left after SIGKILL at {KILLS} random moments")
def killed():
    chance = random.Random()
    seed = chance.randrange(1 << 32)
    chance.seed(seed)
    before = host_state()
    with scratch() as directory:
        moments = [(number, chance.random() * 2) for number in range(KILLS)]

        def run_some(mine):
            for number, moment in mine:
                place = directory / str(number)
                place.mkdir()
                running = Running(COMMANDS[number % len(COMMANDS)], place)
                time.sleep(moment)
                running.end(signal.SIGKILL, 5)

        threads = [threading.Thread(target=run_some, args=[moments[first::AT_ONCE]])
                   for first in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        nothing_left(before, directory)


def told_to_end(words, number):
    before = host_state()
    with scratch() as directory:
        running = Running(words, directory)
        time.sleep(2.5)
        began = time.monotonic()
        status = running.end(number, 5)
        took = time.monotonic() - began
        expect(status == 0, f"expected status 0 within 5 s, found {status}: {running.seen!r}")
        expect(took < 1.5, f"expected its end within 1 s, it took {took:.1f} s")
        nothing_left(before, directory)


for words_of_case in COMMANDS:
    for signal_of_case in (signal.SIGINT, signal.SIGTERM):
        case(f"{words_of_case[0]} ends with status 0 and leaves nothing on {signal_of_case.name}")(
            lambda w=words_of_case, s=signal_of_case: told_to_end(w, s))


@case("a signal during the start ends it, and nothing is left")
def told_to_end_early():
    before = host_state()
    with scratch() as directory:
        for number in range(24):
            place = directory / str(number)
            place.mkdir()
            running = Running(COMMANDS[number % len(COMMANDS)], place)
            time.sleep(number * 0.025)
            sent = (signal.SIGINT, signal.SIGTERM)[number // 4 % 2]
            status = running.end(sent, 3)
            expect(status in (0, -sent), f"expected status 0 or death by {sent.name}, "
                   f"found {status}: {running.seen!r}")
        nothing_left(before, directory)


@case("nothing is left when its terminal goes away")
def terminal_gone():
    before = host_state()
    with scratch() as directory:
        running = Running(["top", "--interval", "0.2"], directory)
        time.sleep(1.5)
        running.end(signal.SIGHUP, 5)
        nothing_left(before, directory)


@case("doctor leaves nothing")
def doctor():
    before = host_state()
    with scratch() as directory:
        subprocess.run([CULPRIT, "doctor"], stdout=subprocess.DEVNULL, cwd=directory, check=False,
                       timeout=30)
        nothing_left(before, directory)


expect(BPFTOOL, "bpftool is needed: tools/setup")
main()
