#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Throttling: it helps, it ends, it is undone whatever is killed, and what others wrote stays."""
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

from harness import ROOT, case, expect, main, run, scratch, start, until

CGROUPS = pathlib.Path("/sys/fs/cgroup")
OWN = "--own-cgroup"  # on version 2; version 1 needs no word for it
SPIN = "while True: pass"
SERVER = """
import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        sum(range(300000))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *words): pass
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


OPENS_FILES = """
import resource, time
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
files = [open("/dev/null") for _ in range(92)]
while True:
    time.sleep(0.05)
"""


@contextlib.contextmanager
def child(*words, **options):
    """A process in a session, and so in an autogroup, of its own."""
    process = subprocess.Popen(words, start_new_session=True, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


@contextlib.contextmanager
def hogs(count):
    """A process that does nothing but start `count` others, each in an autogroup of its own, which
    do nothing but use a CPU."""
    command = f"setsid {sys.executable} -c '{SPIN}' & " * count + "wait"
    with child("/bin/sh", "-c", command) as parent:
        expect(until(lambda: len(children(parent.pid)) == count, 5), "expected the hogs to start")
        pids = children(parent.pid)
        try:
            yield parent.pid
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def cpu_cgroup(pid):
    found = re.search(r"^\d+:(?:cpu|cpu,cpuacct):(.*)$|^0::(.*)$",
                      pathlib.Path(f"/proc/{pid}/cgroup").read_text(), re.MULTILINE)
    return found.group(1) or found.group(2)


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def cores(pids, seconds):
    before, begin = cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pids) - before) / (time.monotonic() - begin)


def nice(pid):
    return os.getpriority(os.PRIO_PROCESS, pid)


def throttle(state, *words):
    """Its lease's id. Who is younger than 3 s is throttled only with --force."""
    done = run("throttle", *words, OWN, "--force", "--state", state).expect(out=r"^r[0-9a-f]{8}: ")
    return done.out.split(":")[0]


def actions(state):
    return run("actions", "--state", state, "-f", "json").expect().json()["actions"]


