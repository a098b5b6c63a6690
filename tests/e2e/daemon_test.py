#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon as its clients, its files and its service manager meet it."""
import atexit
import contextlib
import functools
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from harness import (CULPRIT, NOBODY, ROOT, case, ended, expect, main, run, scratch, start, until,
                     workload)

KEPT = {"dac_read_search", "sys_ptrace", "sys_admin", "syslog", "perfmon", "bpf",
        "checkpoint_restore"}
CAPABILITY_NUMBERS = {2: "dac_read_search", 19: "sys_ptrace", 21: "sys_admin", 34: "syslog",
                      38: "perfmon", 39: "bpf", 40: "checkpoint_restore"}


class Client:
    """Writes and reads lines on the daemon's socket."""

    def __init__(self, path, buffer=None):
        self.socket = socket.socket(socket.AF_UNIX)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        # With a timeout it would not wait for a place in the backlog, which somaxconn may make short.
        self.socket.connect(str(path))
        self.socket.settimeout(10)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data)

    def line(self):
        return json.loads(self.file.readline() or "null")

    def ask(self, request):
        self.write(json.dumps(request).encode() + b"\n")
        return self.line()


class Daemon:
    """A daemon in a directory of its own; ended with stop() or at the end of the tests."""

    def __init__(self, **config):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="culprit-e2e-"))
        self.directory.chmod(0o755)
        self.path = self.directory / "run/culprit.sock"
        self.config = {"interval": "200ms", "history": {"path": str(self.directory / "history.db")},
                       "act": {"state": str(self.directory / "state"),
                               "schedule": str(self.directory / "schedule.json")}, **config,
                       "socket": {"path": str(self.path), "group": "nogroup"}}
        self.file = self.directory / "culprit.json"
        self.configure()
        self.log_file = self.directory / "log"
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(self.directory / "notify"))
        self.process = None
        atexit.register(self.discard)

    def configure(self, text=None, **changes):
        self.config.update(changes)
        self.file.write_text(text or "// of a test\n" + json.dumps(self.config))

    def launch(self, *words):
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.directory / "notify")}
        with open(self.log_file, "ab") as log:
            self.process = start("daemon", "--config", self.file, *words, stdout=subprocess.DEVNULL,
                                 stderr=log, env=environment)
        return self

    def wait_until_ready(self):
        def ready():
            expect(self.process.poll() is None, f"expected it to run, it said {self.log()}")
            with contextlib.suppress(OSError):
                return self.status()["samples"] >= 2
            return False

        expect(until(ready, 30), f"expected it to get ready, it said {self.log()}")
        return self

    def log(self):
        return self.log_file.read_text()

    def status(self):
        with Client(self.path) as client:
            return client.ask({"get": "status"})

    def snapshot(self):
        with Client(self.path) as client:
            return client.ask({"get": "snapshot"})

    def told(self):
        """What it told the service manager since the last call."""
        self.manager.setblocking(False)
        states = []
        with contextlib.suppress(BlockingIOError):
            while True:
                states += self.manager.recv(4096).decode().splitlines()
        return states

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=10)

    def discard(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.manager.close()
        shutil.rmtree(self.directory, ignore_errors=True)


@functools.lru_cache(maxsize=None)
def shared():
    return Daemon().launch().wait_until_ready()


@functools.lru_cache(maxsize=None)
def poor():
    """One that may cost next to nothing. It is started first and looked at last."""
    return Daemon(interval="1s", budget={"cpu_ratio": 0.0001}).launch("--mode", "approve")


def attached(*words, **options):
    return run(*words, "--socket", shared().path, **options)


def as_nobody(*words, group):
    """From a place where anybody may run it: the build tree may be ours alone."""
    with scratch() as directory:
        binary = shutil.copy(CULPRIT, directory)
        return run(*words, executable=binary, user=NOBODY, group=group, extra_groups=[])


@case("--check tells whether a configuration is right, and runs nothing")
def check():
    with scratch() as directory:
        file = directory / "culprit.json"
        file.write_text('{"interval": "2s" /* slow */}')
        run("daemon", "--check", "--config", file).expect(out="/culprit.json: is right", err="")
        file.write_text('{"socket": {"max_clients": "many"}}')
        for words in (("--check",), ()):
            run("daemon", *words, "--config", file).refuses(
                2, "/culprit.json: /socket/max_clients: a number from 1 to 1000 was expected")
        run("daemon", "--config", directory / "none").refuses(2, "/none: cannot be read: No such")
        file.write_text(json.dumps({"rules": str(directory / "rules")}))
        (directory / "rules").mkdir()
        (directory / "rules/a.json").write_text("none\n")
        run("daemon", "--check", "--config", file).refuses(2, "/rules/a.json: /: ")


@case("the example of the package is right, and says what holds without it")
def example():
    file = ROOT / "packaging/culprit.json"
    run("daemon", "--check", "--config", file).expect(out="is right", err="")


@case("it starts, tells its service manager, and answers")
def starts():
    poor()
    daemon = shared()
    states = daemon.told()
    expect(states[0] == "READY=1", f"expected READY=1 first, found {states}")
    expect("WATCHDOG=1" in states, f"expected WATCHDOG=1, found {states}")
    status = daemon.status()
    expect(status["schema"] == "culprit.status/1" and status["mode"] == "bpf", f"found {status}")
    expect(status["pid"] == daemon.process.pid, f"expected its pid, found {status}")
    mode = daemon.path.stat().st_mode & 0o777
    expect(mode == 0o660 and daemon.path.stat().st_gid == NOBODY, f"expected 0660, found {mode:o}")


@case("it keeps no capability but those that it needs")
def capabilities():
    text = pathlib.Path(f"/proc/{shared().process.pid}/status").read_text()
    for name in ("CapEff", "CapPrm", "CapBnd"):
        mask = int(text.split(f"{name}:\t")[1].split()[0], 16)
        kept = {CAPABILITY_NUMBERS.get(bit, bit) for bit in range(64) if mask >> bit & 1}
        expect(kept <= KEPT and "bpf" in kept, f"expected {KEPT} at most, found {kept}")
    expect("NoNewPrivs:\t1" in text, "expected that it can gain no privileges")


@case("its snapshots are those of the schema, and the stream has no gap")
def snapshots():
    with Client(shared().path) as client:
        client.ask({"subscribe": "snapshots"})
        lines = [client.file.readline() for _ in range(3)]
    done = subprocess.run([sys.executable, ROOT / "tests/e2e/validate_json.py"], check=False,
                          input=b"".join(lines), stdout=subprocess.PIPE, timeout=30)
    expect(done.returncode == 0, f"expected valid snapshots: {done.stdout.decode()}")
    intervals = [json.loads(line)["interval"] for line in lines]
    for one, next_one in zip(intervals, intervals[1:]):
        expect(one["end"] == next_one["start"], f"expected no gap, found {intervals}")


@case("analyze reads from it: a process of some milliseconds is there, without rights of our own")
def analyze_attached():
    daemon = shared()
    with scratch() as directory:
        binary = shutil.copy(CULPRIT, directory)
        analyze = start("analyze", "-d", "2", "-f", "json", "--socket", daemon.path,
                        executable=binary, user=NOBODY, group=NOBODY, extra_groups=[])
        time.sleep(1)
        subprocess.run(["/bin/true", "short-lived"], check=True)
        snapshot = ended(analyze).expect(err="").json()
    expect(snapshot["collector"]["mode"] == "bpf", "expected what only BPF sees")
    expect(1.7 < snapshot["interval"]["seconds"] < 2.5, f"found {snapshot['interval']}")
    short = [row for row in snapshot["processes"] if row["command"] == "/bin/true short-lived"]
    expect(len(short) == 1 and short[0]["exited"]["code"] == 0, f"expected it, found {short}")
    ours = [row for row in snapshot["processes"] if row["pid"] == daemon.process.pid]
    expect(ours and " daemon " in ours[0]["command"], f"expected the daemon, found {ours}")
    books = snapshot["system"]["accounting"]
    # What the hypervisor takes from an idle host is in one of its columns only.
    expect(abs(books["unattributed_seconds"]) < 0.1 * books["cpu_seconds"] + 0.15,
           f"expected the books to balance, found {books}")


@case("export, top, why and record read from it")
def others_attached():
    lines = attached("export", "-d", "1", "-i", "0.4").expect(err="").out.splitlines()
    # The daemon reads at its own time: an interval is shorter or longer by one reading.
    expect(2 <= len(lines) <= 4, f"expected two snapshots to four, found {len(lines)}")
    frames = attached("top", "--batch", "2", "-i", "0.2").expect(err="", out="PID USER").out
    expect(frames.count("PID USER") == 2, "expected two frames")
    pid = shared().process.pid
    attached("why", pid, "-d", "0.5").expect(err="", out=f"{pid}")
    with scratch() as directory:
        attached("record", directory / "r", "-d", "1").expect(err="", out=" samples over ")
        snapshot = run("analyze", "--from", directory / "r", "-f", "json").expect(err="").json()
        expect(snapshot["collector"]["mode"] == "bpf", "expected the recording to be the daemon's")


@case("what a daemon cannot give is refused in one line")
def not_from_a_daemon():
    attached("analyze", "--without", "tls").refuses(2, "--without is for probes of our own")
    attached("analyze", "--from", "x").refuses(2, "--from and --socket")
    attached("export", "--no-attach").refuses(2, "--socket and --no-attach")
    attached("export", "-i", "0.1").refuses(2, "the daemon reads every 0.2")
    attached("flame").refuses(2, "--socket: a daemon takes no stacks")
    with scratch() as directory:
        run("analyze", "--socket", directory / "s").refuses(3, "/s: no daemon answers: No such")
        run("analyze", "--socket", "/" + "x" * 200).refuses(2, "107 bytes")


@case("whoever is neither root nor of the group is refused, by the file and by the daemon")
def refused():
    words = ("analyze", "-d", "0.5", "--socket", shared().path)
    as_nobody(*words, group=1).refuses(3, "no daemon answers: Permission denied")
    shared().path.chmod(0o666)
    try:
        as_nobody(*words, group=1).refuses(1, "not permitted: only root and the socket's group")
    finally:
        shared().path.chmod(0o660)
    count = shared().status()["clients"]["refused"].get("not_permitted")
    expect(count == 1, f"expected one to be counted, found {count}")


@case("garbage gets error replies and nothing else")
def garbage():
    chance = random.Random(11)
    with Client(shared().path) as client:
        for size in (0, 1, 7, 100, 4000):
            line = chance.randbytes(size).replace(b"\n", b"x")
            client.write(line + b"\n")
            reply = client.line()
            expect(list(reply) == ["error"], f"expected an error for {line!r}, found {reply}")
        for request in ({"get": "moon"}, {"put": "status"}, [], 7, {"get": "status", "x": 1}):
            expect(list(client.ask(request)) == ["error"], f"expected an error for {request}")
        client.write(b"y" * 6000)
        expect("4096 bytes" in client.line()["error"], "expected a word on its length")
        expect(client.file.read() == b"", "expected the end")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        with contextlib.suppress(OSError), Client(shared().path) as client:
            client.write(chance.randbytes(3000))
            client.socket.shutdown(socket.SHUT_WR)
            for line in client.file:
                expect(list(json.loads(line)) == ["error"], f"expected an error, found {line}")
    expect(shared().status()["failures"] == 0, "expected the daemon to be well")


@case("clients that are stuck are dropped and counted, and nobody waits for them")
def stuck():
    daemon = shared()
    clients = [Client(daemon.path, buffer=4096) for _ in range(20)]
    try:
        for number, client in enumerate(clients):
            client.write(b"{\"subscribe\": \"%s\"}\n" % (b"samples", b"snapshots")[number % 2])
        dropped = until(lambda: daemon.status()["clients"]["dropped"].get("not_reading", 0) == 20, 20,
                        pause=0.2)
        status = daemon.status()
        expect(dropped, f"expected all to be dropped, found {status}")
        # Half an interval: on a busy machine nobody keeps time to the millisecond.
        expect(status["jitter_mean_seconds"] < 0.1, f"expected it to keep time, found {status}")
    finally:
        for client in clients:
            client.__exit__()


@case("what is done is told to readers, and changed for root alone")
def actions():
    daemon = poor().wait_until_ready()
    expect(daemon.status()["act_mode"] == "approve", f"expected approve, found {daemon.status()}")
    with Client(daemon.path) as client:
        told = client.ask({"get": "actions"})
        expect(told["schema"] == "culprit.actions/1", f"expected actions, found {told}")
        error = client.ask({"apply": "p1"})["error"]
        expect(error == "no proposal p1 is open", f"found {error}")
        expect("error" in client.ask({"revert": "none"}), "expected that there is none")
    script = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); " \
             "s.sendall(b'{\"revert\":\"p1\"}\\n'); print(s.makefile().readline())"
    done = subprocess.run([sys.executable, "-c", script, daemon.path], stdout=subprocess.PIPE,
                          check=True, user=NOBODY, group=NOBODY, extra_groups=[], timeout=10)
    expect(b"only root changes anything" in done.stdout, f"found {done.stdout}")
    with Client(shared().path) as client:
        expect(client.ask({"apply": "p1"}) == {"error": "/act/mode is off"}, "expected mode off")
        expect("actions" in client.ask({"get": "actions"}), "expected what the journal tells")


