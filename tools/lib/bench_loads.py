# SPDX-License-Identifier: Apache-2.0
"""Real servers with real clients for tools/bench, as an ordinary user, in a directory of their
own. Each server's block gives `load(*options)`, whose block runs the client and gives a Load."""
import contextlib
import dataclasses
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import typing

from bench_tools import ROOT, cpu_seconds

sys.path.insert(0, str(ROOT / "tests/e2e"))
from servers import (PYTHON, applications, as_user, call, connects, directory_of_user, free_port,
                     program, redis, serving)


@dataclasses.dataclass
class Load:
    client: int                     # pid
    servers: typing.Callable        # pids whose work is the server's
    target: typing.Callable         # pid of the one process for tools that watch one
    count: typing.Callable          # (seconds, calls) now

    def sample(self):
        seconds, calls = self.count()
        cpu = sum(map(cpu_seconds, [self.client, *self.servers()]))
        return seconds, calls, time.monotonic(), cpu

    def watch(self, seconds):
        """Calls a second, and CPU seconds that client and servers use for one."""
        before = self.sample()
        time.sleep(seconds - 0.5)
        after = self.sample()
        counted, calls, elapsed, cpu = (now - then for now, then in zip(after, before))
        rate = calls / counted
        return rate, cpu / elapsed / rate


@contextlib.contextmanager
def running(words, directory, **options):
    """A client, until the end of the block."""
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
    process = subprocess.Popen([str(word) for word in words], **{**as_user(directory), **options})
    try:
        yield process
        if process.poll() is not None:
            raise RuntimeError(f"{words[0]} ended by itself, status {process.returncode}")
    finally:
        process.terminate()
        process.wait()
        time.sleep(0.3)  # the server notices


def children(pid):
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


class Progress:
    """The lines of pgbench --progress: when, and how many transactions until then."""

    def __init__(self, lines):
        self.last, self.news = (0.0, 0.0), threading.Condition()
        threading.Thread(target=self.follow, args=(lines,), daemon=True).start()

    def follow(self, lines):
        for line in lines:
            found = re.match(rb"progress: ([0-9.]+) s, ([0-9.]+) tps", line)
            if found:
                seconds, rate = map(float, found.groups())
                then, count = self.last
                with self.news:
                    self.last = seconds, count + rate * (seconds - then if then else 1)
                    self.news.notify_all()

    def next(self):
        with self.news:
            if not self.news.wait(10):
                raise RuntimeError("pgbench makes no progress")
            return self.last


@contextlib.contextmanager
def postgresql():
    """pgbench -S -c 8 on a Unix socket."""
    installed = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
                       key=lambda path: int(path.parts[4]))
    if not installed:
        raise RuntimeError("PostgreSQL is not installed")
    binaries = installed[-1]
    with directory_of_user() as directory:
        call([binaries / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync",
              "--no-instructions"], directory)
        words = ["-D", "data", "-k", directory, "-c", "listen_addresses=", "-c", "fsync=off",
                 "-c", "autovacuum=off"]
        to = ["-h", directory, "-U", "postgres"]
        with serving([binaries / "postgres", *words], directory,
                     lambda: subprocess.call([binaries / "pg_isready", "-q", "-h", directory]) == 0,
                     signal.SIGINT) as server:
            call([binaries / "pgbench", *to, "-i", "-q", "-s", "5", "postgres"], directory)

            def backend():
                return next(pid for pid in children(server.pid)
                            if b"[local]" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())

            @contextlib.contextmanager
            def load(*options):
                with running([binaries / "pgbench", *to, "-n", "-S", "-c", "8", "-T", "3600", "-P",
                              "1", "--progress-timestamp", *options, "postgres"], directory,
                             stderr=subprocess.PIPE) as client:
                    yield Load(client.pid, lambda: children(server.pid), backend,
                               Progress(client.stderr).next)
            yield load


def ask(port, question, pattern):
    """What a server says over a connection of its own, and when."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(question)
        said = b""
        while not (found := re.search(pattern, said)):
            data = one.recv(65536)
            if not data:
                raise RuntimeError(f"expected {pattern} from port {port}")
            said += data
    return time.monotonic(), int(found[1])


@contextlib.contextmanager
def redis_benchmark():
    """redis-benchmark -t get -c 8 over loopback TCP."""
    with redis() as server:
        pid = int(server.info("server")["process_id"])

        @contextlib.contextmanager
        def load(*options):
            with running([program("redis-benchmark"), "-p", server.port, "-t", "get", "-c", "8",
                          "-n", "2000000000", "-q", *options], server.directory) as client:
                yield Load(client.pid, lambda: [pid], lambda: pid, lambda: ask(
                    server.port, b"INFO stats\r\n", rb"total_commands_processed:(\d+)\r"))
        yield load


@contextlib.contextmanager
def nginx():
    """wrk -t1 -c8 against one nginx worker that sends a file of 600 bytes."""
    with directory_of_user() as directory:
        port = free_port()
        (directory / "hello.txt").write_text("hello\n" * 100)
        paths = "".join(f"  {name}_temp_path {directory}/{name};\n" for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (directory / "nginx.conf").write_text(f"""daemon off;
worker_processes 1;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{
{paths}  access_log off;
  keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{port};
    root {directory};
    location = /status {{ stub_status; }}
  }}
}}
""")
        with serving([program("nginx"), "-e", directory / "error.log", "-p", directory, "-c",
                      directory / "nginx.conf"], directory,
                     lambda: connects(("127.0.0.1", port))) as master:
            @contextlib.contextmanager
            def load(*options):
                with running([program("wrk"), "-t1", "-c8", "-d", "3600", *options,
                              f"http://127.0.0.1:{port}/hello.txt"], directory) as client:
                    yield Load(client.pid, lambda: children(master.pid),
                               lambda: children(master.pid)[0],
                               lambda: ask(port, b"GET /status HTTP/1.0\r\n\r\n",
                                           rb"requests\n +\d+ +\d+ +(\d+) "))
            yield load


@contextlib.contextmanager
def fastapi():
    """wrk -t1 -c8 against one uvicorn process."""
    with directory_of_user() as directory:
        applications(directory)
        port = free_port()
        with serving([PYTHON, "-m", "uvicorn", "fastapi_counting:app", "--port", port,
                      "--no-access-log"], directory,
                     lambda: connects(("127.0.0.1", port))) as server:
            @contextlib.contextmanager
            def load(*options):
                with running([program("wrk"), "-t1", "-c8", "-d", "3600", *options,
                              f"http://127.0.0.1:{port}/item/7"], directory) as client:
                    yield Load(client.pid, lambda: [server.pid], lambda: server.pid,
                               lambda: ask(port, b"GET /count HTTP/1.0\r\n\r\n",
                                           rb"\r\n\r\n(\d+)$"))
            yield load