def reverters(state):
    """Of this journal, which only we use."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"revert" in words and str(state).encode() in words:
                found.append(int(entry.name))
    return found


def left_cgroups(state):
    journal = state / "journal"
    ids = re.findall(r'"id":"(r[0-9a-f]{8})"', journal.read_text(errors="replace")) if journal.exists() else []
    return [path for lease in set(ids) for path in CGROUPS.glob(f"**/culprit-{lease}")]


@contextlib.contextmanager
def state_directory():
    """A journal of our own; whatever happens, nothing that it tells of is left."""
    with scratch() as directory:
        state = directory / "state"
        try:
            yield state
        finally:
            run("revert", "--all", "--state", state)
            for pid in reverters(state):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            expect(until(lambda: not reverters(state), 12), "expected no reverter to stay")
            expect(not left_cgroups(state), f"expected no cgroup of ours, found {left_cgroups(state)}")


@case("rein: a quota holds a process and what it started, and ends by itself")
def quota():
    with state_directory() as state, hogs(2) as parent:
        home, pids = cpu_cgroup(parent), children(parent)
        lease = throttle(state, parent, "--cpu", "20%", "--for", "4s")
        begun = time.monotonic()
        expect(cpu_cgroup(pids[0]) == cpu_cgroup(pids[1]) != home, "expected a cgroup of its own")
        used = cores(pids, 2)
        expect(used < 0.35, f"expected both to use 20 % of a CPU at most, found {used:.2f}")
        expect(actions(state)[0]["state"] == "active", "expected the action to be active")
        expect(until(lambda: not left_cgroups(state), 10), "expected the limit to end by itself")
        late = time.monotonic() - begun - 4
        expect(late < 2, f"expected it to end in time, it was {late:.1f} s late")
        expect([cpu_cgroup(pid) for pid in pids] == [home, home], "expected the processes at home")
        ended = actions(state)[0]
        expect(ended["id"] == lease and ended["state"] == "ended", f"expected an end in {ended}")
        expect(until(lambda: not reverters(state), 5), "expected the reverter to end, too")


class Load:
    """Requests at a steady pace, and how long they take."""

    def __init__(self, port):
        self.url, self.seconds, self.stop = f"http://127.0.0.1:{port}/", [], threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)

    @contextlib.contextmanager
    def running(self):
        self.thread.start()
        try:
            yield
        finally:
            self.stop.set()
            self.thread.join()

    def ask(self):
        while not self.stop.wait(0.03):
            begin = time.monotonic()
            urllib.request.urlopen(self.url, timeout=10).read()
            self.seconds.append(time.monotonic() - begin)

    def p95(self, seconds):
        self.seconds.clear()
        time.sleep(seconds)
        expect(until(lambda: len(self.seconds) >= 20, 10), "expected requests to be answered")
        return statistics.quantiles(list(self.seconds), n=20)[-1]


@case("rein: throttling hogs beside a server brings its p95 back")
def relief():
    with state_directory() as state, child(sys.executable, "-c", SERVER,
                                           stdout=subprocess.PIPE) as server:
        load = Load(int(server.stdout.readline()))
        with load.running(), hogs(8) as parent:
            tried = []
            for _ in range(3):  # this host has other work, too
                during = load.p95(2)
                lease = throttle(state, parent, "--weight", "2", "--victim", server.pid)
                after = load.p95(2)
                run("revert", lease, "--state", state).expect(out="1 restored")
                tried.append((during, after))
                if after < during * 0.7:
                    break
            print("     p95 with hogs, and with hogs throttled: " +
                  ", ".join(f"{a * 1e3:.1f} and {b * 1e3:.1f} ms" for a, b in tried))
            expect(tried[-1][1] < tried[-1][0] * 0.7, f"expected relief, found {tried}")


@case("rein: with its reverter killed, the next command takes a throttle back")
def reverter_killed():
    with state_directory() as state, hogs(1) as parent:
        home, pid = cpu_cgroup(parent), children(parent)[0]
        throttle(state, parent, "--weight", "10")
        expect(cpu_cgroup(pid) != home, "expected a cgroup of its own")
        for reverter in reverters(state):
            os.kill(reverter, signal.SIGKILL)
        run("revert", "--all", "--state", state).expect(out="1 restored, 0 as they were, 0 gone")
        expect(cpu_cgroup(pid) == home, "expected the process at home")
        throttle(state, parent, "--weight", "10")
        for reverter in reverters(state):
            os.kill(reverter, signal.SIGKILL)
        expect(until(lambda: not reverters(state), 5), "expected the reverter to be gone")
        # Any command that changes something begins with what was left behind.
        done = run("throttle", parent, "--cpu", "50%", "--for", "20s", OWN, "--force", "--state",
                   state)
        done.expect(err="left behind and is taken back")


@case("rein: killed twenty times at any moment, nothing stays")
def kill_loop():
    with state_directory() as state, hogs(1) as parent:
        home, pid = cpu_cgroup(parent), children(parent)[0]
        dice = random.Random(1)
        held = 0
        for turn in range(20):
            knob = ("--weight", "5") if turn % 2 else ("--cpu", "50%")
            process = start("throttle", parent, *knob, "--for", "1m", OWN, "--force", "--state",
                            state)
            time.sleep(dice.uniform(0.2, 0.7))
            process.kill()
            process.communicate()
            held += cpu_cgroup(pid) != home
            if turn % 3 == 0:
                for reverter in reverters(state):
                    os.kill(reverter, signal.SIGKILL)
            done = run("revert", "--all", "--state", state).expect()
            expect(cpu_cgroup(pid) == home, f"expected it at home after turn {turn}\n{done}")
            expect(not left_cgroups(state), f"expected no cgroup of ours after turn {turn}")
        print(f"     it was held in {held} of 20 turns")


@case("rein: a value that somebody else wrote stays")
def foreign_value():
    with state_directory() as state, child("/bin/sh", "-c",
                                           f"{sys.executable} -c '{SPIN}' & wait") as parent:
        expect(until(lambda: children(parent.pid), 5), "expected the hog to start")
        pid = children(parent.pid)[0]
        lease = throttle(state, pid, "--nice", "10")
        expect(nice(pid) == 10, f"expected nice 10, found {nice(pid)}")
        os.setpriority(os.PRIO_PROCESS, pid, 5)
        run("revert", lease, "--state", state).expect(out="left at '5', which somebody else wrote")
        expect(nice(pid) == 5, f"expected nice 5 to stay, found {nice(pid)}")
        run("throttle", pid, "--nice", "12", "--state", state).refuses(1, "other_writer")


@case("rein: what must not be throttled is not, each with its reason")
def guards():
    with state_directory() as state, scratch() as directory:
        def refused(target, *words):
            return run("throttle", target, "--cpu", "20%", OWN, *words, "--state", state)

        refused(1, "--force").refuses(1, "is the first process")
        refused(os.getpid(), "--force").refuses(1, "runs culprit, or started who does")
        refused("no-such-process").refuses(1, "no process, unit or task no-such-process")
        copies = {}
        for name in ("sshd", "postgres", "not-sshd"):
            copies[name] = shutil.copy("/bin/sleep", directory / name)
        with child(copies["sshd"], "60") as sshd, child(copies["postgres"], "60") as database, \
                child(copies["not-sshd"], "60") as other:
            refused(other.pid).refuses(1, r"younger than 3 s \(young\); --force")
            time.sleep(3.2)
            refused(sshd.pid, "--force").refuses(1, "runs sshd")
            refused(database.pid).refuses(1, "is a database server.*--force does it")
            refused(database.pid, "--force", "--for", "2s").expect(err="although .*database")
            refused(other.pid, "--for", "2s").expect(out="cpu quota")
            nice_alone = run("throttle", other.pid, "--nice", "5", "--state", state)
            nice_alone.refuses(1, "(no effect|held by)")


@case("rein: nice in an autogroup of one's own is refused, for it has no effect")
def nice_without_effect():
    if pathlib.Path("/proc/sys/kernel/sched_autogroup_enabled").read_text().strip() != "1":
        return
    with state_directory() as state, child(sys.executable, "-c", SPIN) as hog:
        time.sleep(3.2)
        run("throttle", hog.pid, "--nice", "5", "--state", state).refuses(1, "nobody else is in")
        expect(nice(hog.pid) == 0, "expected nice to be as it was")


@case("rein: the limit of open files goes up, and back")
def open_files():
    with state_directory() as state, child("/bin/sh", "-c", "ulimit -Sn 100; sleep 60 & wait") as shell:
        time.sleep(0.3)

        def soft():
            text = pathlib.Path(f"/proc/{shell.pid}/limits").read_text()
            return re.search(r"Max open files +(\d+)", text).group(1)

        expect(soft() == "100", f"expected 100, found {soft()}")
        lease = throttle(state, shell.pid, "--open-files", "200")
        expect(soft() == "200", f"expected 200, found {soft()}")
        run("revert", lease, "--state", state).expect(out="restored")
        expect(soft() == "100", f"expected 100 again, found {soft()}")


@case("rein: what is recommended is applied, for a while, and an unknown one is not")
def recommended():
    with state_directory() as state, child(sys.executable, "-c", OPENS_FILES) as opener:
        begin = f"limits.file_descriptors@process:{opener.pid}."

        def soft():
            text = pathlib.Path(f"/proc/{opener.pid}/limits").read_text()
            return re.search(r"Max open files +(\d+)", text).group(1)

        time.sleep(3.2)
        said = run("recommend", "-d", "1").expect(out=begin).out
        name = re.search(rf"culprit apply '({re.escape(begin)}[^']*)'", said).group(1)
        told = run("recommend", "-d", "1", "-f", "json").expect().json()["recommendations"]
        action = next(one["action"] for one in told if one["id"] == name)
        expect(action["state"] == "proposed" and action["consent"] == "ask" and
               action["old"] == "100 200" and action["new"] == "200 200", f"found {action}")
        run("why", "limits.file_descriptors", "-d", "1").expect(out="culprit apply '")
        run("apply", name, "--for", "1m", "--state", state).expect(out="before 100 200")
        expect(soft() == "200", f"expected 200, found {soft()}")
        held = actions(state)[0]
        expect(held["mode"] == "recommendation", f"expected it in {held}")
        why = run("why", held["id"], "--state", state)
        why.expect(out="open files of .*: '100 200' to '200 200'")
        why.expect(out="asked: protected")
        run("revert", "--all", "--state", state).expect(out="1 restored")
        expect(soft() == "100", f"expected 100 again, found {soft()}")
        run("apply", "no.such", "-d", "1", "--state", state).refuses(1, "no recommendation no.such")


@case("rein: wrong arguments get one line")
def arguments():
    with state_directory() as state:
        for words, pattern in (
                (["throttle"], "write culprit throttle"),
                (["throttle", "1"], "write culprit throttle"),
                (["throttle", "1", "--cpu", "lots"], "--cpu 'lots' is not a share"),
                (["throttle", "1", "--cpu", "5%", "--nice", "5"], "one knob at a time"),
                (["throttle", "1", "--cpu", "5%", "--for", "31m"], "30m at most"),
                (["throttle", "1", "--cpu", "5%", "--for", "soon"], "not a duration"),
                (["throttle", "1", "--nice", "-5"], ""),
                (["throttle", "1", "--policy", "fifo"], "idle or batch"),
                (["revert"], "write culprit revert"),
                (["revert", "r1", "--all"], "write culprit revert"),
                (["revert", "stray"], "'stray' is no id of an action"),
                (["apply"], "write culprit apply"),
                (["apply", "x", "--from", "/dev/null"], "what is past"),
                (["revert", "--owner", "me"], "--owner takes PID:STARTED"),
                (["actions", "-f", "xml"], "'xml'")):
            run(*words, "--state", state).refuses(2, pattern)
        run("revert", "r12345678", "--state", state).refuses(1, "no action r12345678")
        run("revert", "--all", "--state", state).expect(out="", err="nothing is throttled")
        expect(actions(state) == [], "expected no actions")


@case("rein: a journal that was damaged does no harm")
def damaged_journal():
    with state_directory() as state, hogs(1) as parent:
        home, pid = cpu_cgroup(parent), children(parent)[0]
        throttle(state, parent, "--weight", "10")
        journal = state / "journal"
        journal.write_bytes(b"\xff{garbage\n" + journal.read_bytes() + b'{"record":"inte')
        run("actions", "--state", state).expect(out="active", err="2 lines cannot be read")
        run("revert", "--all", "--state", state).expect(out="1 restored")
        expect(cpu_cgroup(pid) == home, "expected the process at home")
        state.chmod(0o777)
        run("throttle", parent, "--nice", "1", "--state", state).refuses(2, "who alone may write")
        state.chmod(0o755)



CONNECTS = """
import socket, sys, time
while True:
    with socket.socket() as end:
        try:
            end.connect(("127.0.0.1", int(sys.argv[1])))
            print("connected", flush=True)
        except OSError as error:
            print(error.strerror, flush=True)
    time.sleep(0.02)