@case("root takes a throttle back through the socket")
def revert():
    daemon = poor().wait_until_ready()
    with workload("burn", "--share", "10", "--seconds", "60") as burn:
        time.sleep(3)  # who is younger is left alone
        run("throttle", burn.pid, "--nice", "7", "--for", "2m", "--state", daemon.directory / "state",
            "--force").expect(out="culprit revert ")
        with Client(daemon.path) as client:
            def held():
                return [action for action in client.ask({"get": "actions"})["actions"]
                        if action["state"] == "active"]

            until(held, 5, pause=0.2)
            active = held()
            expect([action["target"]["pid"] for action in active] == [burn.pid], f"found {active}")
            expect(os.getpriority(os.PRIO_PROCESS, burn.pid) == 7, "expected it to be nice")
            done = client.ask({"revert": active[0]["id"]})
        expect(done.get("state") == "ended", f"expected its end, found {done}")
        expect(os.getpriority(os.PRIO_PROCESS, burn.pid) == 0, "expected the old value")


@case("a throttle is offered and made through the socket; the snapshot and history tell of it")
def wish():
    daemon = poor().wait_until_ready()
    with workload("burn", "--share", "30", "--seconds", "60") as burn, Client(daemon.path) as client:
        time.sleep(3.5)  # who is younger is left alone

        def row():
            return next((row for row in daemon.snapshot()["processes"] if row["pid"] == burn.pid), None)

        expect(until(row, 5), "expected the process in the snapshot")
        who = {"pid": burn.pid, "start_time_ns": row()["start_time_ns"], "for": 60}
        offer = client.ask({"offer": who})
        expect(offer.get("schema") == "culprit.offer/1", f"expected an offer, found {offer}")
        expect(offer["impossible"] == "" and offer["objections"] == [], f"found {offer}")
        made = client.ask({"throttle": {**who, "step": offer["step"], "knob": offer["knob"]}})
        expect(made.get("state") == "active", f"expected it to be held, found {made}")

        def told(state):
            return any(action["id"] == made["id"] and action["state"] == state
                       for action in daemon.snapshot()["actions"])

        expect(until(lambda: told("active"), 5), "expected the snapshot to tell of it")
        done = client.ask({"revert": made["id"]})
        expect(done["changes"][0]["undone"].startswith("restored"), f"expected it back, found {done}")
        expect(until(lambda: told("ended"), 5), "expected the snapshot to tell of its end")
    kept = ("--history", daemon.directory / "history.db", "--state", daemon.directory / "none")

    def history():
        found = run("actions", "--since", "1h", "-f", "json", *kept).expect().json()["actions"]
        return [one for one in found if one["id"] == made["id"] and one["ended_at"]]

    expect(until(history, 10, pause=0.3), "expected it in history without a journal")
    why = run("why", made["id"], *kept)
    why.expect(out="asked: protected, .*young")
    why.expect(out="taken back: restored")
    run("history", "--at", made["applied_at"], "--history", daemon.directory / "history.db").expect(
        out=f"{made['id']} on burn")


@case("a throttle that is planned is made when it is due, and taken back when it is removed")
def schedule():
    daemon = poor().wait_until_ready()
    socket_of = ("--socket", daemon.path)
    with workload("burn", "--share", "30", "--seconds", "60") as burn:
        time.sleep(2)
        run("schedule", "add", burn.pid, "--nice", "7", "--at", "2s", "--for", "40s", *socket_of,
            "--force").expect(out="^s[0-9]+$")

        def plans():
            return run("schedule", "list", "-f", "json", *socket_of).expect().json()["plans"]

        # Nice alone is without effect in an autogroup of one's own: either is told.
        expect(until(lambda: plans()[0]["state"] != "waiting", 10), f"found {plans()}")
        plan = plans()[0]
        if plan["state"] == "running":
            expect(os.getpriority(os.PRIO_PROCESS, burn.pid) == 7, f"expected it to be nice: {plan}")
        else:
            expect("nobody else is in" in plan["note"], f"expected the reason, found {plan}")
        run("schedule", "remove", plan["id"], *socket_of).expect(out="removed s")
        expect(until(lambda: os.getpriority(os.PRIO_PROCESS, burn.pid) == 0, 5),
               "expected the old value")
    run("schedule", "forbid", "Mon-Fri 09:00-17:00", *socket_of).expect(out="Mon-Fri")
    run("schedule", "list", *socket_of).expect(out="auto is forbidden  Mon-Fri 09:00-17:00")
    run("schedule", "remove", "Mon-Fri 09:00-17:00", *socket_of).expect()
    run("schedule", "add", "x", "--cpu", "20%", "--at", "yesterday 14:00", *socket_of).refuses(
        2, "not to come")
    run("schedule", "add", "x", "--at", "02:00", *socket_of).refuses(2, "write culprit schedule add")
    run("schedule", "allow", "always", *socket_of).refuses(2, "is no window")
    run("schedule", "remove", "s99", *socket_of).refuses(1, "no plan or window s99")
    run("schedule", "add", "x", "--cpu", "20%", "--at", "02:00", "--socket",
        shared().path).refuses(1, "/act/mode is off")