"""


@contextlib.contextmanager
def listener():
    """Accepts whoever comes; its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as server:
        def accept():
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def connecting(port):
    """A process that connects without end; and a list that grows by what each attempt gave."""
    with child(sys.executable, "-c", CONNECTS, str(port), stdout=subprocess.PIPE, text=True) as process:
        said = []
        threading.Thread(target=lambda: said.extend(line.strip() for line in process.stdout),
                         daemon=True).start()
        expect(until(lambda: "connected" in said, 5), "expected it to connect")
        yield process, said


def only(said, what):
    """The next attempts give this, whatever one gave that had begun before."""
    return until(lambda: len(said) > 5 and set(said[-5:]) == {what}, 5)


def unified_cgroup(pid):
    return re.search(r"^0::(.*)$", pathlib.Path(f"/proc/{pid}/cgroup").read_text(), re.MULTILINE).group(1)


@case("rein: connections to one address are refused, others connect; a killed holder lets them pass")
def breaker():
    with state_directory() as state, listener() as port, connecting(port) as (process, said):
        home = unified_cgroup(process.pid)
        lease = throttle(state, process.pid, "--deny-connect", f"127.0.0.1:{port}")
        expect(only(said, "Connection refused"), f"expected refusals, found {said[-5:]}")
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        action = actions(state)[0]
        refused = int(re.search(r"^refused (\d+) connections, let 0 pass$", action["account"]).group(1))
        expect(refused >= 5, f"expected refusals to be counted, found {action}")
        run("actions", "--state", state).expect(out=r"counted: refused \d+ connections")
        # Of what was killed nothing has to be undone for the kernel to let it connect again.
        os.kill(reverters(state)[0], signal.SIGKILL)
        expect(only(said, "connected"), f"expected connections, found {said[-5:]}")
        run("revert", lease, "--state", state).expect()
        expect(unified_cgroup(process.pid) == home, "expected it back in its cgroup")