@case("its history is kept while it runs")
def history():
    daemon = poor()
    kept = until(lambda: daemon.status()["history"]["ticks_kept"] >= 2, 15, pause=0.2)
    expect(kept, f"expected history, found {daemon.status()} {daemon.log()}")
    expect(daemon.status()["history"]["error"] is None, f"found {daemon.status()}")
    run("history", "--history", daemon.directory / "history.db", "--since", "5m").expect(err="", out=".")


@case("SIGHUP with a wrong file changes nothing and says why; with a right one it reloads")
def reload_files():
    daemon = shared()
    daemon.configure(text='{"interval": "soon"}')
    daemon.process.send_signal(signal.SIGHUP)
    expect(until(lambda: daemon.status()["reload_error"], 5), "expected the reason in its status")
    reason = daemon.status()["reload_error"]
    expect(reason.endswith('/culprit.json: /interval: a duration such as "10s" or "5m" was expected'),
           f"found {reason}")
    expect(f"all stays as it was: {reason}" in daemon.log(), f"expected it to be told: {daemon.log()}")
    expect(daemon.status()["interval_seconds"] == 0.2, "expected the interval from before")
    rules = daemon.directory / "rules"
    rules.mkdir()
    (rules / "mine.json").write_text("""{"rules": [{"id": "host.mine", "title": "Mine", "on": "host",
        "severity": "warning", "when": {"field": "processes.count", "above": 1},
        "summary": "there are {processes.count}"}]}""")
    daemon.configure(interval="250ms", rules=str(rules))
    daemon.process.send_signal(signal.SIGHUP)
    expect(until(lambda: daemon.status()["interval_seconds"] == 0.25, 5), "expected a new interval")
    expect(daemon.status()["reload_error"] is None, "expected no error any more")
    found = until(lambda: any(finding["id"] == "host.mine"
                              for finding in daemon.snapshot()["findings"]), 5)
    expect(found, "expected the new rule to speak")


@case("rules that change are used without a signal; bad ones are told once and change nothing")
def follow_rules():
    daemon = shared()
    rules = daemon.directory / "rules"
    rules.mkdir(exist_ok=True)
    if daemon.config.get("rules") != str(rules):
        daemon.configure(rules=str(rules))
        daemon.process.send_signal(signal.SIGHUP)
        expect(until(lambda: "reloaded" in daemon.log(), 5), "expected it to reload")
    before = daemon.status()["rules"]
    (rules / "more.json").write_text("""{"rules": [{"id": "host.more", "title": "More", "on": "host",
        "severity": "info", "when": {"field": "processes.count", "above": 1}, "summary": "more"}]}""")
    expect(until(lambda: daemon.status()["rules"] == before + 1, 5), "expected one rule more")
    (rules / "worse.json").write_text('{"rules": [{"id": "x.y"}]}')
    expect(until(lambda: daemon.status()["reload_error"], 5), "expected the reason in its status")
    time.sleep(1)
    expect(daemon.log().count("the rules stay as they were") == 1, f"found {daemon.log()}")
    expect(daemon.status()["rules"] == before + 1, "expected the rules from before")
    (rules / "worse.json").unlink()
    expect(until(lambda: daemon.status()["reload_error"] is None, 5), "expected no error any more")