@case("rein: new connections of a process are counted, and no more than so many a second pass")
def connect_rate():
    with state_directory() as state, listener() as port, connecting(port) as (process, said):
        lease = throttle(state, process.pid, "--connects", "5/s")
        expect(until(lambda: "Connection refused" in said, 5), "expected refusals")
        begin = len(said)
        time.sleep(3)
        passed = said[begin:].count("connected")
        expect(12 <= passed <= 18, f"expected 15 connections in 3 s, found {passed}")
        run("revert", lease, "--state", state).expect()
        expect(only(said, "connected"), f"expected connections, found {said[-5:]}")
        expect(re.match(r"refused \d+ connections, let \d+ pass", actions(state)[0]["account"]),
               "expected the counts to stay with the action")


@case("rein: a process sends no more bytes a second than it may")
def egress():
    sends = ("import socket, sys, time\ntime.sleep(4)\n"
             "end = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
             "while True: end.sendall(bytes(65536))\n")
    with state_directory() as state, socket.create_server(("127.0.0.1", 0)) as server:
        with child(sys.executable, "-c", sends, str(server.getsockname()[1])) as process:
            throttle(state, process.pid, "--egress", "2M")
            server.settimeout(10)
            with server.accept()[0] as peer:
                peer.settimeout(5)
                begin, received = time.monotonic(), 0
                while time.monotonic() - begin < 4:
                    received += len(peer.recv(1 << 20))
                rate = received / (time.monotonic() - begin)
            expect(1e6 < rate < 2.8e6, f"expected about 2 MB a second, found {rate:.0f}")



@case("rein: a setting of the kernel is set for a while, or kept; bounds and names are held")
def kernel_setting():
    file = pathlib.Path("/proc/sys/net/ipv4/tcp_fin_timeout")
    old = file.read_text()
    name = "net.ipv4.tcp_fin_timeout"
    try:
        with state_directory() as state:
            run("apply", "--setting", f"{name}=59", "--for", "2s", "--state", state).expect(out=r"before .* \d+$")
            expect(file.read_text() == "59\n", "expected it to be set")
            expect(until(lambda: file.read_text() == old, 6), "expected it to end by itself")
            kept = run("apply", "--setting", f"{name}=58", "--keep", "--state", state)
            lease = kept.expect(out=r"until  the host is started anew").out.split(":")[0]
            run("revert", "--all", "--state", state).expect()
            expect(file.read_text() == "58\n", "expected it to be kept")
            expect([one["state"] for one in actions(state)] == ["ended", "kept"], "expected it to be told")
            document = run("actions", "--state", state, "-f", "json").out
            checked = subprocess.run([sys.executable, ROOT / "tests/e2e/validate_json.py"], input=document,
                                     capture_output=True, check=False, text=True)
            expect(checked.returncode == 0, f"expected a document of its schema: {checked.stderr}")
            run("revert", lease, "--state", state).expect(out="1 restored")
            expect(file.read_text() == old, "expected it to be taken back")
            run("apply", "--setting", f"{name}=1", "--state", state).refuses(2, "10 to 120")
            run("apply", "--setting", "kernel.core_pattern=x", "--state", state).refuses(2, "writes only")
            run("apply", "--setting", f"{name}=50", "--keep", "--for", "1m", "--state", state).refuses(2, "--keep")
    finally:
        file.write_text(old)



@case("rein: what is frozen does nothing, and is thawed in time whoever is killed")
def freeze():
    with state_directory() as state, child(sys.executable, "-c", SPIN) as process:
        time.sleep(0.5)
        for victim in ("nobody", "reverter", "command"):
            freezing = start("throttle", process.pid, "--freeze", "2s", "--force", "--state", state)
            begin = time.monotonic()
            expect(until(lambda: "culprit-r" in unified_cgroup(process.pid), 8), "expected a cgroup of its own")
            time.sleep(0.3)
            used = cores([process.pid], 0.5)
            expect(used < 0.05, f"expected it to be frozen, found {used:.2f} CPUs")
            if victim == "reverter":
                for pid in reverters(state):
                    os.kill(pid, signal.SIGKILL)
            if victim == "command":
                freezing.kill()
            expect(until(lambda: "culprit-r" not in unified_cgroup(process.pid), 8), "expected an end")
            took = time.monotonic() - begin
            expect(took < 6, f"expected it to be thawed in time, killed {victim}: {took:.1f} s")
            freezing.communicate(timeout=10)
            used = cores([process.pid], 0.5)
            expect(used > 0.1, f"expected it to run again, killed {victim}: {used:.2f} CPUs")
        run("throttle", process.pid, "--freeze", "6s", "--state", state).refuses(2, "5s at most")
        run("throttle", process.pid, "--freeze", "2s", "--for", "1m", "--state", state).refuses(2, "itself how long")


main()