@case("other probes by SIGHUP: streams of samples end, the daemon goes on")
def reload_probes():
    daemon = shared()
    with Client(daemon.path) as client:
        client.ask({"subscribe": "samples"})
        daemon.configure(without=["bpf"])
        daemon.process.send_signal(signal.SIGHUP)
        expect(client.file.read() is not None, "expected the end of the stream")
    expect(until(lambda: daemon.status()["mode"] == "proc", 10), f"expected /proc: {daemon.status()}")
    attached("analyze", "-d", "0.5", "-f", "json").expect(err="", out='"mode":"proc"')
    daemon.configure(without=[])
    daemon.process.send_signal(signal.SIGHUP)
    expect(until(lambda: daemon.status()["mode"] == "bpf", 10), f"expected BPF: {daemon.log()}")


@case("a second daemon on the same socket is refused")
def second():
    run("daemon", "--config", shared().file).refuses(1, "culprit.sock: another daemon listens there")
    expect(shared().status()["pid"] == shared().process.pid, "expected the first one to answer")


@case("SIGTERM ends it with status 0: nothing is left, clients end with what they have")
def terminated():
    daemon = shared()
    client = start("export", "--interval", "0.5", "--socket", daemon.path)
    time.sleep(1.5)
    daemon.told()
    code = daemon.stop()
    expect(code == 0, f"expected status 0, found {code}: {daemon.log()}")
    expect("STOPPING=1" in daemon.told(), "expected STOPPING=1")
    expect(not daemon.path.parent.exists(), "expected its socket and the directory to be gone")
    done = ended(client).expect(err="the daemon has ended")
    expect(done.out.count("\n") >= 1, "expected the client's snapshots")


@case("after SIGKILL the next one replaces the socket that was left")
def killed():
    daemon = shared()
    daemon.launch().wait_until_ready()
    daemon.stop(signal.SIGKILL)
    expect(daemon.path.exists(), "expected a dead socket")
    attached("analyze", "-d", "1").refuses(3, "no daemon answers: Connection refused")
    daemon.launch().wait_until_ready()
    code = daemon.stop(signal.SIGINT)
    expect(code == 0 and not daemon.path.exists(), f"expected status 0 and no socket, found {code}")


@case("a signal during the start ends it, and nothing is left")
def told_to_end_early():
    daemon = shared()
    for moment in (0.02, 0.2, 0.5):
        daemon.launch()
        time.sleep(moment)
        code = daemon.stop()
        expect(code in (0, -signal.SIGTERM), f"after {moment} s: expected an end, found {code}")
        expect(not daemon.path.exists(), f"after {moment} s: expected no socket")


@case("what costs more than its budget lets go of probes, and says which numbers are missing")
def over_budget():
    daemon = poor().wait_until_ready()

    def shed():
        return {probe["name"]: probe["reason"] for probe in daemon.snapshot()["collector"]["probes"]
                if probe["state"] == "shed"}

    expect(until(shed, 45, pause=1), f"expected probes to be let go of, it said {daemon.log()}")
    reasons = shed()
    expect(all("over its budget of 0.000" in reason for reason in reasons.values()), f"{reasons}")
    expect("lets go of the probes of" in daemon.log(), f"expected a line: {daemon.log()}")
    code = daemon.stop()
    expect(code == 0, f"expected status 0, found {code}")


main()
